"""Figures of ensembles: members side by side, their mean and spread, ranks of the truth, spectra, and members in turn."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

from ..data.scenario import Array, Variable
from ..data.spectra import radial_spectrum
from .figure_style import LIGHT, Theme, colour, dressed
from .figures_samples import NARROW, colorbar, leaders, panels, plain, ranked_rows, show
from .figures_sides import hatch, masked
from .figures_views import views
from .result import HALF, Comparison

SHOWN_MEMBERS = 5
SHOWN_METHODS = 3  # beside the solver
BAND = (10, 90)  # per cent of the members
FRAMES, FRAME_DPI, MILLISECONDS = 16, 80, 500


def shown_ensembles(comparison: Comparison, target: Variable, row: int) -> dict[str, Array]:
    """Members of the solver and of the leading methods for one sample, {name: (members, ny, nx)}, masked outside the domain.

    Of months, the first view.
    """
    view = views(target)[0]
    solver = {"solver": comparison.problems.truth[target.name][row]}
    others = {label: comparison.predictions[label][target.name][row] for label in leaders(comparison)[:SHOWN_METHODS]}
    ensembles = {**solver, **others}.items()
    return {name: np.ma.stack([masked(comparison, view.of(a), row) for a in members]) for name, members in ensembles}


def member_panels(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Members of the solver and of other methods for the median sample, all in one range."""
    row = ranked_rows(comparison)["median"]
    shown = shown_ensembles(comparison, target, row)
    columns = min(SHOWN_MEMBERS, *(len(members) for members in shown.values()))
    figure, grid = panels(len(shown), columns, NARROW, comparison.problems.weights.shape[1:])
    limits = common_range(shown["solver"])
    for line, (name, members) in zip(grid, shown.items(), strict=True):
        for axes, member in zip(line, members, strict=False):
            image = show(axes, member, theme, "RdBu_r", **limits)
            hatch(axes, comparison.problems.outside(row), theme)
        line[0].set_ylabel(name.replace("-", "-\n"))  # long names are taller than a row
        colorbar(figure, list(line), image, target)
    for k, axes in enumerate(grid[0]):
        axes.set_title(f"member {k + 1}")
    return figure


def spread_panels(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Mean and standard deviation of the members for the median sample, one range for each."""
    row = ranked_rows(comparison)["median"]
    shown = shown_ensembles(comparison, target, row)
    figure, grid = panels(2, len(shown), NARROW, comparison.problems.weights.shape[1:])
    deviations = {name: members.std(axis=0, ddof=1) for name, members in shown.items()}
    mean_range = common_range(np.ma.stack([members.mean(axis=0) for members in shown.values()]))
    widest = float(np.max(deviations["solver"])) or 1.0
    for column, (name, members) in zip(grid.T, shown.items(), strict=True):
        above = show(column[0], members.mean(axis=0), theme, "RdBu_r", **mean_range)
        below = show(column[1], deviations[name], theme, "inferno", vmin=0, vmax=widest)
        column[0].set_title(name)
        for axes in column:
            hatch(axes, comparison.problems.outside(row), theme)
    for line, image, label in zip(grid, (above, below), ("mean", "deviation"), strict=True):
        line[0].set_ylabel(label)
        colorbar(figure, list(line), image, target)
    return figure


def rank_histograms(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """How often the truth has which rank among the members; flat is calibrated, a bowl has too little spread."""
    known = comparison.record["rank_histograms"]
    labels = [HALF, *(label for label in leaders(comparison) if np.ptp(known[label][target.name]) < 1)]
    figure = Figure(figsize=(8.6, 1.15 * len(labels) + 0.8), layout="constrained")
    for axes, label in zip(figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0], labels, strict=True):
        shares = np.array(known[label][target.name])
        axes.bar(np.arange(len(shares)), shares * len(shares), color=theme.muted if label == HALF else colour(label), width=0.9)
        axes.axhline(1, color=theme.ink, lw=0.8, ls=":")
        axes.set_ylabel(label, rotation=0, ha="right", va="center")
    axes.set_xlabel("rank of the truth among the members (bars: share over that of a calibrated ensemble)")
    return figure


def member_spectra(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Energy per wavenumber of single members: mean over all, and the band that holds most members of the median sample."""
    figure = Figure(figsize=(8.6, 4.2), layout="constrained")
    axes, edges = figure.subplots(), comparison.problems.edges
    fields = {"solver": comparison.problems.truth[target.name]}
    fields |= {label: comparison.predictions[label][target.name] for label in leaders(comparison)[:SHOWN_METHODS]}
    row = ranked_rows(comparison)["median"]
    for name, ensemble in fields.items():
        shade = theme.ink if name == "solver" else colour(name)
        energy = radial_spectrum(np.asarray(ensemble, dtype=np.float64), edges)[..., 1:]
        waves = np.arange(1, energy.shape[-1] + 1)
        own = energy[row].reshape(-1, energy.shape[-1])
        axes.fill_between(waves, *np.percentile(own, BAND, axis=0), color=shade, alpha=0.12, lw=0)
        axes.loglog(waves, energy.reshape(-1, energy.shape[-1]).mean(axis=0), color=shade, label=name)
    axes.set_xlabel("wavenumber k")
    axes.set_title(f"{plain(target.name)}: energy of members (bands: {BAND[0]} to {BAND[1]} % of those of one sample)")
    axes.grid(True, which="major")
    axes.legend()
    return figure


def common_range(fields: Array) -> dict[str, Any]:
    """Limits of the colours: symmetric about zero where fields have both signs."""
    low, high = float(np.min(fields)), float(np.max(fields))
    limit = max(-low, high) or 1.0
    return {"vmin": -limit, "vmax": limit} if low < 0 < high else {"vmin": low, "vmax": high}


def animation(comparison: Comparison, target: Variable) -> bytes:
    """Members of the solver and of the headline surrogate for the median sample, one after the other; a GIF."""
    shown = shown_ensembles(comparison, target, ranked_rows(comparison)["median"])
    pair = {name: shown[name] for name in ("solver", comparison.headline)}
    frames = min(FRAMES, *(len(members) for members in pair.values()))
    with dressed(LIGHT):
        figure, grid = panels(1, 2, 2 * NARROW, comparison.problems.weights.shape[1:])
        limits = common_range(shown["solver"])
        images = [show(axes, members[0], LIGHT, "RdBu_r", **limits) for axes, members in zip(grid[0], pair.values(), strict=True)]
        for axes, name in zip(grid[0], pair, strict=True):
            axes.set_title(name)

        return as_gif([drawn(figure, images, [members[k] for members in pair.values()]) for k in range(frames)])


def drawn(figure: Figure, images: Sequence[AxesImage], fields: Sequence[Array]) -> Image.Image:
    """The figure with these fields, as a picture."""
    for image, field in zip(images, fields, strict=True):
        image.set_data(field)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=FRAME_DPI)
    return Image.open(buffer).convert("P", palette=Image.Palette.ADAPTIVE)


def as_gif(pictures: Sequence[Image.Image]) -> bytes:
    """An endless animation."""
    buffer = io.BytesIO()
    pictures[0].save(buffer, format="GIF", save_all=True, append_images=pictures[1:], duration=MILLISECONDS, loop=0)
    return buffer.getvalue()
