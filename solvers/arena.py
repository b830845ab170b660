"""Grids cut from one block of memory, so that a solve asks the operating system for pages once, not for every array."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]


class Arena(NamedTuple):
    """A block of float64 numbers, and how many of them are taken, (1,)."""

    block: Array
    taken: Array


@njit(cache=True, nogil=True)
def arena(size: int) -> Arena:
    """An arena of `size` numbers."""
    return Arena(np.empty(size), np.zeros(1, dtype=np.int64))


@njit(cache=True, nogil=True)
def grid(memory: Arena, ny: int, nx: int) -> Array:
    """The next (ny+2, nx+2) of an arena, all zero."""
    begin = memory.taken[0]
    end = begin + (ny + 2) * (nx + 2)
    memory.taken[0] = end
    cells = memory.block[begin:end]
    cells[:] = 0.0
    return cells.reshape((ny + 2, nx + 2))
