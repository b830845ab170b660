"""Eigenfunctions of the second difference on n cells: what a direct Poisson solver transforms with.

For values at cell centres and sides on faces, with h²λ the eigenvalue of −δ² (Strang, SIAM Rev. 41, 1999):

    neumann, neumann        cos(π k (i + ½)/n),            k = 0 … n−1
    dirichlet, dirichlet    sin(π k (i + ½)/n),            k = 1 … n
    neumann, dirichlet      cos(π k (i + ½)/n),            k = ½ … n−½
    dirichlet, neumann      sin(π k (i + ½)/n),            k = ½ … n−½          h²λ = 2 − 2 cos(π k/n)
    periodic                cos and sin(2π k (i + ½ − n/2)/n), k = 0 … n/2      h²λ = 2 − 2 cos(2π k/n)

All but the mixed pairs are even or odd about the middle, so that half a transform does for each.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError

Array = NDArray[Any]
Kinds = tuple[str, str]
KINDS = ("neumann", "dirichlet", "periodic")


class Modes(NamedTuple):
    """Orthonormal eigenfunctions as columns over the first cells, and eigenvalues h²λ.

    Attributes:
        even, odd: (⌈n/2⌉, ⌈n/2⌉) and (⌊n/2⌋, ⌊n/2⌋), by their values in the first half of the cells; of a mixed pair all
            modes count as even, (n, n) and (0, 0), over all cells.
        even_values, odd_values: h²λ of each column.
    """

    even: Array
    odd: Array
    even_values: Array
    odd_values: Array


def check_kinds(kinds: Kinds, direction: str) -> None:
    """Refuse kinds of sides that are unknown, or periodic without a partner.

    Raises:
        UsageError.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"unknown kind {kind!r} of side in {direction}; known are {', '.join(KINDS)}")
    if (kinds[0] == "periodic") != (kinds[1] == "periodic"):
        raise UsageError(
            f"kinds {kinds} in {direction}: one side is periodic and the other is not; make both periodic or neither"
        )


def mirrored(kinds: Kinds) -> bool:
    """Whether the modes are even or odd about the middle."""
    return kinds[0] == kinds[1]


def modes(n: int, kinds: Kinds) -> Modes:
    """The modes of n cells between two sides."""
    if mirrored(kinds):
        return _mirrored_modes(n, kinds[0])
    k = np.arange(n) + 0.5
    angle = np.pi * np.outer(np.arange(n) + 0.5, k) / n
    functions = (np.cos(angle) if kinds[0] == "neumann" else np.sin(angle)) * np.sqrt(2 / n)
    return Modes(functions, np.empty((0, 0)), 2 - 2 * np.cos(np.pi * k / n), np.empty(0))


def _mirrored_modes(n: int, kind: str) -> Modes:
    """Modes about the middle, cos(κ d) and sin(κ d) with d = i + ½ − n/2, and h²λ = 2 − 2 cos κ."""
    evens, odds = (n + 1) // 2, n // 2
    match kind:
        case "neumann":
            even, odd = 2 * np.arange(evens), 2 * np.arange(odds) + 1
        case "dirichlet":
            even, odd = 2 * np.arange(evens) + 1, 2 * np.arange(odds) + 2
        case _:
            even, odd = 2 * np.arange(evens), 2 * np.arange(odds) + 2
    distance = np.arange(evens) + 0.5 - n / 2
    cosines, sines = np.cos(np.outer(distance, even * np.pi / n)), np.sin(np.outer(distance[:odds], odd * np.pi / n))
    return Modes(_normalised(cosines, n), _normalised(sines, n), *(2 - 2 * np.cos(k * np.pi / n) for k in (even, odd)))


def _normalised(half: Array, n: int) -> Array:
    """Columns scaled so that each whole function, the half and its mirror image, has norm 1."""
    middle = half[n // 2 :] ** 2  # only of an odd number of cells, and counted once
    return np.asarray(half / np.sqrt(2 * (half[: n // 2] ** 2).sum(axis=0) + middle.sum(axis=0)))
