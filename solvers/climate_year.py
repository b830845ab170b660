"""Many steps of the energy balance in one kernel, with means over months, or with weather, on the way."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .climate_heat import Capacity
from .climate_step import Factors, Scratch, Sky, fill_temperature, finish_step, ice_share
from .sphere import Rows
from .weather_noise import Noise, blow

Array = NDArray[Any]


@njit(cache=True, nogil=True, error_model="numpy")
def march(heat: Array, suns: Array, steps: int, capacity: Capacity, sky: Sky, rows: Rows, f: Factors, room: Scratch) -> None:
    """Take the heat content `steps` steps on from a new year, in place; `suns` (steps of a year, nlat) repeats."""
    count, calm = len(suns), np.empty((0, 0))
    for n in range(steps):
        fill_temperature(heat, capacity, room.temperature)
        finish_step(heat, suns[n % count], suns[(n + 1) % count], calm, capacity, sky, rows, f, room)


@njit(cache=True, nogil=True, error_model="numpy")
def march_weather(
    heat: Array,
    suns: Array,
    per: int,
    mean: bool,
    capacity: Capacity,
    sky: Sky,
    rows: Rows,
    f: Factors,
    room: Scratch,
    noise: Noise,
    rng: Any,
    out: Array,
) -> None:
    """The same with weather: every `per` steps the temperature, (n, nlat, nlon) [°C], as a mean over them or at their end."""
    count, n = len(suns), 0
    nlat, nlon = heat.shape
    fill_temperature(heat, capacity, room.temperature)
    for k in range(len(out)):
        out[k] = 0.0
        for s in range(per):
            if mean:
                out[k] += (0.5 if s == 0 else 1.0) / per * room.temperature[1 : nlat + 1, 1 : nlon + 1]
            blow(noise, rng)
            finish_step(heat, suns[n % count], suns[(n + 1) % count], noise.field, capacity, sky, rows, f, room)
            fill_temperature(heat, capacity, room.temperature)
            n += 1
        out[k] += (0.5 / per if mean else 1.0) * room.temperature[1 : nlat + 1, 1 : nlon + 1]


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
) -> None:
    """One year, in place, adding up means by the trapezoidal rule.

    Args:
        warmth, ice: temperature [°C] and ice cover [1], (months, nlat, nlon), are overwritten.
    """
    steps, months, calm = len(suns), len(warmth), np.empty((0, 0))
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
        finish_step(heat, suns[n], suns[(n + 1) % steps], calm, capacity, sky, rows, f, room)
    fill_temperature(heat, capacity, room.temperature)
    add_to_mean(room.temperature, sky, 0.5 / per, warmth[months - 1], ice[months - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def add_to_mean(temperature: Array, sky: Sky, weight: float, warmth: Array, ice: Array) -> None:
    """Add one moment to means of temperature and ice cover."""
    nlat, nlon = warmth.shape
    for j in range(nlat):
        for i in range(nlon):
            t = temperature[j + 1, i + 1]
            warmth[j, i] += weight * t
            ice[j, i] += weight * ice_share(t, sky.onset, sky.sharpness)
