"""The pressure equation on a rectangle, solved directly: matrix products along one direction, Thomas along the other.

    (p_east − 2 p + p_west)/dx² + (p_north − 2 p + p_south)/dy² = r

for cell-centred p and r. Sides are neumann (∂p/∂n = 0), dirichlet (p = 0 on the face) or periodic in any mix. Where nothing
fixes the level of p, the mean of r is removed and p has mean 0.

Along the cheaper direction p is written in the eigenfunctions of the second difference. Even and odd ones are transformed
apart, which halves the products; the other direction then decouples into tridiagonal systems, symmetric and of unit coupling,
that Thomas' algorithm solves for all modes at once (Buzbee, Golub & Nielson, SIAM J. Numer. Anal. 7, 1970).
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray

from .errors import UsageError
from .flow_modes import Kinds, check_kinds, mirrored, modes

Array = NDArray[Any]


class Poisson(NamedTuple):
    """What a solve needs; n cells are transformed, m are marched along, all in one precision.

    Attributes:
        even, odd: eigenfunctions as columns, over the first half of the cells where they are even and odd.
        even_forward, odd_forward: the same times −h², h the spacing of the m cells.
        even_pivots, odd_pivots: 1/d of the tridiagonal factors, (m, modes); 0 at the end of a constant mode.
        even_ring, odd_ring: what a periodic direction adds for a unit jump between its ends, (m, modes), else (0, 0).
        along_x: whether rows are transformed (n = nx), or columns (n = ny).
        singular: whether the level of p is free.
    """

    even: Array
    odd: Array
    even_forward: Array
    odd_forward: Array
    even_pivots: Array
    odd_pivots: Array
    even_ring: Array
    odd_ring: Array
    along_x: bool
    singular: bool


def plan_poisson(
    ny: int, nx: int, dy: float, dx: float, kinds_x: Kinds, kinds_y: Kinds, dtype: DTypeLike = np.float64
) -> Poisson:
    """Prepare solves on ny × nx cells.

    Args:
        dy, dx: spacing [m].
        kinds_x, kinds_y: of the (west, east) and (south, north) sides: "neumann", "dirichlet" or both "periodic".
        dtype: float64 or float32, of right-hand sides and solutions.
    Raises:
        UsageError: for sizes, spacings or kinds that make no sense.
    """
    if min(ny, nx) < 2:
        raise UsageError(f"{ny} × {nx} cells are too few for a pressure equation; use at least 2 × 2")
    if not (0 < dy < np.inf and 0 < dx < np.inf):
        raise UsageError(f"spacing ({dy}, {dx}) m is out of range; use positive numbers")
    check_kinds(kinds_x, "x")
    check_kinds(kinds_y, "y")
    along_x = _products(nx, kinds_x) < _products(ny, kinds_y)
    n, m, h, step = (nx, ny, dx, dy) if along_x else (ny, nx, dy, dx)
    across, along = (kinds_x, kinds_y) if along_x else (kinds_y, kinds_x)
    even, odd, even_values, odd_values = modes(n, across)
    even_pivots, even_ring = _lines(m, even_values * (step / h) ** 2, along)
    odd_pivots, odd_ring = _lines(m, odd_values * (step / h) ** 2, along)
    kept = partial(np.ascontiguousarray, dtype=dtype)
    return Poisson(
        kept(even),
        kept(odd),
        kept(-(step**2) * even),
        kept(-(step**2) * odd),
        kept(even_pivots),
        kept(odd_pivots),
        kept(even_ring),
        kept(odd_ring),
        along_x,
        singular="dirichlet" not in (*kinds_x, *kinds_y),
    )


def poisson_work(plan: Poisson) -> Array:
    """The memory that a solve works in."""
    columns = plan.even_pivots.shape[1] + plan.odd_pivots.shape[1]
    return np.empty(2 * plan.even_pivots.shape[0] * columns, dtype=plan.even.dtype)


def _products(n: int, kinds: Kinds) -> float:
    """Multiplications per cell of a transform."""
    return n / 2 if mirrored(kinds) else n


def _lines(m: int, values: Array, kinds: Kinds) -> tuple[Array, Array]:
    """Pivots 1/d and ring of the tridiagonal systems of all modes, (m, modes).

    A periodic line is an insulated one plus u uᵀ, u = (1, 0 … 0, −1), which Sherman and Morrison's formula inverts.
    """
    ends = [3.0 if kind == "dirichlet" else 1.0 for kind in kinds]
    diagonal = np.full((m, values.size), 2.0) + values
    diagonal[0] += ends[0] - 2
    diagonal[-1] += ends[1] - 2
    pivots = np.empty_like(diagonal)
    pivots[0] = 1 / diagonal[0]
    for j in range(1, m):
        d = diagonal[j] - pivots[j - 1]
        free = (values == 0) & (j == m - 1) & ("dirichlet" not in kinds)
        pivots[j] = np.where(free, 0.0, 1 / np.where(free, 1.0, d))
    if kinds[0] != "periodic":
        return pivots, np.empty((0, 0))
    ring = np.zeros_like(diagonal)
    ring[0], ring[-1] = 1.0, -1.0
    march_lines(ring, pivots)
    return pivots, ring / (1 + ring[0] - ring[-1])


@njit(cache=True, nogil=True)
def solve_poisson(plan: Poisson, rhs: Array, out: Array, work: Array) -> None:
    """out = p for rhs = r, both (ny, nx) and of the plan's precision; they may be the same array.

    Args:
        work: from `poisson_work`; its contents do not matter.
    """
    modes, spare = work[: work.size // 2], work[work.size // 2 :]
    to_modes(plan, rhs, modes, spare)
    solve_modes(plan, modes)
    from_modes(plan, modes, out, spare)


@njit(cache=True, nogil=True)
def split(plan: Poisson, modes: Array) -> tuple[Array, Array]:
    """Even and odd modes of some lines, (lines, modes of the kind), as views of flat memory."""
    evens, odds = plan.even.shape[1], plan.odd.shape[1]
    lines = modes.size // (evens + odds)
    return modes[: lines * evens].reshape((lines, evens)), modes[lines * evens :].reshape((lines, odds))


@njit(cache=True, nogil=True)
def to_modes(plan: Poisson, field: Array, modes: Array, spare: Array) -> None:
    """−h² times the modes of a field, of all lines or some: (lines, n) where rows are transformed, else (n, lines)."""
    even, odd = split(plan, modes)
    (m, evens), odds = even.shape, odd.shape[1]
    if plan.along_x:
        a, b = split(plan, spare)
        fold_rows(field, a, b)
        np.dot(a, plan.even_forward, even)
        if odds > 0:
            np.dot(b, plan.odd_forward, odd)
    else:
        c, d = spare[: even.size].reshape((evens, m)), spare[even.size :].reshape((odds, m))
        fold_columns(field, c, d)
        np.dot(c.T, plan.even_forward, even)
        if odds > 0:
            np.dot(d.T, plan.odd_forward, odd)


@njit(cache=True, nogil=True)
def from_modes(plan: Poisson, modes: Array, field: Array, spare: Array) -> None:
    """The field of some modes, shaped as for `to_modes`."""
    even, odd = split(plan, modes)
    (m, evens), odds = even.shape, odd.shape[1]
    if plan.along_x:
        a, b = split(plan, spare)
        np.dot(even, plan.even.T, a)
        if odds > 0:
            np.dot(odd, plan.odd.T, b)
        unfold_rows(a, b, field)
    else:
        c, d = spare[: even.size].reshape((evens, m)), spare[even.size :].reshape((odds, m))
        np.dot(plan.even, even.T, c)
        if odds > 0:
            np.dot(plan.odd, odd.T, d)
        unfold_columns(c, d, field)


@njit(cache=True, nogil=True)
def fold_rows(field: Array, even: Array, odd: Array) -> None:
    """Split each row about its middle, (m, n) into (m, ⌈n/2⌉) and (m, ⌊n/2⌋); without odd modes the row goes as it is."""
    n, odds = field.shape[1], odd.shape[1]
    for j in range(field.shape[0]):
        for i in range(odds):
            even[j, i] = field[j, i] + field[j, n - 1 - i]
            odd[j, i] = field[j, i] - field[j, n - 1 - i]
        for i in range(odds, even.shape[1]):
            even[j, i] = field[j, i]


@njit(cache=True, nogil=True)
def unfold_rows(even: Array, odd: Array, out: Array) -> None:
    """Join what `fold_rows` has split and a transform has halved."""
    n, odds = out.shape[1], odd.shape[1]
    for j in range(out.shape[0]):
        for i in range(odds):
            out[j, i] = even[j, i] + odd[j, i]
            out[j, n - 1 - i] = even[j, i] - odd[j, i]
        for i in range(odds, even.shape[1]):
            out[j, i] = even[j, i]


@njit(cache=True, nogil=True)
def fold_columns(field: Array, even: Array, odd: Array) -> None:
    """`fold_rows` for columns, (n, m) into (⌈n/2⌉, m) and (⌊n/2⌋, m)."""
    n, odds = field.shape[0], odd.shape[0]
    for j in range(odds):
        for i in range(field.shape[1]):
            even[j, i] = field[j, i] + field[n - 1 - j, i]
            odd[j, i] = field[j, i] - field[n - 1 - j, i]
    for j in range(odds, even.shape[0]):
        for i in range(field.shape[1]):
            even[j, i] = field[j, i]


@njit(cache=True, nogil=True)
def unfold_columns(even: Array, odd: Array, out: Array) -> None:
    """Join what `fold_columns` has split and a transform has halved."""
    n, odds = out.shape[0], odd.shape[0]
    for j in range(odds):
        for i in range(out.shape[1]):
            out[j, i] = even[j, i] + odd[j, i]
            out[n - 1 - j, i] = even[j, i] - odd[j, i]
    for j in range(odds, even.shape[0]):
        for i in range(out.shape[1]):
            out[j, i] = even[j, i]


@njit(cache=True, nogil=True)
def solve_modes(plan: Poisson, modes: Array) -> None:
    """Solve the tridiagonal systems of all modes in place; the constant mode, where there is one, is the first even one."""
    even, odd = split(plan, modes)
    if plan.singular:
        centre(even[:, 0])
    march_lines(even, plan.even_pivots)
    march_lines(odd, plan.odd_pivots)
    if plan.even_ring.size > 0:
        close_lines(even, plan.even_ring)
        close_lines(odd, plan.odd_ring)
    if plan.singular:
        centre(even[:, 0])


@njit(cache=True, nogil=True)
def march_lines(x: Array, pivots: Array) -> None:
    """Thomas' algorithm in place for lines −x[j−1] + b x[j] − x[j+1] of all columns."""
    m, n = x.shape
    for j in range(1, m):
        for i in range(n):
            x[j, i] += pivots[j - 1, i] * x[j - 1, i]
    for i in range(n):
        x[m - 1, i] *= pivots[m - 1, i]
    for j in range(m - 2, -1, -1):
        for i in range(n):
            x[j, i] = (x[j, i] + x[j + 1, i]) * pivots[j, i]


@njit(cache=True, nogil=True)
def close_lines(x: Array, ring: Array) -> None:
    """Join the ends of lines that were solved as insulated."""
    m, n = x.shape
    jump = x[0] - x[m - 1]
    for j in range(m):
        for i in range(n):
            x[j, i] -= ring[j, i] * jump[i]


@njit(cache=True, nogil=True)
def centre(x: Array) -> None:
    """Subtract the mean."""
    mean = x.dtype.type(x.sum() / x.size)
    for j in range(x.size):
        x[j] -= mean
