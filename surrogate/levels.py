"""The grids of a network on the globe: every level has whole cells around it, so that longitude stays periodic.

A level halves the one before; where that is odd, it takes a third: 36×72 cells make 18×36, 9×18, 3×9 and 1×3.
"""

from dataclasses import dataclass
from itertools import count

from ..solvers.errors import UsageError


@dataclass(frozen=True)
class Levels:
    """How a latitude-longitude grid is coarsened.

    Attributes:
        beyond: rows added beyond the south and the north pole.
        strides: (rows, columns) from each level to the next, the first from the grid itself.
    """

    beyond: tuple[int, int]
    strides: tuple[tuple[int, int], ...]


def globe_levels(shape: tuple[int, int], levels: int) -> Levels:
    """The levels of a grid: rows are added until they divide, columns have to by themselves.

    Raises:
        UsageError: if the longitudes do not; names numbers of levels that would do.
    """
    nlat, nlon = shape
    columns = _divisors(nlon, levels)
    if columns is None:
        fit = next((n for n in range(levels - 1, 0, -1) if _divisors(nlon, n)), 0)
        remedy = f"{fit} widths, or " if fit else ""
        raise UsageError(
            f"model.widths has {levels} levels, too many to halve {nlon} longitudes (thirds will do after the first); "
            f"use {remedy}a multiple of {2**levels} longitudes"
        )
    added, rows = next((n, found) for n in count() if (found := _divisors(nlat + n, levels)))
    return Levels((added // 2, added - added // 2), tuple(zip(rows, columns, strict=True)))


def _divisors(size: int, levels: int) -> tuple[int, ...] | None:
    """By what each level divides the cells of an axis: 2 first, then 2, 3, or 1 where a single cell is left."""
    found: list[int] = []
    for level in range(levels):
        fitting = [d for d in ((2, 3) if level else (2,)) if size % d == 0]
        if not fitting and size > 1:
            return None
        found.append(fitting[0] if fitting else 1)
        size //= found[-1]
    return tuple(found)
