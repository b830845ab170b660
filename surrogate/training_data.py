"""What a model learns from: the samples of a split as arrays, their lift, and a fingerprint of it all."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr

from ..data.conditions import differences
from ..data.datasets import arrays, numbered_axes
from ..data.domains import AXES, ON_GLOBE
from ..data.members import MEMBER, counting
from ..data.scenario import Array, Fields, Scenario, Variable
from ..data.schema import ROUGH
from ..data.splits import Split
from ..solvers.errors import IntegrityError, UsageError
from .lift import coarsening, grid_shape, lift, worker_threads


@dataclass(frozen=True)
class Samples:
    """Conditions, targets and lift of n samples, {name: (n, *axes, ny, nx) or (n,)}.

    With ensembles targets are (n, members, *axes, ny, nx); `members` is 0 where there is one outcome, without an axis for it.
    `rough` (n,) is 1 for samples solved more roughly than the truth and 0 for others; None where all are alike.
    """

    conditions: Fields
    targets: Fields
    lift: Fields | None
    members: int = 0
    rough: Array | None = None

    def __len__(self) -> int:
        return len(next(iter(self.targets.values())))


@dataclass(frozen=True)
class TrainingData:
    """Training and validation samples; `hole` as in Scenario, `area` (ny, nx) are relative cell areas.

    `latitudes` are those of the rows of a latitude-longitude grid [degrees], else none; `globe` says whether it reaches around
    the earth and to both poles.
    """

    inputs: tuple[Variable, ...]
    targets: tuple[Variable, ...]
    hole: str
    training: Samples
    validation: Samples
    shape: tuple[int, int]
    dims: tuple[str, str]
    area: Array
    fingerprint: str
    latitudes: tuple[float, ...] = ()
    globe: bool = False


def read_training_data(dataset: xr.Dataset, scenario: Scenario | None) -> TrainingData:
    """Read the training and validation split of a dataset into memory, without their lifts.

    Raises:
        UsageError: if there is no training sample, or a variable is not on the grid.
        IntegrityError: if the dataset is not of the scenario; lists the differences.
    """
    inputs, targets = variables(dataset, scenario)
    if scenario is not None:
        dataset = dataset.transpose("sample", MEMBER, ..., *scenario.domain.dims, missing_dims="ignore")
    dims = _grid_dims(dataset, [v for v in (*targets, *inputs) if not v.scalar])
    training = read_split(dataset, "train", inputs, targets)
    if not len(training):
        raise UsageError("the dataset has no training sample; generate more (8 of 10 go to training)")
    validation = read_split(dataset, "validation", inputs, targets)
    shape = grid_shape(training.targets)
    hole = scenario.hole if scenario else ""
    latitudes = _latitudes(dataset, dims)
    return TrainingData(
        inputs,
        targets,
        hole,
        training,
        validation,
        shape,
        dims,
        _areas(latitudes, shape),
        fingerprint(training),
        latitudes,
        bool(latitudes) and _is_whole(latitudes, dataset["lon"].values),
    )


def read_split(dataset: xr.Dataset, split: Split, inputs: tuple[Variable, ...], targets: tuple[Variable, ...]) -> Samples:
    """The samples of a split, possibly none, without lift; with as many members as all of them have."""
    chosen = dataset.isel(sample=np.flatnonzero(dataset["split"].values == split))
    conditions, truth = (arrays(chosen, [v.name for v in side]) for side in (inputs, targets))
    rough = None
    if ROUGH in chosen and "role" not in chosen[ROUGH].attrs and len(np.unique(chosen[ROUGH])) > 1:
        rough = np.asarray(chosen[ROUGH].values, dtype=np.float32)
    if MEMBER not in dataset.dims:
        return Samples(conditions, truth, None, rough=rough)
    least = int(counting(chosen).sum(axis=1).min(initial=dataset.sizes[MEMBER]))
    return Samples(conditions, {name: a[:, :least] for name, a in truth.items()}, None, least, rough)


def with_lift(data: TrainingData, scenario: Scenario, resolution: int) -> TrainingData:
    """The same data with their lifts, solved on all cores.

    Raises:
        UsageError: if the resolution does not coarsen the grid.
        NumericalError: if a coarse solve fails.
    """
    coarsening(data.shape, resolution)
    solved = lift(scenario, data.training.conditions, resolution, worker_threads())
    none = {name: a[:0] for name, a in solved.items()}
    validation = data.validation
    trial = lift(scenario, validation.conditions, resolution, worker_threads()) if len(validation) else none
    return replace(data, training=replace(data.training, lift=solved), validation=replace(validation, lift=trial))


def variables(dataset: xr.Dataset, scenario: Scenario | None) -> tuple[tuple[Variable, ...], tuple[Variable, ...]]:
    """Condition and target variables: the scenario's, or those that the roles in the dataset name.

    Raises:
        IntegrityError: if the dataset is not of the scenario.
        UsageError: if no variable has a role.
    """
    if scenario is None:
        inputs, targets = _with_role(dataset, "condition"), _with_role(dataset, "target")
        if not inputs or not targets:
            raise UsageError("the dataset names no conditions or no targets; give both, --conditions a,b --targets c")
        return inputs, targets
    wanted = (*scenario.inputs, *scenario.targets)
    if found := differences(dataset, scenario.name, wanted, scenario.domain.dims, scenario.targets):
        raise IntegrityError(f"the dataset is not one of scenario {scenario.name!r}: {'; '.join(found)}")
    return scenario.inputs, scenario.targets


def fingerprint(samples: Samples) -> str:
    """The sha256 of training samples, names and values."""
    digest = hashlib.sha256()
    rough = {} if samples.rough is None else {ROUGH: samples.rough}
    for name, a in sorted({**samples.conditions, **samples.targets, **rough}.items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(a, np.float32).data)
    return digest.hexdigest()


def _with_role(dataset: xr.Dataset, role: Literal["condition", "target"]) -> tuple[Variable, ...]:
    return tuple(
        Variable(
            str(name),
            str(a.attrs.get("units", "1")),
            str(a.attrs.get("long_name", name)),
            str(a.attrs.get("standard_name", "")),
            scalar=a.ndim == 1,
            axes=tuple(str(d) for d in a.dims[1:-2] if d != MEMBER),
        )
        for name, a in dataset.data_vars.items()
        if a.attrs.get("role") == role
    )


def _grid_dims(dataset: xr.Dataset, fields: Sequence[Variable]) -> tuple[str, str]:
    for v in fields:
        dims = dataset[v.name].dims
        lengths = tuple(dataset.sizes[d] for d in dims[1:-2] if d != MEMBER)
        if len(dims) < 3 or not set(v.axes) <= AXES.keys() or lengths != v.sizes:
            known = " or ".join(f"{axis} of {c.size}" for axis, c in AXES.items())
            raise UsageError(f"{v.name} has the dimensions {dims}; models learn fields of (sample, [{known},] y, x)")
    y, x = dataset[fields[0].name].dims[-2:]
    return str(y), str(x)


def _latitudes(dataset: xr.Dataset, dims: tuple[str, str]) -> tuple[float, ...]:
    """Of the rows of a latitude-longitude grid [degrees]; none where the file gave none."""
    if dims != ON_GLOBE or "lat" in numbered_axes(dataset):
        return ()
    return tuple(map(float, dataset["lat"].values))


def _is_whole(latitudes: tuple[float, ...], longitudes: Array) -> bool:
    """Whether rows reach within a cell of both poles, and columns all around."""
    if min(len(latitudes), len(longitudes)) < 2:
        return False
    tall, wide = (abs(float(a[-1] - a[0])) for a in (latitudes, longitudes))
    return tall / (len(latitudes) - 1) * (len(latitudes) + 1e-3) >= 180 and abs(wide / (1 - 1 / len(longitudes)) - 360) < 0.1


def _areas(latitudes: tuple[float, ...], shape: tuple[int, int]) -> Array:
    """cos φ on a latitude-longitude grid, else 1."""
    rows = np.cos(np.deg2rad(latitudes)) if latitudes else np.ones(shape[0])
    return np.broadcast_to(rows[:, None], shape)
