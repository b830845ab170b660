"""Generated fields beside held-out ones, and how their variance is spread over patterns."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure

from ..data.scenario import Array, Variable
from .figure_style import Draw, Theme, colour, label_decades, percent_tick
from .figures_samples import colorbar, plain, show
from .virtual import COPIES, VirtualComparison

ROWS, COLUMNS = 5, 6
SHOWN_SHARE = 0.5  # per cent of the cells beyond either end of the colour range


def virtual_figures(virtual: VirtualComparison) -> dict[str, Draw]:
    """What draws each figure, by file name without ending."""
    fields = {f"virtual_{name}": partial(field_panels, virtual, name) for name in virtual.models}
    return {**fields, "virtual_eofs": partial(eof_spectrum, virtual)}


def field_panels(virtual: VirtualComparison, name: str, theme: Theme) -> Figure:
    """The first fields that a network draws, and as many held-out ones by chance, in one colour range."""
    true = virtual.held_out.values[np.random.default_rng(0).permutation(len(virtual.held_out.values))[: ROWS * COLUMNS]]
    low, high = np.percentile(true, [SHOWN_SHARE, 100 - SHOWN_SHARE])
    figure = Figure(figsize=(9.2, 4.2), layout="constrained")
    grid = figure.subplots(1, 2)
    for axes, fields, title in zip(grid, (virtual.generated[name], true), (f"{name}, drawn from noise", "held out"), strict=True):
        shown = show(axes, _sheet(fields, _upright(virtual)), theme, "inferno", vmin=low, vmax=high)
        axes.set_title(f"{plain(virtual.held_out.target.name)}: {title}")
    target = virtual.held_out.target
    colorbar(figure, list(grid), shown, Variable(target.name, target.units, target.long_name))
    return figure


def eof_spectrum(virtual: VirtualComparison, theme: Theme) -> Figure:
    """Share of the variance per empirical orthogonal function."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    axes = figure.subplots()
    lines = {"held out": virtual.truth["eof_shares"]} | {
        name: entry["eof_shares"] for name, entry in virtual.record.items() if name != COPIES
    }
    for name, shares in lines.items():
        style = {"color": theme.ink, "lw": 3, "alpha": 0.35} if name == "held out" else {"color": colour(name), "marker": "."}
        axes.plot(np.arange(1, len(shares) + 1), shares, label=name, **style)
    axes.set_yscale("log")
    axes.set_ylim(bottom=max(1e-5, min(map(min, lines.values()))))
    label_decades(axes.yaxis, percent_tick)
    axes.set_xlabel("number of the EOF")
    axes.set_ylabel("share of the variance")
    axes.grid(True, which="major")
    axes.legend()
    return figure


def _upright(virtual: VirtualComparison) -> bool:
    """Whether the first row of a field is its lowest."""
    heights = virtual.held_out.coords[virtual.held_out.dims[0]].values
    return bool(heights[0] < heights[-1])


def _sheet(fields: Array, upright: bool) -> Array:
    """Fields side by side on one sheet, the first at the top left, with gaps between them."""
    ny, nx = fields.shape[1:]
    sheet = np.full((ROWS * (ny + 1) - 1, COLUMNS * (nx + 1) - 1), np.nan)
    for k, field in enumerate(fields[: ROWS * COLUMNS]):
        row, column = ROWS - 1 - k // COLUMNS, k % COLUMNS
        sheet[row * (ny + 1) :, column * (nx + 1) :][:ny, :nx] = field if upright else field[::-1]
    return sheet
