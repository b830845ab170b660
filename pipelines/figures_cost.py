"""The figure that decides: cost against error, the solver's ladder and envelope beside every surrogate."""

from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .figure_style import SOLVER_STYLES, Theme, colour, duration_tick, label_decades, marker, percent_tick
from .result import Comparison
from .speedup import envelope, mean_interval
from .wording import digits, grid

DRAWS = 500
LEGEND_COLUMNS = 5

Point = tuple[float, float]
Side = tuple[Point, str, str]  # where words stand: offset [points], and which end of them, across and upright
LEFT: Side = ((-8, 0), "right", "center")
RIGHT: Side = ((8, 0), "left", "center")
BELOW: Side = ((0, -9), "center", "top")
ABOVE: Side = ((0, 9), "center", "bottom")


def cost_against_error(comparison: Comparison, theme: Theme) -> Figure:
    """Seconds per sample at batch 1 against mean error, with 95 % intervals and interquartile ranges."""
    figure = Figure(figsize=(8.6, 5.8), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    draw_envelope(axes, comparison, theme)
    draw_ladder(axes, comparison, theme)
    for label in comparison.labels("surrogate", "baseline"):
        draw_surrogate(axes, comparison, label)
    draw_truth(axes, comparison, theme)
    draw_arrows(axes, comparison, theme)
    meaning = " (100 % = predicting each sample's mean)" if comparison.measure == "vrmse" else ""
    axes.set_xlabel(f"error: {comparison.measure}, mean over test samples{meaning}")
    axes.set_ylabel("time per sample, batch 1, one thread")
    label_decades(axes.xaxis, percent_tick)
    label_decades(axes.yaxis, duration_tick)
    axes.grid(True, which="major")
    figure.legend(loc="outside lower center", ncols=LEGEND_COLUMNS, handletextpad=0.5, columnspacing=1.6)
    return figure


def point(comparison: Comparison, label: str) -> tuple[float, float]:
    """Mean error and median seconds of a method."""
    return float(comparison.errors(label).mean()), float(np.median(comparison.seconds[label].batch_1))


def error_bars(comparison: Comparison, label: str) -> dict[str, Any]:
    """95 % interval of the error and quartiles of the time, as matplotlib takes them."""
    error, seconds = point(comparison, label)
    low, high = mean_interval(comparison.errors(label), DRAWS)
    q25, q75 = np.percentile(comparison.seconds[label].batch_1, [25, 75])
    return {
        "xerr": [[max(error - low, 0)], [max(high - error, 0)]],
        "yerr": [[max(seconds - q25, 0)], [max(q75 - seconds, 0)]],
    }


def draw_envelope(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    points = np.array([point(comparison, label) for label in comparison.labels("solver")])
    best = envelope(points[:, 0], points[:, 1])
    axes.plot(best.errors, best.seconds, color=theme.ink, lw=6, alpha=0.13, solid_capstyle="round", zorder=1)


def draw_ladder(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    labels = comparison.labels("solver")
    schemes = list(dict.fromkeys(comparison.methods[label].scheme for label in labels))
    largest = max(comparison.methods[label].members for label in labels)
    for scheme, (symbol, line) in zip(schemes, cycle(SOLVER_STYLES), strict=False):
        mine = [label for label in labels if comparison.methods[label].scheme == scheme]
        points = np.array([point(comparison, label) for label in mine])
        shade = theme.ink if scheme == schemes[0] else theme.muted
        name = f"solver, {scheme}" if scheme else "solver"
        axes.plot(*points.T, symbol + line, color=shade, ms=5, lw=1.2, label=name, zorder=3)
        for label in mine:
            if comparison.methods[label].members in (0, largest):  # those of smaller ensembles would hide all else
                axes.errorbar(*point(comparison, label), **error_bars(comparison, label), color=shade, lw=0.9, zorder=2)
        if scheme == schemes[0]:
            annotate_rungs(axes, comparison, mine, points, theme)


def annotate_rungs(axes: Axes, comparison: Comparison, labels: list[str], points: np.ndarray, theme: Theme) -> None:
    above = bool(comparison.methods[labels[0]].members)  # cheaper ensembles stand to the lower left
    side, across, upright = ((6, 4), "left", "bottom") if above else ((-5, -5), "right", "top")
    for label, (error, seconds) in zip(labels, points, strict=True):
        text = grid(int(comparison.methods[label].resolution or 0), comparison.record.get("width", 1))
        place: Any = {"xytext": side, "textcoords": "offset points", "ha": across, "va": upright}
        axes.annotate(text, (error, seconds), fontsize=8.5, color=theme.muted, bbox=backing(axes), zorder=2.5, **place)


def draw_surrogate(axes: Axes, comparison: Comparison, label: str) -> None:
    error, seconds = point(comparison, label)
    size = 17 if label == comparison.headline else 8
    axes.errorbar(error, seconds, **error_bars(comparison, label), color=colour(label), lw=1.0, zorder=4)
    style: Any = {"ms": size, "mec": axes.get_facecolor(), "mew": 0.8, "ls": "none"}
    axes.plot(error, seconds, marker(label), color=colour(label), label=label, zorder=5, **style)


def draw_truth(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    error = comparison.record["truth"]["estimated_vrmse"]
    if error and error > 0:
        axes.axvline(error, color=theme.muted, lw=1, ls=(0, (1, 3)), zorder=0)
        place: Any = {"xytext": (4, 6), "textcoords": "offset points", "rotation": 90, "va": "bottom"}
        axes.annotate(
            "error of the truth itself",
            (error, 0),
            xycoords=("data", "axes fraction"),
            fontsize=8,
            color=theme.muted,
            **place,
        )


def draw_arrows(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    """From the headline surrogate to the solver, at equal error and at equal time."""
    start, tint = point(comparison, comparison.headline), colour(comparison.headline)
    upright, level = rivals(comparison)
    eastwards = level[0][0] > start[0]  # at equal time the solver's curve is above the arrow then, and below it else
    draw_arrow(axes, start, *upright, LEFT if eastwards else RIGHT, tint)
    if level[0] != upright[0]:
        draw_arrow(axes, start, *level, BELOW if eastwards else ABOVE, tint)


def rivals(comparison: Comparison) -> tuple[tuple[Point, str], tuple[Point, str]]:
    """Where the solver of equal error and that of equal time stand, with words; a rung of the ladder beyond its ends."""
    error, seconds = point(comparison, comparison.headline)
    numbers, rungs = comparison.entry(comparison.headline)["speedup"], comparison.record["envelope"]
    coarsest, finest = ((rung["error"], rung["seconds"]) for rung in (rungs[0], rungs[-1]))
    rival, rival_error = numbers["equal_error"] * seconds, numbers["error_ratio_equal_time"] * error
    upright: dict[str, tuple[Point, str]] = {
        "exact": ((error, rival), "at equal error"),
        "upper": (coarsest, "at less error"),
        "lower": (finest, "at more error"),
    }
    level: dict[str, tuple[Point, str]] = {
        "exact": ((rival_error, seconds), "at equal time"),
        "upper": (finest, "in less time"),
        "lower": (coarsest, "in more time"),
    }
    faster = times(1 / numbers["equal_error"], "faster", "slower")
    exacter = times(rival_error / error, "less exact", "more exact")
    (end, where), (level_end, when) = upright[numbers["bound"]], level[numbers["error_ratio_bound"]]
    return (end, f"solver {faster}\n{where}"), (level_end, f"solver {exacter}\n{when}")


def draw_arrow(axes: Axes, start: Point, end: Point, text: str, side: Side, tint: str) -> None:
    """An arrow with its text beside the middle."""
    shift, across, upright = side
    axes.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "->", "color": tint, "lw": 1.4, "shrinkA": 7, "shrinkB": 2},
        zorder=4,
    )
    middle = (np.sqrt(end[0] * start[0]), np.sqrt(end[1] * start[1]))
    place: Any = {"xytext": shift, "textcoords": "offset points", "ha": across, "va": upright}
    axes.annotate(text, middle, fontsize=8.5, color=tint, bbox=backing(axes), zorder=2.5, **place)


def backing(axes: Axes) -> dict[str, Any]:
    """A box behind a text, so that lines do not cross it."""
    return {"facecolor": axes.get_facecolor(), "edgecolor": "none", "alpha": 0.7, "pad": 1.0}


def times(ratio: float, above: str, below: str) -> str:
    """A ratio in words, always above one."""
    return f"{digits(max(ratio, 1 / ratio))}× {above if ratio > 1 else below}"
