"""The figure that decides: cost against error, the solver's ladder and its envelope beside every surrogate."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from .figure_style import SOLVER_STYLES, Theme, colour, marker
from .result import Comparison
from .speedup import envelope, mean_interval

DRAWS = 500


def cost_against_error(comparison: Comparison, theme: Theme) -> Figure:
    """Seconds per sample at batch 1 against mean vrmse, with 95 % intervals and interquartile ranges."""
    figure = Figure(figsize=(8.6, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    draw_envelope(axes, comparison, theme)
    draw_ladder(axes, comparison, theme)
    for label in comparison.labels("surrogate", "baseline"):
        draw_surrogate(axes, comparison, label)
    draw_truth(axes, comparison, theme)
    draw_arrows(axes, comparison, theme)
    axes.set_xlabel("error: vrmse, mean over test samples (1 = predicting the sample's mean)")
    axes.set_ylabel("time per sample, batch 1, one thread")
    axes.xaxis.set_major_formatter(FuncFormatter(percent))
    axes.yaxis.set_major_formatter(FuncFormatter(duration))
    axes.grid(True, which="major")
    axes.legend(loc="upper right", ncols=2, handletextpad=0.5, columnspacing=1.2)
    return figure


def percent(value: float, position: int | None = None) -> str:
    """A share as per cent, for people."""
    return f"{100 * value:.3g} %"


def duration(seconds: float, position: int | None = None) -> str:
    """Seconds in the unit that suits them."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def point(comparison: Comparison, label: str) -> tuple[float, float]:
    """Mean vrmse and median seconds of a method."""
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
    for scheme, (symbol, line) in zip(schemes, SOLVER_STYLES, strict=False):
        mine = [label for label in labels if comparison.methods[label].scheme == scheme]
        points = np.array([point(comparison, label) for label in mine])
        shade = theme.ink if scheme == schemes[0] else theme.muted
        name = f"solver, {scheme}" if scheme else "solver"
        axes.plot(*points.T, symbol + line, color=shade, ms=5, lw=1.2, label=name, zorder=3)
        for label in mine:
            axes.errorbar(*point(comparison, label), **error_bars(comparison, label), color=shade, lw=0.9, zorder=2)
        if scheme == schemes[0]:
            annotate_rungs(axes, comparison, mine, points, theme)


def annotate_rungs(axes: Axes, comparison: Comparison, labels: list[str], points: np.ndarray, theme: Theme) -> None:
    for label, (error, seconds) in zip(labels, points, strict=True):
        text = f"{comparison.methods[label].resolution}²"
        place = {"xytext": (-5, -5), "textcoords": "offset points", "ha": "right", "va": "top"}
        axes.annotate(text, (error, seconds), fontsize=8.5, color=theme.muted, **place)


def draw_surrogate(axes: Axes, comparison: Comparison, label: str) -> None:
    error, seconds = point(comparison, label)
    size = 17 if label == comparison.headline else 8
    axes.errorbar(error, seconds, **error_bars(comparison, label), color=colour(label), lw=1.0, zorder=4)
    style = {"ms": size, "mec": axes.get_facecolor(), "mew": 0.8, "ls": "none"}
    axes.plot(error, seconds, marker(label), color=colour(label), label=label, zorder=5, **style)


def draw_truth(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    error = comparison.record["truth"]["estimated_vrmse"]
    if error and error > 0:
        axes.axvline(error, color=theme.muted, lw=1, ls=(0, (1, 3)), zorder=0)
        place = {"xytext": (4, 6), "textcoords": "offset points", "rotation": 90, "va": "bottom"}
        axes.annotate(
            "error of the truth itself", (error, 0), xycoords=("data", "axes fraction"), fontsize=8, color=theme.muted, **place
        )


def draw_arrows(axes: Axes, comparison: Comparison, theme: Theme) -> None:
    """From the headline surrogate to the envelope, at equal error (upright) and at equal time (level)."""
    error, seconds = point(comparison, comparison.headline)
    numbers = comparison.entry(comparison.headline).get("speedup")
    if not numbers:
        return
    rival = numbers["equal_error"] * seconds
    rival_error = numbers["error_ratio_equal_time"] * error
    tint = colour(comparison.headline)
    arrow = {"arrowstyle": "->", "color": tint, "lw": 1.4, "shrinkA": 7, "shrinkB": 2}
    for end, text, shift, side in (
        ((error, rival), f"{factor(numbers['equal_error'])}\nat equal error", (7, 0), "left"),
        ((rival_error, seconds), f"error ratio {numbers['error_ratio_equal_time']:.2g}\nat equal time", (0, 9), "center"),
    ):
        axes.annotate("", end, (error, seconds), arrowprops=arrow, zorder=4)
        middle = (np.sqrt(end[0] * error), np.sqrt(end[1] * seconds))
        place = {"xytext": shift, "textcoords": "offset points", "ha": side, "va": "center" if side == "left" else "bottom"}
        axes.annotate(text, middle, fontsize=8.5, color=tint, **place)


def factor(speedup: float) -> str:
    """A speedup as people say it."""
    return f"{speedup:.3g}× faster" if speedup >= 1 else f"{1 / speedup:.3g}× slower"
