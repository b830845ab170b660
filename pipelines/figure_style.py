"""How figures look: one quiet style, light and dark, in colours that the colour-blind tell apart."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Okabe & Ito (2008), Color universal design
COLOURS = {
    "cgan": "#D55E00",
    "cgan-nocritic": "#E69F00",
    "cgan-nonoise": "#56B4E9",
    "unet": "#0072B2",
    "unet-residuals": "#009E73",
    "fno": "#56B4E9",
    "pod": "#009E73",
    "nearest": "#CC79A7",
    "mean": "#999999",
    "formula": "#AA3377",
    "lift": "#E69F00",
    "dcgan": "#D55E00",
    "gaussian": "#0072B2",
}
MARKERS = {
    **{"cgan": "*", "cgan-nocritic": "p", "cgan-nonoise": "v"},
    **{"unet": "o", "unet-residuals": "8", "formula": "d", "fno": "h", "pod": "s", "nearest": "D", "mean": "X", "lift": "P"},
}
OTHERS = ("#56B4E9", "#CC79A7", "#009E73", "#E69F00")
SOLVER_STYLES = (("o", "-"), ("^", ":"), ("v", "-."), ("<", "--"), (">", "-"))

DPI = 150
FEW = 100.0  # ratio of an axis' ends


@dataclass(frozen=True)
class Theme:
    """Colours of paper, ink, lesser ink and grid lines."""

    name: str
    paper: str
    ink: str
    muted: str
    grid: str


Draw = Callable[[Theme], Figure]

LIGHT = Theme("light", "#ffffff", "#1b2430", "#5c6773", "#e3e7ec")
DARK = Theme("dark", "#161b22", "#e6e9ee", "#9aa5b1", "#2c343e")


@contextmanager
def dressed(theme: Theme) -> Iterator[None]:
    """Draw in this theme."""
    settings: Any = {
        "figure.facecolor": theme.paper,
        "savefig.facecolor": theme.paper,
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.muted,
        "axes.labelcolor": theme.ink,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.labelsize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.grid": False,
        "grid.color": theme.grid,
        "grid.linewidth": 0.7,
        "text.color": theme.ink,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "font.size": 10,
        "lines.linewidth": 1.6,
        "image.cmap": "viridis",
    }
    with rc_context(settings):
        yield


def colour(label: str) -> str:
    """The colour of a surrogate or baseline."""
    name = label.split("@")[0]
    return COLOURS.get(name) or OTHERS[sum(name.encode()) % len(OTHERS)]


def marker(label: str) -> str:
    """The marker of a surrogate or baseline."""
    return MARKERS.get(label.split("@")[0], "p")


def label_decades(axis: Axis, write: Callable[[float, int], str]) -> None:
    """Ticks of a logarithmic axis: powers of ten, and 2 and 5 between them where it spans few."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > FEW * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(write))
    axis.set_minor_formatter(NullFormatter())


def percent_tick(share: float, position: int) -> str:
    """A share as per cent, without trailing zeros."""
    return f"{100 * share:,.4g} %"


def duration_tick(seconds: float, position: int) -> str:
    """Seconds in the unit that suits them, without trailing zeros."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= 0.999 * scale:
            return f"{seconds / scale:.4g} {unit}"
    return f"{seconds / 1e-6:.4g} µs"


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()
