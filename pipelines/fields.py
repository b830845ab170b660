"""Conditions and fields in files of one's own: drawn, read, solved."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ..data.datasets import arrays
from ..data.names import unknown
from ..data.samples import sample_rng, sample_seed
from ..data.scenario import Scenario, Variable
from ..data.storage import MANIFEST
from ..solvers.errors import IntegrityError, UsageError


def draw(scenario: Scenario, samples: int, seed: int, resolution: int | None = None) -> xr.Dataset:
    """Conditions of the first samples, (sample, y, x): those that `generate` solves for the same seed."""
    drawn = [scenario.conditions(scenario.draw(sample_rng(seed, i)), resolution) for i in range(samples)]
    return joined(drawn, np.arange(samples)).assign_attrs(fieldgan_scenario=scenario.name)


def joined(parts: Sequence[xr.Dataset], numbers: np.ndarray) -> xr.Dataset:
    """Single samples as one dataset with the dimension `sample`."""
    sample = xr.Variable("sample", numbers, {"long_name": "number of the sample", "units": "1"})
    return xr.concat(parts, dim="sample").assign_coords(sample=sample).assign_attrs(Conventions="CF-1.11")


def read_conditions(path: Path, variables: Sequence[Variable]) -> xr.Dataset:
    """Conditions from a file, with the dimension `sample`.

    Raises:
        UsageError: if there is no such file.
        IntegrityError: if it is no NetCDF file, lacks a variable, or holds values that are not finite.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist; `fieldgan sample SCENARIO -n 10 -o {path}` draws conditions")
    dataset, names = read_netcdf(path), [v.name for v in variables]
    if missing := [name for name in names if name not in dataset]:
        present = ", ".join(map(str, dataset.data_vars)) or "none"
        raise IntegrityError(f"{path} lacks the conditions {', '.join(missing)}; it has {present}")
    arrays(dataset, names)
    dataset = dataset[names].load()
    return dataset if "sample" in dataset.dims else dataset.expand_dims("sample")


def read_netcdf(path: Path) -> xr.Dataset:
    """Any NetCDF file, lazily.

    Raises:
        IntegrityError: if it cannot be read.
    """
    try:
        return xr.open_dataset(path, engine="netcdf4")
    except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise IntegrityError(f"{path} cannot be read as NetCDF: {error}") from None


def solve_all(scenario: Scenario, conditions: xr.Dataset, resolution: int | None = None, seed: int = 0) -> xr.Dataset:
    """Solve every sample on the grid of its conditions, or on a coarser one.

    Raises:
        UsageError: for a resolution that does not divide that of the conditions.
        NumericalError: if the solver fails.
    """
    numbers = conditions["sample"].values if "sample" in conditions.coords else np.arange(conditions.sizes["sample"])
    solved = [
        _solve(scenario, conditions.isel(sample=i), resolution, sample_seed(seed, int(number)))
        for i, number in enumerate(numbers)
    ]
    return joined(solved, np.asarray(numbers))


def _solve(scenario: Scenario, conditions: xr.Dataset, resolution: int | None, seed: int) -> xr.Dataset:
    own = conditions.sizes[scenario.domain.dims[0]]
    if resolution is None or resolution == own:
        return scenario.solve(conditions, seed)
    if own % resolution:
        raise UsageError(
            f"--resolution {resolution} does not divide the {own} cells of the conditions; "
            f"use a divisor, or draw them finer with `fieldgan sample {scenario.name} --resolution`"
        )
    arrays = {v.name: np.asarray(conditions[v.name].values, dtype=np.float64) for v in scenario.inputs}
    coarse = scenario.coarsen(arrays, own // resolution)
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
