"""Heat content of a cell over its temperature: land, an ocean mixed layer, and sea ice that cuts the ocean off from the air.

    dE/dT = C,   1/C linear in E from the first ice to full cover

so that temperature is a quadratic of the heat content there and linear outside, heat is kept to round-off although the capacity
changes, and no iteration is needed to go either way.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Capacity(NamedTuple):
    """One over the heat capacity without ice and under it, the slope between and the heat from first ice to full cover,
    (nlat, nlon) [K m² J⁻¹, K m⁴ J⁻², J m⁻²]; the temperature where ice begins [°C], from which heat counts."""

    warm: Array
    cold: Array
    bend: Array
    span: Array
    onset: float


def capacity(open_: Array, frozen: Array, onset: float, width: float) -> Capacity:
    """The relation for cells of heat capacity `open_` without and `frozen` under ice, (nlat, nlon) [J m⁻² K⁻¹], where ice covers
    a cell from `onset` [°C] to `width` [K] below."""
    warm, cold = 1 / open_, 1 / frozen
    span = 2 * width / (warm + cold)
    bend = (warm - cold) / span if width > 0 else np.zeros_like(span)
    return Capacity(warm, cold, bend, span, onset)


def heat_of(temperature: Array, c: Capacity) -> Array:
    """Heat content [J m⁻²] at a temperature [°C], counted from the first ice."""
    above = temperature - c.onset
    floor = -c.span * (c.warm + c.cold) / 2  # temperature at full cover, from the onset
    inside = np.clip(above, floor, 0)
    root = np.sqrt(c.warm**2 + 2 * c.bend * inside)
    return np.asarray(np.maximum(above, 0) / c.warm + 2 * inside / (c.warm + root) + np.minimum(above - floor, 0) / c.cold)


def temperature_of(heat: Array, c: Capacity) -> Array:
    """Temperature [°C] at a heat content [J m⁻²]."""
    inside = np.clip(heat, -c.span, 0)
    frozen = np.minimum(heat + c.span, 0) * c.cold
    return np.asarray(c.onset + np.maximum(heat, 0) * c.warm + inside * (c.warm + 0.5 * c.bend * inside) + frozen)
