"""The regions of scenarios: grid shapes, coordinates, and how fields move between grids of one region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..solvers.regrid_globe import globe_mean, regrid_globe

Array = NDArray[Any]
ON_GLOBE = ("lat", "lon")

AXES: dict[str, xr.Variable] = {  # that a variable may have between samples and grid
    "month": xr.Variable("month", np.arange(1, 13), {"units": "1", "long_name": "month of the year"}),
}


class Domain(Protocol):
    """The region of a scenario: grid shape and coordinates at a resolution (cells along the first axis)."""

    @property
    def dims(self) -> tuple[str, str]: ...

    def shape(self, resolution: int) -> tuple[int, int]: ...

    def coords(self, resolution: int) -> dict[str, xr.Variable]: ...


@dataclass(frozen=True)
class Rectangle:
    """A Cartesian rectangle of square cells; coordinates are cell centres."""

    height: float = 1.0
    width: float = 1.0
    units: str = "m"
    dims: tuple[str, str] = ("y", "x")

    def shape(self, resolution: int) -> tuple[int, int]:
        return resolution, round(resolution * self.width / self.height)

    def coords(self, resolution: int) -> dict[str, xr.Variable]:
        ny, nx = self.shape(resolution)
        y = (np.arange(ny) + 0.5) * self.height / ny
        x = (np.arange(nx) + 0.5) * self.width / nx
        return {
            "y": xr.Variable("y", y, {"units": self.units, "long_name": "distance northwards", "axis": "Y"}),
            "x": xr.Variable("x", x, {"units": self.units, "long_name": "distance eastwards", "axis": "X"}),
        }


@dataclass(frozen=True)
class Globe:
    """The whole sphere in cells of equal angle, twice as many along longitude; coordinates are cell centres in degrees.

    Latitude runs from south to north, longitude eastwards from 0. Cells shrink towards the poles, so a scenario on a globe takes
    `coarsen_on_globe` and `regrid_on_globe`.
    """

    dims: tuple[str, str] = ON_GLOBE

    def shape(self, resolution: int) -> tuple[int, int]:
        return resolution, 2 * resolution

    def coords(self, resolution: int) -> dict[str, xr.Variable]:
        step = 180 / resolution
        north, east = (
            {"units": f"degrees_{way}", "long_name": name, "standard_name": name, "axis": axis}
            for way, name, axis in (("north", "latitude", "Y"), ("east", "longitude", "X"))
        )
        return {
            "lat": xr.Variable("lat", (np.arange(resolution) + 0.5) * step - 90, north),
            "lon": xr.Variable("lon", (np.arange(2 * resolution) + 0.5) * step, east),
        }


def coarsen_on_globe(conditions: Mapping[str, Array], factor: int) -> dict[str, Array]:
    """Conditions on a latitude-longitude grid coarser by `factor`, as averages by area."""
    return {name: globe_mean(a, factor) if a.ndim else a for name, a in conditions.items()}


def regrid_on_globe(targets: Mapping[str, Array], conditions: Mapping[str, Array], shape: tuple[int, int]) -> dict[str, Array]:
    """Targets on another latitude-longitude grid: area means, exact where cells unite old ones, else by splines."""
    return {name: regrid_globe(a, shape) for name, a in targets.items()}
