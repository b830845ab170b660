"""One closed flow on grids of several finenesses: where Newton's method starts from on the finest."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from .flow_sides import Rim

Array = NDArray[Any]
COARSEST = 16  # cells along the shorter side that a coarser grid must have
PECLET = 50  # largest U h/ν of a coarser grid; its viscosity is raised to that


class Level(NamedTuple):
    """A flow on one grid.

    Attributes:
        spacing: (dy, dx) [m].
        viscosity: [m² s⁻¹].
        force: body force (x, y) [m s⁻²].
        rim: sides.
        frame: streamfunction (ny+1, nx+1) on the rim, 0 inside [m² s⁻¹].
    """

    spacing: tuple[float, float]
    viscosity: float
    force: tuple[float, float]
    rim: Rim
    frame: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Cells (ny, nx)."""
        return self.frame.shape[0] - 1, self.frame.shape[1] - 1

    @property
    def lengths(self) -> tuple[float, float]:
        """Height and width [m]."""
        return self.shape[0] * self.spacing[0], self.shape[1] * self.spacing[1]

    @property
    def speed(self) -> float:
        """The largest velocity on the rim, U [m s⁻¹]."""
        return max(float(np.abs(values).max()) for values in self.rim[3:])


def levels(finest: Level) -> list[Level]:
    """The flow on grids of twice the spacing each, coarsest first."""
    found = [finest]
    while min(found[-1].shape) >= 2 * COARSEST:
        found.append(_coarser(found[-1], finest.viscosity))
    return found[::-1]


def _coarser(fine: Level, viscosity: float) -> Level:
    ny, nx = ((n + 1) // 2 for n in fine.shape)
    dy, dx = fine.lengths[0] / ny, fine.lengths[1] / nx
    ys, xs = (np.linspace(0, 1, n + 1) for n in fine.shape)
    y, x = np.linspace(0, 1, ny + 1), np.linspace(0, 1, nx + 1)
    frame = np.zeros((ny + 1, nx + 1))
    for side in (0, -1):
        frame[side] = np.interp(x, xs, fine.frame[side])
        frame[:, side] = np.interp(y, ys, fine.frame[:, side])
    rim = fine.rim._replace(
        along_west=np.interp(y, ys, fine.rim.along_west),
        along_east=np.interp(y, ys, fine.rim.along_east),
        along_south=np.interp(x, xs, fine.rim.along_south),
        along_north=np.interp(x, xs, fine.rim.along_north),
        through_west=np.diff(frame[:, 0]) / dy,
        through_east=np.diff(frame[:, -1]) / dy,
        through_south=-np.diff(frame[0]) / dx,
        through_north=-np.diff(frame[-1]) / dx,
    )
    return Level((dy, dx), max(viscosity, fine.speed * max(dy, dx) / PECLET), fine.force, rim, frame)


def refine(psi: Array, level: Level) -> Array:
    """ψ of a coarser grid on the corners of a level, by cubic splines; its own on the rim."""
    (ys, xs), (y, x) = ([np.linspace(0, 1, n) for n in shape] for shape in (psi.shape, level.frame.shape))
    return framed(RectBivariateSpline(ys, xs, psi)(y, x), level)


def framed(psi: Array, level: Level) -> Array:
    """A copy of ψ with the level's own on the rim."""
    own = level.frame.copy()
    own[1:-1, 1:-1] = psi[1:-1, 1:-1]
    return own


def blended(level: Level) -> Array:
    """ψ that interpolates between the sides: 0 in a cavity, about the mean flow where there is one (Coons' patch)."""
    f = level.frame
    y, x = np.linspace(0, 1, f.shape[0])[:, None], np.linspace(0, 1, f.shape[1])
    across = (1 - x) * f[:, :1] + x * f[:, -1:]
    along = (1 - y) * f[0] + y * f[-1]
    corners = (1 - y) * ((1 - x) * f[0, 0] + x * f[0, -1]) + y * ((1 - x) * f[-1, 0] + x * f[-1, -1])
    return framed(across + along - corners, level)
