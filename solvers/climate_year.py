"""Many steps of the energy balance in one kernel, with means over months on the way."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .climate_heat import Capacity
from .climate_step import Factors, Scratch, Sky, fill_temperature, finish_step, ice_share
from .sphere import Rows

Array = NDArray[Any]


@njit(cache=True, nogil=True, error_model="numpy")
def march(
    heat: Array, suns: Array, first: int, steps: int, capacity: Capacity, sky: Sky, rows: Rows, f: Factors, room: Scratch
) -> bool:
    """Take the heat content `steps` steps on, in place; `suns` (steps of a year, nlat) repeats. False where it is not finite."""
    count = len(suns)
    for n in range(first, first + steps):
        fill_temperature(heat, capacity, room.temperature)
        finish_step(heat, suns[n % count], suns[(n + 1) % count], capacity, sky, rows, f, room)
    fill_temperature(heat, capacity, room.temperature)
    return bool(np.isfinite(room.temperature[1:-1, 1:-1].sum()))


@njit(cache=True, nogil=True, error_model="numpy")
def march_year(
    heat: Array,
    suns: Array,
    capacity: Capacity,
    sky: Sky,
    rows: Rows,
    f: Factors,
    room: Scratch,
    warmth: Array,
    ice: Array,
) -> bool:
    """The same for one year, adding up means by the trapezoidal rule.

    Args:
        warmth, ice: temperature [°C] and ice cover [1], (months, nlat, nlon), are overwritten.
    """
    steps, months = len(suns), len(warmth)
    per = steps // months
    warmth[:], ice[:] = 0.0, 0.0
    for n in range(steps):
        fill_temperature(heat, capacity, room.temperature)
        month = n // per
        if n % per == 0:
            add_to_mean(room.temperature, sky, 0.5 / per, warmth[month], ice[month])
            if month > 0:
                add_to_mean(room.temperature, sky, 0.5 / per, warmth[month - 1], ice[month - 1])
        else:
            add_to_mean(room.temperature, sky, 1 / per, warmth[month], ice[month])
        finish_step(heat, suns[n], suns[(n + 1) % steps], capacity, sky, rows, f, room)
    fill_temperature(heat, capacity, room.temperature)
    add_to_mean(room.temperature, sky, 0.5 / per, warmth[months - 1], ice[months - 1])
    return bool(np.isfinite(room.temperature[1:-1, 1:-1].sum()))


@njit(cache=True, nogil=True, error_model="numpy")
def add_to_mean(temperature: Array, sky: Sky, weight: float, warmth: Array, ice: Array) -> None:
    """Add one moment to means of temperature and ice cover."""
    nlat, nlon = warmth.shape
    for j in range(nlat):
        for i in range(nlon):
            t = temperature[j + 1, i + 1]
            warmth[j, i] += weight * t
            ice[j, i] += weight * ice_share(t, sky.onset, sky.sharpness)
