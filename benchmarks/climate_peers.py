"""Calls that take steps of an energy balance with fieldgan, plain numpy and climlab; each returns its last temperature."""

import warnings
from functools import partial

import numpy as np
from fieldgan.solvers.climate import Climate
from fieldgan.solvers.climate_heat import heat_of, temperature_of
from fieldgan.solvers.climate_step import GAMMA, scratch
from fieldgan.solvers.climate_year import march
from fieldgan.solvers.orbit import Orbit
from fieldgan.solvers.sphere import apply_exchange, latitudes, longitudes
from scipy.sparse import coo_matrix, diags_array
from scipy.sparse.linalg import splu

WATER = 10 * 1000 * 4181.3  # J m⁻² K⁻¹, climlab's ten metres


def continents(nlat, nlon):
    """Land of wavenumber two and three, a quarter of the sphere."""
    phi, lam = latitudes(nlat)[:, None], longitudes(nlon)
    height = np.cos(phi) * np.sin(2 * lam) + 0.6 * np.sin(phi + 0.3) * np.cos(lam + 1) + 0.3 * np.sin(3 * phi) - 0.2
    return np.clip(0.5 + height * nlat / 6, 0, 1)


def earth(nlat, steps=48):
    return Climate(continents(nlat, 2 * nlat), steps=steps)


def column(rows=90):
    """climlab's EBM_seasonal with ice, but on 96 steps a year instead of 90."""
    water = dict.fromkeys(("land_capacity", "ocean_capacity", "ice_capacity"), WATER)
    ice = {"albedo": (0.3, 0.078), "ice_albedo": 0.62, "ice_onset": -10.0, "ice_width": 0.0}
    return Climate(np.zeros((rows, 1)), Orbit(), 1365.2, **ice, **water, steps=96)


def first(climate):
    """12 − 40 P₂, where climlab starts."""
    start = 12 - 20 * (3 * np.sin(latitudes(len(climate.land))) ** 2 - 1)
    return np.array(np.broadcast_to(start[:, None], climate.shape))


def steps_fieldgan(climate, steps):
    """All steps in one kernel."""
    start, room, f = heat_of(first(climate), climate.capacity), scratch(*climate.shape), climate.factors(climate.dt)

    def call():
        heat = start.copy()
        march(heat, climate.suns, steps, climate.capacity, climate.sky, climate.rows, f, room)
        return temperature_of(heat, climate.capacity)

    return call


def steps_numpy(climate, steps):
    """The same scheme in numpy expressions, with one sparse LU of C + γ dt L in place of the two factors."""
    capacity = 1 / np.maximum(climate.capacity.warm, climate.capacity.cold)
    solve = splu(_implicit_matrix(climate, capacity)).solve

    def rate(heat, sun):
        t = temperature_of(heat, climate.capacity)
        share = climate.sky.coalbedo[:, None] - climate.sky.contrast[:, None] * climate.ice_cover(t)
        balance = sun[:, None] * share - climate.sky.outgoing - climate.sky.slope * t
        return balance + apply_exchange(climate.rows, t)

    def invert(r):
        return capacity * solve(r.ravel()).reshape(r.shape)

    def call():
        heat, suns = heat_of(first(climate), climate.capacity), climate.suns
        for n in range(steps):
            k = invert(rate(heat, suns[n % len(suns)]))
            m = invert(rate(heat + climate.dt * k, suns[(n + 1) % len(suns)]) - 2 * k)
            heat += climate.dt * (1.5 * k + 0.5 * m)
        return temperature_of(heat, climate.capacity)

    return call


def _implicit_matrix(climate, capacity):
    """C + γ dt L, sparse, by cells in order of rows."""
    nlat, nlon = climate.shape
    cell = np.arange(nlat * nlon).reshape(climate.shape)
    west, east, south, north = (np.repeat(a, nlon) for a in climate.rows)
    neighbours = (np.roll(cell, 1, 1), np.roll(cell, -1, 1), np.vstack([cell[:1], cell[:-1]]), np.vstack([cell[1:], cell[-1:]]))
    gain = sum(
        coo_matrix((w, (cell.ravel(), there.ravel())), shape=(cell.size, cell.size))
        for w, there in zip((west, east, south, north), neighbours, strict=True)
    )
    return (diags_array(capacity.ravel()) + GAMMA * climate.dt * (diags_array(west + east + south + north) - gain)).tocsc()


def steps_climlab(rows, columns, steps):
    """EBM_seasonal with ice, 90 steps a year by Euler's method; columns beyond one only repeat the work."""
    warnings.filterwarnings("ignore")
    import climlab

    setting = {"num_lat": rows, "a0": 0.3, "a2": 0.078, "ai": 0.62, **({"num_lon": columns} if columns > 1 else {})}
    model = climlab.EBM_seasonal(**setting)

    def call():
        for _ in range(steps):
            model.step_forward()
        return np.array(model.Ts).reshape(rows, -1)

    return call


def equilibrium(nlat, steps, tolerance, accelerated):
    """A call that prepares and solves a planet anew."""
    return partial(_equilibrium, continents(nlat, 2 * nlat), steps, tolerance, accelerated)


def _equilibrium(land, steps, tolerance, accelerated):
    return Climate(land, steps=steps).equilibrium(tolerance, accelerated)
