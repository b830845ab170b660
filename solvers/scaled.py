"""The stencil scaled to a unit diagonal, A' = D^-½ A D^-½, together with its hierarchy: what conjugate gradients work on."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .multigrid import Hierarchy, build, inverse_root
from .stencil import fill_halo

Array = NDArray[Any]


class Scaled(NamedTuple):
    """A' by its couplings to the west and south, D^-½ (0 outside the body), and the hierarchy; (ny+2, nx+2) float64."""

    west: Array
    south: Array
    root: Array
    hierarchy: Hierarchy


@njit(cache=True, nogil=True, error_model="numpy")
def scale(west: Array, south: Array, sink: Array, periodic_x: bool, periodic_y: bool) -> Scaled:
    """Scale a five-point operator with conductances and sinks (ny+2, nx+2), and coarsen it."""
    d = np.zeros(west.shape)
    for j in range(1, west.shape[0] - 1):
        for i in range(1, west.shape[1] - 1):
            d[j, i] = west[j, i] + west[j, i + 1] + south[j, i] + south[j + 1, i] + sink[j, i]
    fill_halo(d, periodic_x, periodic_y)
    root = inverse_root(d)
    w, s = west.copy(), south.copy()
    fill_halo(w, periodic_x, periodic_y)
    fill_halo(s, periodic_x, periodic_y)
    hierarchy = build(d, w, s, periodic_x, periodic_y)
    for j in range(1, west.shape[0]):
        for i in range(1, west.shape[1]):
            w[j, i] *= root[j, i] * root[j, i - 1]
            s[j, i] *= root[j, i] * root[j - 1, i]
    return Scaled(w, s, root, hierarchy)
