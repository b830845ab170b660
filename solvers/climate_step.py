"""One step of the energy balance: ROS2, a linearly implicit method of second order, factorised by direction.

    (I − γ dt J) k₁ = F(t, E),   (I − γ dt J) k₂ = F(t + dt, E + dt k₁) − 2 k₁,   E ← E + dt (3 k₁ + k₂)/2,   γ = 1 − 1/√2

for the heat content E. J holds the exchange between cells alone, with the heat capacity that is least at any temperature, and is
factorised into a zonal and a meridional part: the method is of second order for any J and L-stable for the true one. So all
factors are computed once. (With the capacity of the moment instead, twice as dear, it blew up wherever a cell froze within a
step.) Sums over rows and over the sphere are kept to round-off.

Source: Verwer, Spee, Blom & Hundsdorfer (1999) SIAM J. Sci. Comput. 20, 1456.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .climate_heat import Capacity
from .sphere import Rows

Array = NDArray[Any]
GAMMA = 1 - 1 / np.sqrt(2)


class Sky(NamedTuple):
    """Radiation: 1 − albedo without ice and how much ice takes from it, (nlat,); A − F [W m⁻²], B [W m⁻² K⁻¹]; where ice begins
    [°C] and one over the range until it covers all [K⁻¹]."""

    coalbedo: Array
    contrast: Array
    outgoing: float
    slope: float
    onset: float
    sharpness: float


class Factors(NamedTuple):
    """(C + γ dt Z) and (C + γ dt M) without pivoting: inverse pivots and the couplings γ dt × exchange, for one dt [s].

    `wrap` and `closing` close the rows into rings: the influence of the last cell on the others, and its inverse pivot.
    """

    dt: float
    capacity: Array
    zonal: Array
    wrap: Array
    closing: Array
    west: Array
    east: Array
    meridional: Array
    south: Array
    north: Array


class Scratch(NamedTuple):
    """Temperature with halo, (nlat+2, nlon+2) [°C]; rates k₁ and k₂ in the making, (nlat, nlon); the stage E + dt k₁."""

    temperature: Array
    first: Array
    second: Array
    stage: Array


def scratch(nlat: int, nlon: int) -> Scratch:
    """Room for one run."""
    return Scratch(np.zeros((nlat + 2, nlon + 2)), *(np.zeros((nlat, nlon)) for _ in range(3)))


@njit(cache=True, nogil=True, error_model="numpy")
def factorise(capacity: Array, rows: Rows, dt: float) -> Factors:
    """Factors for one step [s]."""
    nlat, nlon = capacity.shape
    g = GAMMA * dt
    west, east, south, north = g * rows.west, g * rows.east, g * rows.south, g * rows.north
    zonal, wrap, closing = np.empty((nlat, nlon)), np.zeros((nlat, nlon)), np.empty(nlat)
    meridional = np.empty((nlat, nlon))
    for j in range(nlat):
        w, e, last = west[j], east[j], nlon - 1
        before = 0.0
        for i in range(last):
            zonal[j, i] = 1 / (capacity[j, i] + w + e - w * e * before)
            before = zonal[j, i]
        zonal[j, last] = 0.0
        if last > 0:
            wrap[j, 0] = w
            wrap[j, last - 1] += e
        ahead = 0.0
        for i in range(last):
            ahead = zonal[j, i] * (wrap[j, i] + w * ahead)
            wrap[j, i] = ahead
        ahead = 0.0
        for i in range(last - 1, -1, -1):
            ahead = wrap[j, i] + e * zonal[j, i] * ahead
            wrap[j, i] = ahead
        closing[j] = 1 / (capacity[j, last] + w + e - e * wrap[j, 0] - w * wrap[j, last - 1])
        for i in range(nlon):
            pivot = capacity[j, i] + south[j] + north[j]
            if j > 0:
                pivot -= south[j] * north[j - 1] * meridional[j - 1, i]
            meridional[j, i] = 1 / pivot
    return Factors(dt, capacity, zonal, wrap, closing, west, east, meridional, south, north)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_temperature(heat: Array, capacity: Capacity, temperature: Array) -> None:
    """Temperature with its halo around the circles of latitude, from the heat content."""
    nlat, nlon = heat.shape
    for j in range(nlat):
        for i in range(nlon):
            e, span = heat[j, i], capacity.span[j, i]
            inside = min(max(e, -span), 0.0)
            temperature[j + 1, i + 1] = (
                capacity.onset
                + max(e, 0.0) * capacity.warm[j, i]
                + inside * (capacity.warm[j, i] + 0.5 * capacity.bend[j, i] * inside)
                + min(e + span, 0.0) * capacity.cold[j, i]
            )
        temperature[j + 1, 0] = temperature[j + 1, nlon]
        temperature[j + 1, nlon + 1] = temperature[j + 1, 1]


@njit(cache=True, nogil=True, error_model="numpy")
def ice_share(temperature: float, onset: float, sharpness: float) -> float:
    """Share of a cell under ice: 0 at the onset, 1 at the end of the ramp, 3s² − 2s³ between."""
    s = min(max((onset - temperature) * sharpness, 0.0), 1.0)
    return s * s * (3 - 2 * s)


@njit(cache=True, nogil=True, error_model="numpy")
def balance(t: Array, sun: Array, noise: Array, sky: Sky, rows: Rows, out: Array) -> None:
    """F: absorbed − outgoing + exchange + noise; `sun` of each row, `noise` (nlat, nlon) or empty; all [W m⁻²]."""
    nlat, nlon = out.shape
    for j in range(nlat):
        west, east, south, north = rows.west[j], rows.east[j], rows.south[j], rows.north[j]
        here = sky.slope + west + east + south + north
        free, taken = sun[j] * sky.coalbedo[j] - sky.outgoing, sun[j] * sky.contrast[j]
        for i in range(nlon):
            ice = ice_share(t[j + 1, i + 1], sky.onset, sky.sharpness)
            gained = west * t[j + 1, i] + east * t[j + 1, i + 2] + south * t[j, i + 1] + north * t[j + 2, i + 1]
            out[j, i] = free - taken * ice - here * t[j + 1, i + 1] + gained
    if noise.size > 0:
        for j in range(nlat):
            for i in range(nlon):
                out[j, i] += noise[j, i]


@njit(cache=True, nogil=True, error_model="numpy")
def solve_zonal(f: Factors, r: Array) -> None:
    """(C + γ dt Z) x = r in place, four rows at a time so that their recurrences overlap."""
    nlat, last = r.shape[0], r.shape[1] - 1
    for a in range(0, nlat - 3, 4):
        b, c, d = a + 1, a + 2, a + 3
        p = q = s = t = 0.0
        for i in range(last):
            p = f.zonal[a, i] * (r[a, i] + f.west[a] * p)
            q = f.zonal[b, i] * (r[b, i] + f.west[b] * q)
            s = f.zonal[c, i] * (r[c, i] + f.west[c] * s)
            t = f.zonal[d, i] * (r[d, i] + f.west[d] * t)
            r[a, i], r[b, i], r[c, i], r[d, i] = p, q, s, t
        p = q = s = t = 0.0
        for i in range(last - 1, -1, -1):
            p = r[a, i] + f.east[a] * f.zonal[a, i] * p
            q = r[b, i] + f.east[b] * f.zonal[b, i] * q
            s = r[c, i] + f.east[c] * f.zonal[c, i] * s
            t = r[d, i] + f.east[d] * f.zonal[d, i] * t
            r[a, i], r[b, i], r[c, i], r[d, i] = p, q, s, t
    for j in range(nlat - nlat % 4, nlat):
        p = 0.0
        for i in range(last):
            p = f.zonal[j, i] * (r[j, i] + f.west[j] * p)
            r[j, i] = p
        p = 0.0
        for i in range(last - 1, -1, -1):
            p = r[j, i] + f.east[j] * f.zonal[j, i] * p
            r[j, i] = p
    for j in range(nlat):
        end = (r[j, last] + f.east[j] * r[j, 0] + f.west[j] * r[j, last - 1]) * f.closing[j]
        r[j, last] = end
        for i in range(last):
            r[j, i] += end * f.wrap[j, i]


@njit(cache=True, nogil=True, error_model="numpy")
def solve_meridional(f: Factors, r: Array) -> None:
    """(C + γ dt M) x = C r and then r = C x, in place."""
    nlat, nlon = r.shape
    for i in range(nlon):
        r[0, i] *= f.capacity[0, i] * f.meridional[0, i]
    for j in range(1, nlat):
        for i in range(nlon):
            r[j, i] = f.meridional[j, i] * (f.capacity[j, i] * r[j, i] + f.south[j] * r[j - 1, i])
    for j in range(nlat - 2, -1, -1):
        for i in range(nlon):
            r[j, i] += f.north[j] * f.meridional[j, i] * r[j + 1, i]
    for j in range(nlat):
        for i in range(nlon):
            r[j, i] *= f.capacity[j, i]


@njit(cache=True, nogil=True, error_model="numpy")
def finish_step(
    heat: Array, now: Array, then: Array, noise: Array, capacity: Capacity, sky: Sky, rows: Rows, f: Factors, room: Scratch
) -> None:
    """Take the heat content one step on, from the temperature that `room` holds of it; `now` and `then` are the suns of either
    end, `noise` a flux all the while, or empty."""
    nlat, nlon = heat.shape
    k, m, stage = room.first, room.second, room.stage
    balance(room.temperature, now, noise, sky, rows, k)
    solve_zonal(f, k)
    solve_meridional(f, k)
    for j in range(nlat):
        for i in range(nlon):
            stage[j, i] = heat[j, i] + f.dt * k[j, i]
    fill_temperature(stage, capacity, room.temperature)
    balance(room.temperature, then, noise, sky, rows, m)
    for j in range(nlat):
        for i in range(nlon):
            m[j, i] -= 2 * k[j, i]
    solve_zonal(f, m)
    solve_meridional(f, m)
    for j in range(nlat):
        for i in range(nlon):
            heat[j, i] += 0.5 * f.dt * (3 * k[j, i] + m[j, i])
