"""Planets that several test files share."""

import numpy as np
from fieldgan.solvers.climate import Climate
from fieldgan.solvers.sphere import latitudes, longitudes


def continents(nlat, nlon):
    """Smooth continents with shores a cell or two wide, a quarter of the sphere."""
    phi, lam = latitudes(nlat)[:, None], longitudes(nlon)
    height = np.cos(phi) * np.sin(2 * lam) + 0.6 * np.sin(phi + 0.3) * np.cos(lam + 1) + 0.3 * np.sin(3 * phi) - 0.2
    return np.clip(0.5 + height * nlat / 6, 0, 1)


def earth(nlat=12, nlon=24, **others):
    return Climate(continents(nlat, nlon), **others)


def uniform(nlat=12, nlon=24, **others):
    """A planet of one heat capacity, without ice: its temperature obeys a linear equation."""
    capacities = {f"{kind}_capacity": 4e7 for kind in ("land", "ocean", "ice")}
    return Climate(np.zeros((nlat, nlon)), **{**capacities, "ice_onset": -1000.0, **others})


def harmonic(nlat, nlon):
    """Y₂¹ and Y₃²: their sum has the eigenvalues 6 and 12 of −∇²."""
    phi, lam = latitudes(nlat)[:, None], longitudes(nlon)
    return np.sin(phi) * np.cos(phi) * np.cos(lam), np.sin(phi) * np.cos(phi) ** 2 * np.cos(2 * lam)
