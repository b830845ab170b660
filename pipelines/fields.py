"""Conditions and fields in files of one's own: drawn, read, solved."""

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..data.conditions import check_conditions
from ..data.datasets import arrays, with_coordinates, with_samples
from ..data.names import unknown
from ..data.plan import check_file
from ..data.samples import draw_sample, sample_seed
from ..data.scenario import Scenario, Variable
from ..data.scenarios import known
from ..data.scenarios import scenario as scenario_named
from ..data.schema import SCHEMA, global_attributes
from ..data.storage import MANIFEST, check_schema
from ..solvers.errors import IntegrityError, NumericalError, UsageError

if TYPE_CHECKING:
    from ..surrogate.model import Model
    from ..surrogate.model_folder import Description

SAMPLE = {"long_name": "number of the sample", "units": "1"}


def check_drawn(scenario: Scenario, file: Path, samples: int, resolution: int | None) -> None:
    """Refuse more conditions than disk and memory can hold.

    Raises:
        UsageError: before anything is drawn.
    """
    ny, nx = scenario.domain.shape(resolution or scenario.stored_resolution)
    per_sample = sum(1 if v.scalar else v.channels * ny * nx for v in scenario.inputs)
    check_file(file, samples * per_sample, "use fewer samples or a coarser grid")


def check_predicted(conditions: Path, file: Path, members: int) -> None:
    """Refuse more members than disk and memory can hold, by the size of the largest condition.

    Raises:
        UsageError, IntegrityError: before a model is loaded; also for conditions that cannot be read.
    """
    with read_netcdf(conditions) as dataset:
        largest = max((v.size for v in dataset.data_vars.values()), default=0)
        check_file(file, members * largest, "use fewer members")


def draw(scenario: Scenario, samples: int, seed: int, resolution: int | None = None) -> xr.Dataset:
    """Conditions of the first samples, (sample, y, x): those that `generate` solves for the same seed."""
    drawn = (scenario.conditions(draw_sample(scenario, seed, i), resolution) for i in range(samples))
    told = _attributes(scenario, f"conditions of {samples} problems", "drawn", seed)
    return joined(drawn, np.arange(samples)).assign_attrs(told)


def joined(parts: Iterable[xr.Dataset], numbers: np.ndarray) -> xr.Dataset:
    """Single samples as one dataset in float32 with the dimension `sample`.

    Raises:
        NumericalError: for values beyond the range of float32.
    """
    stored = [_in_float32(part, number) for part, number in zip(parts, numbers, strict=True)]
    return xr.concat(stored, dim="sample").assign_coords(sample=xr.Variable("sample", numbers, SAMPLE))


def _in_float32(part: xr.Dataset, number: int) -> xr.Dataset:
    with np.errstate(over="ignore"):
        stored = part.astype(np.float32, keep_attrs=True)
    for name, values in stored.data_vars.items():
        if not np.isfinite(values).all():
            raise NumericalError(f"{name} of sample {number} leaves the range of float32; narrow that of the conditions")
    return stored


def read_conditions(
    path: Path, variables: Sequence[Variable], dims: tuple[str, str], scenario: Scenario | None = None
) -> xr.Dataset:
    """Conditions from a file, with the dimension `sample`: it may have another name, or be left out of a single problem.

    Args:
        variables, dims: those of a model or a scenario.
        scenario: whose grid and range of physics they have to keep.
    Raises:
        UsageError: if there is no such file, or physics is out of range.
        IntegrityError: if it is no NetCDF file, is of a newer version, does not fit the scenario, or holds no sample or
            values that are not finite.
    """
    dataset, names = read_netcdf(path), [v.name for v in variables]
    if missing := [name for name in names if name not in dataset]:
        present = ", ".join(map(str, dataset.data_vars)) or "none"
        raise IntegrityError(f"{path} lacks the conditions {', '.join(missing)}; it has {present}")
    check_schema(str(dataset.attrs.get("fieldgan_schema", SCHEMA)), SCHEMA, path)
    arrays(dataset, names)
    axes = {axis for v in variables for axis in v.axes}
    dataset = _along_samples(dataset[names].load(), dims, axes, path)
    if not dataset.sizes["sample"]:
        raise IntegrityError(f"{path} holds no sample; `fieldgan sample SCENARIO -n 10 -o {path}` draws ten")
    if scenario is not None:
        check_conditions(dataset, scenario, str(path))
        dataset = dataset.assign_coords(scenario.domain.coords(dataset.sizes[dims[0]]))
    return with_coordinates(dataset, [name for name in dims if name in dataset.dims])


def _along_samples(dataset: xr.Dataset, dims: tuple[str, str], axes: Collection[str], path: Path) -> xr.Dataset:
    """With the dimension `sample`, and the numbers of the samples along it."""
    others = [str(name) for name in dataset.dims if name not in {*dims, *axes}]
    if not set(dims) <= set(dataset.dims) or (len(others) > 1 and "sample" not in others):
        there = ", ".join(map(str, dataset.dims))
        raise IntegrityError(f"{path} has the dimensions ({there}); expected ({', '.join(('sample', *dims))})")
    if not others:
        dataset = dataset.expand_dims("sample")
    elif "sample" not in others:
        dataset = with_samples(dataset, others[0])
    if "sample" in dataset.coords and dataset["sample"].dtype.kind in "iu" and (dataset["sample"] >= 0).all():
        return dataset
    return dataset.assign_coords(sample=xr.Variable("sample", np.arange(dataset.sizes["sample"]), SAMPLE))


def read_netcdf(path: Path) -> xr.Dataset:
    """Any NetCDF file, lazily.

    Raises:
        UsageError: if there is no such file.
        IntegrityError: if it cannot be read.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist; `fieldgan sample SCENARIO -n 10 -o {path}` draws conditions")
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_timedelta=False)
    except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise IntegrityError(f"{path} cannot be read as NetCDF: {error}") from None


def solve_all(scenario: Scenario, conditions: xr.Dataset, resolution: int | None = None, seed: int = 0) -> xr.Dataset:
    """Solve every sample on the grid of its conditions, or on a coarser one.

    Args:
        conditions: with the dimension and the coordinate `sample`.
    Raises:
        UsageError: for a resolution that does not divide that of the conditions.
        NumericalError: if the solver fails, or its result leaves the range of float32.
    """
    numbers = np.asarray(conditions["sample"].values)
    solved = (
        _solve(scenario, conditions.isel(sample=i), resolution, sample_seed(seed, int(number)))
        for i, number in enumerate(numbers)
    )
    told = _attributes(scenario, f"solutions of {len(numbers)} problems", "solved", seed)
    return joined(solved, numbers).assign_attrs(told)


def predict_all(model: "Model", conditions: xr.Dataset, members: int, seed: int) -> xr.Dataset:
    """Predict every sample, with the attributes of a field file."""
    d = model.description
    title = f"{d.scenario or 'fields'}: predictions by {model.name} for {conditions.sizes['sample']} problems"
    told = global_attributes(title, f"predicted with {model.name}", d.scenario, json.dumps(d.as_json()))
    return model.predict(conditions, members, seed).assign_attrs(told)


def scenario_of(description: "Description") -> Scenario | None:
    """The registered scenario that a model stands for, None for one on data or a scenario of somebody's own."""
    return scenario_named(description.scenario, **description.options) if description.scenario in known() else None


def _attributes(scenario: Scenario, what: str, origin: str, seed: int) -> dict[str, str]:
    config = json.dumps({"scenario": dict(scenario.options), "seed": seed}, default=str)
    return global_attributes(f"{scenario.name}: {what}", origin, scenario.name, config)


def _solve(scenario: Scenario, conditions: xr.Dataset, resolution: int | None, seed: int) -> xr.Dataset:
    own = conditions.sizes[scenario.domain.dims[0]]
    if resolution is None or resolution == own:
        return scenario.solve(conditions, seed)
    if own % resolution:
        raise UsageError(
            f"--resolution {resolution} does not divide the {own} cells of the conditions; "
            f"use a divisor, or draw them finer with `fieldgan sample {scenario.name} --resolution`"
        )
    coarse = scenario.coarsen(scenario.plain(conditions), own // resolution)
    return scenario.dataset(scenario.simulate(coarse, seed), scenario.targets, "target", resolution)


def model_folder(path: Path, name: str) -> Path:
    """The folder of a model: the one given, or that of a name within a run.

    Raises:
        UsageError: if there is none; names those that there are.
    """
    if (path / "model.safetensors").is_file():
        return path
    trained = sorted(manifest.parent.name for manifest in (path / "models").glob(f"*/{MANIFEST}"))
    if not trained:
        raise UsageError(f"{path} holds no trained model; make one with `fieldgan train {path}`")
    if name not in trained:
        raise UsageError(unknown("model", name, trained))
    return path / "models" / name
