"""The fields of one target without their conditions, as the unconditional network learns them: 28×28 cells in [−1, 1]."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..data.datasets import numbered_axes
from ..data.domains import ON_GLOBE
from ..data.names import unknown
from ..data.scenario import Array, Variable
from ..data.scenarios import known, scenario
from ..data.schema import named
from ..solvers.errors import IntegrityError, UsageError
from ..solvers.regrid import regrid
from ..solvers.regrid_globe import regrid_globe
from .dcgan import CELLS

GRID = (CELLS, CELLS)
ROUNDING = 1e-6  # of float32 fields that were regridded, as a share of the largest value


@dataclass(frozen=True)
class VirtualFields:
    """Fields of one target, whatever their condition, member, month or time.

    Attributes:
        values: (n, 28, 28), in the unit of the target.
        samples: (n,), the sample that each field belongs to; those of one sample are not independent.
    """

    target: Variable
    coords: Mapping[str, xr.Variable]
    values: Array
    samples: Array

    @property
    def dims(self) -> tuple[str, str]:
        """Names of the axes of the grid."""
        y, x = self.coords
        return y, x

    @property
    def weights(self) -> Array:
        """Relative areas of the cells, (28, 28): cos φ on a latitude-longitude grid, else 1."""
        if self.dims != ON_GLOBE:
            return np.ones(GRID)
        return np.broadcast_to(np.cos(np.radians(self.coords["lat"].values))[:, None], GRID)


@dataclass(frozen=True)
class Scaling:
    """Between fields and what the network sees: x = 2 (f − offset − low) / (high − low) − 1.

    Attributes:
        low, high: range of the training fields, in their unit, after the offset was taken off.
        offset: mean of each cell over the training fields on a latitude-longitude grid, (28, 28); else 0.
    """

    low: float
    high: float
    offset: Array

    def scaled(self, values: Array) -> Array:
        """Fields in [−1, 1], those beyond the training range beyond it, float32."""
        return np.asarray(2 * (values - self.offset - self.low) / (self.high - self.low) - 1, dtype=np.float32)

    def restored(self, scaled: Array) -> Array:
        """Fields in their unit, float32."""
        return np.asarray((scaled + 1) * (0.5 * (self.high - self.low)) + self.low + self.offset, dtype=np.float32)


def chosen_target(dataset: xr.Dataset, wanted: str = "") -> str:
    """The target of that name, or the first: that of the scenario where there is one, as files keep no order.

    Raises:
        UsageError: for an unknown name.
    """
    targets = named(dataset, "target")
    if wanted and wanted not in targets:
        raise UsageError(unknown("target", wanted, targets))
    origin = str(dataset.attrs.get("fieldgan_scenario", ""))
    first = scenario(origin).targets[0].name if origin in known() else targets[0]
    return wanted or first


def read_fields(dataset: xr.Dataset, training: bool, target: str = "") -> VirtualFields:
    """The fields of one target, in the training split or in the others, which training never sees.

    Args:
        target: its name; by default the first.
    Raises:
        UsageError: if there are fewer than two, or for an unknown name.
        IntegrityError: if they cannot be read or are not finite.
    """
    name = chosen_target(dataset, target)
    rows = np.flatnonzero((dataset["split"].values == "train") == training)
    array = dataset[name].isel(sample=rows)
    array = array.transpose("sample", ..., *dataset[name].dims[-2:])
    try:
        values = np.asarray(array.values)
    except (OSError, RuntimeError) as error:
        raise IntegrityError(f"the data cannot be read ({error}); run `fieldgan verify` on them") from None
    fields = values.reshape(-1, *values.shape[-2:])
    present = ~np.isnan(fields).all(axis=(1, 2))  # ensembles are padded to the size of the largest
    if not np.isfinite(fields[present]).all():
        raise IntegrityError(f"{name} is not finite everywhere; fill or drop such samples")
    if present.sum() < 2:
        kind = "training" if training else "held-out"
        raise UsageError(f"there are {present.sum()} {kind} fields of {name}, at least 2 are needed; generate more samples")
    samples = np.repeat(rows, len(fields) // max(1, len(rows)))[present]
    coarse = regrid_globe if _whole_globe(array) else regrid
    return VirtualFields(_target(array), _coarse_coords(dataset, array), coarse(fields[present], GRID), samples)


def fit_scaling(fields: VirtualFields) -> Scaling:
    """The scaling of training fields.

    On a globe most of a field is fixed by latitude, so the network learns what differs from the mean of each cell.

    Raises:
        UsageError: if they do not differ.
    """
    values = np.asarray(fields.values, dtype=np.float64)
    offset = values.mean(axis=0) if fields.dims == ON_GLOBE else np.zeros(GRID)
    low, high = float((values - offset).min()), float((values - offset).max())
    if high - low <= ROUNDING * np.abs(values).max():
        raise UsageError(f"all training fields of {fields.target.name} are the same; there is nothing to learn")
    return Scaling(low, high, offset)


def _target(array: xr.DataArray) -> Variable:
    told = {key: str(array.attrs.get(key, other)) for key, other in (("units", "1"), ("long_name", array.name))}
    return Variable(str(array.name), told["units"], told["long_name"], str(array.attrs.get("standard_name", "")))


def _whole_globe(array: xr.DataArray) -> bool:
    """Whether the grid goes around the globe and from pole to pole."""
    if array.dims[-2:] != ON_GLOBE:
        return False
    extents = (abs(float(array[dim].diff(dim).mean())) * array.sizes[dim] for dim in ON_GLOBE)
    return all(abs(extent - whole) < 1e-3 * whole for extent, whole in zip(extents, (180, 360), strict=True))


def _coarse_coords(dataset: xr.Dataset, array: xr.DataArray) -> dict[str, xr.Variable]:
    """Centres of the 28 cells along both axes; cells that are only numbered are numbered again."""
    coords = {}
    for dim in map(str, array.dims[-2:]):
        centres = np.asarray(dataset[dim].values, dtype=np.float64)
        values = np.arange(CELLS) if dim in numbered_axes(dataset) else regrid(centres[:, None], (CELLS, 1))[:, 0]
        attrs = {str(key): str(value) for key, value in dataset[dim].attrs.items()}
        coords[dim] = xr.Variable(dim, np.asarray(values, dtype=np.float64), attrs)
    return coords
