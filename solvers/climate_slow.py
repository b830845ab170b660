"""What a year leaves of the slow part of a climate, as a small linear model for the way to its equilibrium.

    C dT/dt = −(B − feedback) T + ∇·(D∇T),   G'(T) = e^{−X},   X = C⁻¹ (B − feedback + L) × 1 year

on a handful of cells, with annual means of the heat capacity and of the ice-albedo feedback. Where a year changes T by r, the
equilibrium lies (1 − e^{−X})⁻¹ r away, of which the year has done r; the rest, (e^X − 1)⁻¹ r, is taken as (X + X²/2)⁻¹ r.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .climate_checks import MONTHS
from .regrid_globe import regrid_globe
from .sphere import Rows, apply_exchange, exchange

if TYPE_CHECKING:
    from .climate import Climate

Array = NDArray[Any]
SMALL = (6, 12)  # rows and columns, at most


class SlowPart:
    """The model around a year with known monthly temperatures (12, nlat, nlon) [°C]; call it with the change of a year [K]."""

    def __init__(self, climate: "Climate", months: Array) -> None:
        self.full = climate.shape
        self.shape = (min(SMALL[0], self.full[0]), min(SMALL[1], self.full[1]))
        open_share = (months > climate.ice_onset).mean(axis=0)
        capacity = 1 / (open_share * climate.capacity.warm + (1 - open_share) * climate.capacity.cold)
        slope = np.maximum(climate.sky.slope - _feedback(climate, months), 0.0)
        small = [regrid_globe(a, self.shape).ravel() for a in (slope, capacity)]
        diffusivity = regrid_globe(np.broadcast_to(climate.diffusivity, self.full[0])[:, None], (self.shape[0], 1))[:, 0]
        damping = np.diag(small[0]) - _matrix(exchange(diffusivity, 0.0, *self.shape), self.shape)
        x = damping * (climate.dt * climate.steps / small[1])[:, None]
        self.inverse = np.linalg.inv(x + x @ x / 2)

    def __call__(self, change: Array) -> Array:
        """How much further the equilibrium lies [K]."""
        small = self.inverse @ regrid_globe(change, self.shape).ravel()
        return regrid_globe(small.reshape(self.shape), self.full)


def _feedback(climate: "Climate", months: Array) -> Array:
    """Annual mean of what a kelvin less reflects more by ice [W m⁻² K⁻¹], (nlat, nlon)."""
    sharpness = climate.sky.sharpness if climate.ice_width > 0 else 0.0
    s = np.clip((climate.sky.onset - months) * sharpness, 0, 1)
    suns = climate.suns.reshape(MONTHS, -1, len(climate.land)).mean(axis=1) * climate.sky.contrast
    return np.asarray((6 * s * (1 - s) * sharpness * suns[..., None]).mean(axis=0))


def _matrix(rows: Rows, shape: tuple[int, int]) -> Array:
    """The exchange as a dense matrix over cells in order of rows."""
    cells = shape[0] * shape[1]
    return apply_exchange(rows, np.eye(cells).reshape(cells, *shape)).reshape(cells, cells).T
