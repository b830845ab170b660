"""What a field dataset looks like: dimensions, attributes and types, as CF-1.11 and the interface ask.

(sample, [member], [time | month], y, x) or (…, lat, lon);  scalar conditions are (sample,)
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import xarray as xr

from .. import __version__
from ..solvers.errors import IntegrityError
from .members import COUNT, MEMBER, longest, member_coords, members_of, padded
from .samples import Sample, draw_of, sample_rng, solve_resolution
from .scenario import Array, Scenario, attributes, axis_coords
from .splits import SPLITS, split_of
from .storage import check_schema

SCHEMA = "fieldgan-data/1"
ROLES = ("condition", "target")
ROUGH = "rough"  # bookkeeping of scenarios with rough samples
BETWEEN = {(*members, *times) for members in ((), ("member",)) for times in ((), ("time",), ("month",))}


def assemble(
    scenario: Scenario, samples: Sequence[Sample], seed: int, config: str = "", identity: str = ""
) -> xr.Dataset:
    """The dataset of some samples of a scenario.

    Args:
        samples: at least one, in the order in which they are to stand.
        seed: the seed of the data set, of which each sample's own random numbers are derived.
        config: the resolved configuration of the run, JSON.
        identity: what the stored values depend on, JSON; a shard of another identity is not mixed in.
    """
    indices = np.array([s.index for s in samples], dtype=np.int64)
    roles = [(v, "condition") for v in scenario.inputs] + [(v, "target") for v in scenario.targets]
    length = longest(scenario)
    lead = {"condition": (), "target": (MEMBER,) if length else ()}

    def stacked(name: str, role: str) -> Array:
        return np.stack([padded(s.fields[name], length) if lead[role] else s.fields[name] for s in samples])

    fields = {
        v.name: (("sample", *lead[role], *v.dims(scenario.domain.dims)), stacked(v.name, role), attributes(v, role))
        for v, role in roles
    }
    coords = {"sample": ("sample", indices, {"long_name": "number of the sample", "units": "1"})}
    axes = {**member_coords(length), **axis_coords(v for v, _ in roles)}
    dataset = xr.Dataset(
        {**fields, **_bookkeeping(scenario, samples, seed), **_counts(scenario, samples)},
        coords={**coords, **axes, **scenario.domain.coords(scenario.stored_resolution)},
    )
    title = f"{scenario.name}: {scenario.summary}"
    attributes_of_file = global_attributes(title, "generated", scenario.name, config or identity or "{}")
    return dataset.assign_attrs(attributes_of_file, fieldgan_identity=identity or "{}")


def _bookkeeping(scenario: Scenario, samples: Sequence[Sample], seed: int) -> dict[str, tuple[str, object, dict[str, str]]]:
    """Where each sample comes from, and what it cost."""
    n = len(samples)
    splits = np.array([split_of(s.index, scenario.one_in) for s in samples], dtype=object)
    named = {
        "split": (splits, "1", "train, validation or test; by a hash of the sample number"),
        "seed": (np.full(n, seed, dtype=np.int64), "1", "seed of the data set"),
        "solve_seconds": (np.array([s.seconds for s in samples]), "s", "wall time of the solve"),
        "solver_residual": (np.array([s.residual for s in samples]), "1", "relative residual of the solve"),
        "solve_resolution": (
            np.array([s.resolution for s in samples], dtype=np.int32),
            "1",
            "cells along the first axis when solved",
        ),
    }
    if scenario.rough:
        rough = np.array([scenario.rough.holds(s.index) for s in samples], dtype=np.int32)
        named[ROUGH] = (rough, "1", "1 where the solve is rougher than that of the truth, else 0")
    return {
        name: ("sample", a, {"units": units, "long_name": text}) for name, (a, units, text) in named.items()
    }


def _counts(scenario: Scenario, samples: Sequence[Sample]) -> dict[str, tuple[str, object, dict[str, str]]]:
    """How many members of each sample count, where there are ensembles."""
    if not scenario.ensemble:
        return {}
    counts = np.array([members_of(scenario, s.index) for s in samples], dtype=np.int32)
    return {COUNT: ("sample", counts, {"units": "1", "long_name": "members that count; the others are missing values"})}


def global_attributes(title: str, origin: str, scenario: str = "", config: str = "") -> dict[str, str]:
    """The global attributes of every file of fields.

    Args:
        title: what is in the file.
        origin: what was done, "generated" say, for the history.
        scenario: the name of the scenario; "" for data that come from none.
        config: the settings behind the fields, JSON.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    known = {
        "references": f"scenario {scenario} of fieldgan" if scenario else "",
        "fieldgan_scenario": scenario,
        "fieldgan_config": config,
    }
    return {
        "Conventions": "CF-1.11",
        "title": title,
        "source": f"fieldgan {__version__}",
        "history": f"{now} {origin} by fieldgan {__version__}",
        "fieldgan_schema": SCHEMA,
        **{name: value for name, value in known.items() if value},
    }


def mock(scenario: Scenario, n: int = 2, seed: int = 0) -> xr.Dataset:
    """A small dataset for tests: true dimensions, coordinates, units and conditions, white-noise targets."""
    shape = scenario.domain.shape(scenario.stored_resolution)
    samples = []
    for index in range(n):
        rng = sample_rng(seed, index)
        conditions = scenario.render(draw_of(scenario, index)(rng), scenario.stored_resolution)
        fields = {v.name: np.asarray(conditions[v.name], dtype=np.float32) for v in scenario.inputs}
        lead = (members_of(scenario, index),) if scenario.ensemble else ()
        fields |= {v.name: rng.standard_normal((*lead, *v.sizes, *shape), dtype=np.float32) for v in scenario.targets}
        samples.append(Sample(index, fields, seconds=0.0, residual=0.0, resolution=solve_resolution(scenario, index)))
    return assemble(scenario, samples, seed)


def named(dataset: xr.Dataset, role: str) -> list[str]:
    """The variables with a role, `condition` or `target`, in their order in the dataset."""
    return [str(name) for name, a in dataset.data_vars.items() if a.attrs.get("role") == role]


def validate(dataset: xr.Dataset, source: str = "dataset") -> None:
    """Check that a dataset keeps the contract; values are not read.

    Args:
        source: how to call the dataset in a message.
    Raises:
        IntegrityError: naming the first thing that is wrong, and what is expected.
    """
    if "fieldgan_schema" in dataset.attrs:
        check_schema(str(dataset.attrs["fieldgan_schema"]), SCHEMA, source)
    for role in ROLES:
        if not named(dataset, role):
            raise IntegrityError(f"{source} has no variable with role={role!r}; name them with --{role}s")
    grid = _grid(dataset, source)
    for name in (*named(dataset, "condition"), *named(dataset, "target")):
        _check_variable(dataset[name], grid, f"{name} in {source}")
    for dim in grid:
        _check_coordinate(dataset, dim, source)
    _check_splits(dataset, source)


def _grid(dataset: xr.Dataset, source: str) -> tuple[str, ...]:
    dims = dataset[named(dataset, "target")[0]].dims
    if len(dims) < 3 or dims[0] != "sample":
        raise IntegrityError(f"targets in {source} have dimensions {dims}; expected (sample, …, y, x)")
    return tuple(str(d) for d in dims[-2:])


def _check_variable(variable: xr.DataArray, grid: tuple[str, ...], what: str) -> None:
    dims = tuple(str(d) for d in variable.dims)
    between = dims[1:-2] not in BETWEEN
    if dims != ("sample",) and (dims[:1] != ("sample",) or dims[-2:] != grid or between):
        raise IntegrityError(
            f"{what} has dimensions {dims}; expected (sample, …, {', '.join(grid)}) or (sample,)"
        )
    if variable.dtype.kind != "f":
        raise IntegrityError(f"{what} has type {variable.dtype}; expected float32 or float64")
    if missing := [key for key in ("units", "long_name") if not variable.attrs.get(key)]:
        raise IntegrityError(f"{what} has no attribute {' and no '.join(missing)}")


def _check_coordinate(dataset: xr.Dataset, dim: str, source: str) -> None:
    if dim not in dataset.coords:
        raise IntegrityError(f"{source} has no coordinate {dim}; give the cell centres along it")
    values = np.asarray(dataset[dim].values, dtype=np.float64)
    steps = np.diff(values)
    if not (np.isfinite(values).all() and ((steps > 0).all() or (steps < 0).all())):
        raise IntegrityError(f"coordinate {dim} in {source} is not strictly monotonic")


def _check_splits(dataset: xr.Dataset, source: str) -> None:
    if "split" not in dataset or dataset["split"].dims != ("sample",):
        raise IntegrityError(f"{source} has no variable split(sample) with {', '.join(SPLITS)}")
    if unknown := set(map(str, np.unique(dataset["split"].values.astype(str)))) - set(SPLITS):
        raise IntegrityError(f"split in {source} holds {sorted(unknown)}; known are {', '.join(SPLITS)}")


def content_hash(dataset: xr.Dataset) -> str:
    """sha256 over all fields, sample numbers, splits and seeds; times and history do not count."""
    digest = hashlib.sha256()
    for name in sorted((*named(dataset, "condition"), *named(dataset, "target"), "sample", "seed")):
        values = np.ascontiguousarray(dataset[name].values)
        digest.update(json.dumps([name, values.dtype.str, values.shape]).encode())
        digest.update(values.data)
    digest.update("\n".join(map(str, dataset["split"].values)).encode())
    return digest.hexdigest()
