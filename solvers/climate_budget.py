"""The energy budget of a step: global means of every flux, which add up to the gain in heat content to round-off."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .sphere import apply_exchange, global_mean

if TYPE_CHECKING:
    from .climate import Climate

Array = NDArray[Any]


class Budget(NamedTuple):
    """Global means over one step [W m⁻²]: what goes in, what goes out, what neighbours exchange, and the gain in heat content."""

    absorbed: float
    outgoing: float
    forcing: float
    weather: float
    exchanged: float
    stored: float

    @property
    def residual(self) -> float:
        """What is not accounted for [W m⁻²]."""
        return self.absorbed + self.forcing + self.weather + self.exchanged - self.outgoing - self.stored


Means = tuple[float, float, float, float, float]


def flux_means(climate: "Climate", stages: Sequence[Array], suns: Array, noise: Array) -> Means:
    """Absorbed, outgoing, forcing, weather and exchanged, from the temperatures of both stages of a step and their suns.

    The scheme weighs the fluxes of its stages by halves, and J adds nothing to a sum over the sphere.
    """
    a, b = climate.longwave
    absorbed = np.mean([global_mean(absorbed_sunlight(climate, t, sun)) for t, sun in zip(stages, suns, strict=True)])
    outgoing = np.mean([global_mean(a + b * t) for t in stages])
    exchanged = np.mean([global_mean(apply_exchange(climate.rows, t)) for t in stages])
    weather = float(global_mean(noise)) if noise.size else 0.0
    return float(absorbed), float(outgoing), climate.forcing, weather, float(exchanged)


def absorbed_sunlight(climate: "Climate", temperature: Array, sun: Array) -> Array:
    """Sunlight absorbed at a temperature under a sun of (nlat,) [W m⁻²]."""
    share = climate.sky.coalbedo[:, None] - climate.sky.contrast[:, None] * climate.ice_cover(temperature)
    return np.asarray(sun[:, None] * share)
