"""Grids cut from one block of memory that a thread keeps from solve to solve.

Fresh memory costs a page fault for every 4 kB, which would take longer than the arithmetic of a solve on it.
"""

import threading
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
KEPT = 2**23  # numbers that a thread keeps, 64 MB: enough for 512 × 512 cells
_own = threading.local()


class Arena(NamedTuple):
    """A block of float64 numbers, and how many of them are taken, (1,)."""

    block: Array
    taken: Array


def borrow(size: int) -> Arena:
    """The arena of this thread, empty, with room for `size` numbers; the next call takes it back."""
    arena: Arena | None = getattr(_own, "arena", None)
    if arena is None or arena.block.size < size:
        arena = Arena(np.empty(size), np.zeros(1, dtype=np.int64))
        if size <= KEPT:
            _own.arena = arena
    arena.taken[0] = 0
    return arena


@njit(cache=True, nogil=True)
def haloed(ny: int, nx: int) -> int:
    """Cells of a grid with its halo."""
    return (ny + 2) * (nx + 2)


@njit(cache=True, nogil=True)
def numbers(arena: Arena, count: int) -> Array:
    """The next `count` numbers."""
    begin = arena.taken[0]
    arena.taken[0] = begin + count
    return arena.block[begin : begin + count]


@njit(cache=True, nogil=True)
def grid(arena: Arena, ny: int, nx: int) -> Array:
    """The next (ny+2, nx+2), all zero, as periodic grids read cells before they are written."""
    cells = numbers(arena, haloed(ny, nx))
    cells[:] = 0.0
    return cells.reshape((ny + 2, nx + 2))


@njit(cache=True, nogil=True)
def singles(arena: Arena, count: int) -> Array:
    """The next `count` float32 numbers, all zero."""
    pool = numbers(arena, (count + 1) // 2).view(np.float32)
    pool[:] = 0.0
    return pool
