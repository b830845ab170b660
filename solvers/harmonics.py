"""Real spherical harmonics on a latitude-longitude grid, normalised to the mean square 1 over the sphere.

    Y_lm = P_l|m|(sin φ) × cos mλ for m ≥ 0, sin |m|λ for m < 0;   mode l² + l + m

Source: the recurrence of Holmes & Featherstone (2002) J. Geodesy 76, 279, their equations 11 and 13.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def legendre_functions(degrees: int, phi: Array) -> Array:
    """P_l|m| of every mode up to a degree, at latitudes [rad], ((degrees+1)², nlat)."""
    functions = np.empty(((degrees + 1) ** 2, len(phi)))
    sectoral = np.ones_like(phi)
    for m in range(degrees + 1):
        if m > 0:
            sectoral = sectoral * np.cos(phi) * np.sqrt(3.0 if m == 1 else (2 * m + 1) / (2 * m))
        before, here = np.zeros_like(phi), sectoral
        for n in range(m, degrees + 1):
            if n > m:
                rise = np.sqrt((4 * n**2 - 1) / (n**2 - m**2))
                fall = np.sqrt(((n - 1) ** 2 - m**2) / (4 * (n - 1) ** 2 - 1))
                before, here = here, rise * (np.sin(phi) * here - fall * before)
            functions[n * n + n + m] = functions[n * n + n - m] = here
    return functions


def circles(degrees: int, lam: Array) -> Array:
    """cos mλ and sin |m|λ of m = −degrees to degrees, at longitudes [rad], (2 degrees + 1, nlon)."""
    orders = np.arange(-degrees, degrees + 1)[:, None]
    return np.where(orders < 0, np.sin(-orders * lam), np.cos(orders * lam))


def synthesise(coefficients: Array, phi: Array, lam: Array) -> Array:
    """The sum of all modes at latitudes and longitudes [rad], ((degrees+1)²,) -> (nlat, nlon)."""
    degrees = round(np.sqrt(len(coefficients))) - 1
    weighted = coefficients[:, None] * legendre_functions(degrees, phi)
    by_order = np.zeros((2 * degrees + 1, len(phi)))
    for degree in range(degrees + 1):
        by_order[degrees - degree : degrees + degree + 1] += weighted[degree**2 : (degree + 1) ** 2]
    return np.asarray(by_order.T @ circles(degrees, lam))
