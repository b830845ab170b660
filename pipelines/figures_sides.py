"""What is prescribed on the sides and in the holes of a domain, drawn around and into a field.

A condition with `where`, in the unit of the target, holds values wherever that support is not zero. One whose
support lies along the sides becomes a frame: its colour is the value, its width the support, so that a held side has
the full width, a weakly coupled one less, and an insulated one none. Any other fills the holes that it covers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from ..data.scenario import Array, Variable
from .figure_style import Theme
from .result import Comparison

GAP, WIDTH = 0.02, 0.06  # of the frame, as shares of the field
STEPS = 12  # in which the width of the frame grows
INSIDE = 0.5  # cells with less of the domain are left blank

SIDES: dict[str, tuple[Any, Any]] = {
    "west": (slice(None), 0),
    "east": (slice(None), -1),
    "south": (0, slice(None)),
    "north": (-1, slice(None)),
}


@dataclass(frozen=True)
class Prescribed:
    """Values and support of one condition of a sample, (ny, nx) each."""

    values: Array
    support: Array

    @property
    def along_sides(self) -> bool:
        """Whether it reaches the sides alone."""
        return not self.support[1:-1, 1:-1].any()


def prescribed(comparison: Comparison, target: Variable, row: int) -> list[Prescribed]:
    """What a sample prescribes of the target."""
    fields = comparison.problems.conditions
    chosen = [v for v in comparison.problems.scenario.inputs if v.where and v.units == target.units and not v.scalar]
    return [Prescribed(fields[v.name][row], fields[v.where][row]) for v in chosen]


def masked(comparison: Comparison, field: Array, row: int) -> Any:
    """The field where the domain is."""
    return np.ma.masked_where(comparison.problems.outside(row), field)


def frame(axes: Axes, given: list[Prescribed], like: AxesImage) -> None:
    """Draw what is prescribed along the sides around a field, in its colours."""
    ny, nx = given[0].values.shape
    for side, values, support in framed(given):
        inner, outer = GAP * max(ny, nx), (GAP + WIDTH) * max(ny, nx)
        strip = np.ma.masked_array(np.tile(values, (STEPS, 1)), np.arange(STEPS)[:, None] >= STEPS * support)
        extent = {
            "west": (-outer, -inner, 0, ny),
            "east": (nx + inner, nx + outer, 0, ny),
            "south": (0, nx, -outer, -inner),
            "north": (0, nx, ny + inner, ny + outer),
        }[side]
        outwards = strip[::-1] if side in ("west", "south") else strip
        image = outwards.T if side in ("west", "east") else outwards
        place = tuple(edge - 0.5 for edge in extent)  # cell centres are whole numbers
        overlay(axes, image, like, extent=place)


def framed(given: list[Prescribed]) -> Iterator[tuple[str, Array, Array]]:
    """Side, values and support along it, of those that reach more of it than its corners."""
    for field in given:
        for side, rim in SIDES.items():
            if field.along_sides and field.support[rim][1:-1].any():
                yield side, field.values[rim], field.support[rim]


def leave_room(axes: Axes, shape: tuple[int, int]) -> None:
    """The same limits with and without a frame."""
    ny, nx = shape
    margin = (2 * GAP + WIDTH) * max(ny, nx) + 0.5
    axes.set(xlim=(-margin, nx - 1 + margin), ylim=(-margin, ny - 1 + margin))


def fill_holes(axes: Axes, given: list[Prescribed], hole: Array, like: AxesImage) -> None:
    """Colour the holes in which a value is prescribed."""
    for field in given:
        if not field.along_sides:
            shown = np.ma.masked_where(~hole | (field.support < INSIDE), field.values)
            overlay(axes, shown, like)


def overlay(axes: Axes, values: Any, like: AxesImage, **place: Any) -> None:
    """Draw values in the colours of another image; what is masked lets through what lies below."""
    palette = like.cmap.with_extremes(bad="none")
    axes.imshow(values, origin="lower", cmap=palette, clim=like.get_clim(), interpolation="nearest", **place)


def hatch(axes: Axes, hole: Array, theme: Theme) -> None:
    """Hatch the cells of holes."""
    if hole.any():
        lines = axes.contourf(hole.astype(float), levels=[0.5, 1.5], colors="none", hatches=["/////"])
        lines.set(edgecolor=theme.muted, linewidth=0)
