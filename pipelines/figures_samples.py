"""Fields side by side: conditions, truth, prediction and error of the best, median and worst test sample."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ..data.scenario import Variable
from .figure_style import Theme
from .figures_sides import Prescribed, fill_holes, frame, hatch, leave_room, masked, prescribed
from .figures_views import View, views
from .result import Comparison
from .wording import percent, unit

SHOWN_CONDITIONS = 3
WIDE, NARROW = 2.35, 1.9  # inches per panel with a colour bar of its own, and with one for the row
SHOWN_ERRORS = 5
DECADES = 1e4  # from the largest error shown to the smallest
SHOWN_SHARE = 99.5  # per cent of the cells within the colour range of the error


def ranked_rows(comparison: Comparison) -> dict[str, int]:
    """The best, median and worst test sample of the headline surrogate."""
    order = np.argsort(comparison.errors(comparison.headline))
    return {"best": int(order[0]), "median": int(order[len(order) // 2]), "worst": int(order[-1])}


def shown_lines(comparison: Comparison, target: Variable) -> list[tuple[str, int, View]]:
    """Rank, sample and field of each row of panels: all views of the median sample, one of the best and the worst."""
    known = views(target)
    ranked = ranked_rows(comparison).items()
    return [(rank, row, view) for rank, row in ranked for view in (known if rank == "median" else known[-1:])]


def sample_panels(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Conditions, truth, prediction and error of three samples; truth and prediction share a range."""
    label = comparison.headline
    conditions = shown_conditions(comparison)
    columns = len(conditions) + 3
    lines = shown_lines(comparison, target)
    figure, grid = panels(len(lines), columns, WIDE, comparison.problems.weights.shape[1:])
    for line, (rank, row, view) in zip(grid, lines, strict=True):
        for axes, condition in zip(line, conditions, strict=False):
            draw_condition(figure, axes, comparison, condition, row, theme)
        draw_prediction(figure, line[len(conditions) :], comparison, label, target, view, row, theme)
        for axes in line:
            hatch(axes, comparison.problems.outside(row), theme)
            leave_room(axes, comparison.problems.weights[row].shape)
        line[0].set_ylabel(f"{view.titled(rank)}\nvrmse {percent(comparison.errors(label)[row])}")
    titles = [plain(v.name) for v in conditions] + [f"truth: {plain(target.name)}", label, f"{label} − truth"]
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    return figure


def shown_conditions(comparison: Comparison) -> list[Variable]:
    """Conditions that fill the domain; those of sides and holes are drawn with the target."""
    scenario = comparison.problems.scenario
    drawn_with_target = {scenario.hole, *(v.where for v in scenario.inputs)}
    filling = [v for v in scenario.inputs if not (v.scalar or v.where or v.name in drawn_with_target)]
    return filling[:SHOWN_CONDITIONS]


def draw_condition(figure: Figure, axes: Axes, comparison: Comparison, condition: Variable, row: int, theme: Theme) -> None:
    """A condition in its own colours; one that is given along the sides alone as a frame around nothing."""
    values = views(condition)[-1].of(comparison.problems.conditions[condition.name][row])
    field, along = masked(comparison, values, row), Prescribed(values, (values != 0).astype(float))
    framed = along_sides(comparison, condition)
    limits = {"vmin": field.min(), "vmax": field.max()} | colouring(comparison, condition, field)
    shown = show(axes, np.ma.masked_where(np.full(values.shape, framed), field), theme, **limits)
    colorbar(figure, axes, shown, condition)
    if framed and along.support.any():
        frame(axes, [along], shown)


def along_sides(comparison: Comparison, condition: Variable) -> bool:
    """Whether a condition is zero inside the domain in all samples."""
    return not comparison.problems.conditions[condition.name][..., 1:-1, 1:-1].any()


def colouring(comparison: Comparison, condition: Variable, field: Any) -> dict[str, Any]:
    """Colour map and range of a condition; zero is in the middle where one that counts from it has both signs."""
    everywhere = comparison.problems.conditions[condition.name]
    counts_from_zero = condition.linearity == "linear" or along_sides(comparison, condition)
    if not counts_from_zero or everywhere.min() >= 0:
        return {"name": "cividis"}
    limit = float(np.abs(field).max()) or float(np.abs(everywhere).max())
    return {"name": "PuOr_r", "vmin": -limit, "vmax": limit}


def draw_prediction(
    figure: Figure,
    axes: Sequence[Axes],
    comparison: Comparison,
    label: str,
    target: Variable,
    view: View,
    row: int,
    theme: Theme,
) -> None:
    truth = masked(comparison, view.of(comparison.problems.truth[target.name][row]), row)
    prediction = masked(comparison, view.of(comparison.predictions[label][target.name][row]), row)
    given, hole = prescribed(comparison, target, row), comparison.problems.outside(row)
    low, high = min(truth.min(), prediction.min()), max(truth.max(), prediction.max())
    for panel, field in zip(axes, (truth, prediction), strict=False):
        shown = show(panel, field, theme, "inferno", vmin=low, vmax=high)
        colorbar(figure, panel, shown, target)
        if given:
            frame(panel, given, shown)
            fill_holes(panel, given, hole, shown)
    limit = float(np.percentile(np.abs(prediction - truth).compressed(), SHOWN_SHARE)) or 1.0
    colorbar(figure, axes[2], show(axes[2], prediction - truth, theme, "RdBu_r", vmin=-limit, vmax=limit), target)


def error_panels(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Size of the error of several methods for the same samples, one logarithmic range per sample."""
    labels = leaders(comparison)
    lines = shown_lines(comparison, target)
    figure, grid = panels(len(lines), len(labels), NARROW, comparison.problems.weights.shape[1:])
    for line, (rank, row, view) in zip(grid, lines, strict=True):
        truth = masked(comparison, view.of(comparison.problems.truth[target.name][row]), row)
        predicted = [view.of(comparison.predictions[n][target.name][row]) for n in labels]
        errors = [np.abs(masked(comparison, field, row) - truth) for field in predicted]
        limit = max(float(e.max()) for e in errors) or 1.0
        for axes, label, error in zip(line, labels, errors, strict=True):
            norm = LogNorm(limit / DECADES, limit, clip=True)
            shown = show(axes, error, theme, "magma", norm=norm)
            axes.set_xlabel(f"vrmse {percent(comparison.errors(label)[row])}", fontsize=8.5)
        colorbar(figure, list(line), shown, target)
        line[0].set_ylabel(view.titled(rank))
    for axes, label in zip(grid[0], labels, strict=True):
        axes.set_title(f"|{label} − truth|")
    return figure


def leaders(comparison: Comparison) -> list[str]:
    """The headline surrogate, then the others by their error."""
    others = [n for n in comparison.labels("surrogate", "baseline") if n != comparison.headline]
    others.sort(key=lambda n: float(comparison.errors(n).mean()))
    return [comparison.headline, *others][:SHOWN_ERRORS]


def panels(rows: int, columns: int, width: float, shape: tuple[int, ...]) -> tuple[Figure, Any]:
    """A grid of panels for fields of a shape (ny, nx)."""
    ny, nx = shape
    size = (width * columns, (0.35 + 1.7 * min(1.0, ny / nx)) * rows)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05, compress=True))
    return figure, figure.subplots(rows, columns, squeeze=False)


def show(axes: Axes, field: Any, theme: Theme, name: str, **limits: Any) -> AxesImage:
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    palette: Colormap = colormaps[name].with_extremes(bad=theme.grid)
    return axes.imshow(field, origin="lower", cmap=palette, interpolation="nearest", **limits)


def colorbar(figure: Figure, axes: Axes | list[Axes], shown: AxesImage, variable: Variable) -> None:
    bar = figure.colorbar(shown, ax=axes, fraction=0.046 if isinstance(axes, Axes) else 0.01, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, length=2)
    if bar.ax.yaxis.get_scale() == "linear":
        bar.ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 6))
    if variable.units not in ("", "1"):
        bar.ax.set_title(unit(variable.units), fontsize=7.5, loc="left", pad=4)


def plain(name: str) -> str:
    """A variable's name as words."""
    return name.replace("_", " ")
