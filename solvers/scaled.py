"""The stencil scaled to a unit diagonal, A' = D^-½ A D^-½, together with its hierarchy: what conjugate gradients work on."""

from typing import Any, NamedTuple

from numba import njit
from numpy.typing import NDArray

from .arena import Arena, grid, haloed
from .multigrid import Hierarchy, build, plan, roots
from .stencil import copy_into, fill_halo

Array = NDArray[Any]


class Scaled(NamedTuple):
    """A' by its couplings to the west and south, D^-½ (0 outside the body), and the hierarchy; (ny+2, nx+2) float64."""

    west: Array
    south: Array
    root: Array
    hierarchy: Hierarchy


@njit(cache=True, nogil=True)
def scaled_size(ny: int, nx: int) -> int:
    """Numbers that `scale` takes from its arena."""
    return plan(ny, nx)[2] + 3 * haloed(ny, nx)


@njit(cache=True, nogil=True)
def scale(arena: Arena, west: Array, south: Array, sink: Array, periodic_x: bool, periodic_y: bool) -> Scaled:
    """Scale a five-point operator with conductances and sinks (ny+2, nx+2), and coarsen it."""
    ny, nx = west.shape[0] - 2, west.shape[1] - 2
    d, w, s = grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx)
    for j in range(1, ny + 1):
        for i in range(1, nx + 1):
            d[j, i] = west[j, i] + west[j, i + 1] + south[j, i] + south[j + 1, i] + sink[j, i]
    copy_into(w, west)
    copy_into(s, south)
    fill_halo(d, periodic_x, periodic_y)
    fill_halo(w, periodic_x, periodic_y)
    fill_halo(s, periodic_x, periodic_y)
    root, amplitude = roots(arena, d)
    hierarchy = build(arena, d, w, s, root, amplitude, periodic_x, periodic_y)
    for j in range(1, ny + 2):
        for i in range(1, nx + 2):
            w[j, i] *= root[j, i] * root[j, i - 1]
            s[j, i] *= root[j, i] * root[j - 1, i]
    return Scaled(w, s, root, hierarchy)
