"""A century as an animation: the generator's months beside the solver's, as anomalies, year after year."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image, ImageDraw

from ..data.scenario import Array
from .century import MONTHS, Century

ZOOM = 5  # pixels a cell
MARGIN = 18  # pixels above the maps, for words
GAP = 8  # pixels between the maps
MILLISECONDS = 80  # a frame
COLOURS = "RdBu_r"
SHADES = 95
NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def write_animation(century: Century, path: Path) -> None:
    """Write a GIF with one frame a month; white is the planet without weather, full colour three deviations away."""
    calm = np.tile(century.climate, (century.years, 1, 1))
    virtual, solved = century.virtual - calm, century.solved - calm
    largest = 3 * float(solved.std())
    frames = [_frame(a, b, month, largest) for month, (a, b) in enumerate(zip(virtual, solved, strict=True))]
    palette = _palette()
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, optimize=False)


def _frame(virtual: Array, solved: Array, month: int, largest: float) -> Image.Image:
    """Two maps, north above, with words."""
    left, right = (_map(a, largest) for a in (virtual, solved))
    image = Image.new("RGB", (left.width + GAP + right.width, MARGIN + left.height), "white")
    image.paste(left, (0, MARGIN))
    image.paste(right, (left.width + GAP, MARGIN))
    draw = ImageDraw.Draw(image)
    draw.text((2, 3), f"virtual, {NAMES[month % MONTHS]} of year {month // MONTHS + 1}", fill="black")
    draw.text((left.width + GAP + 2, 3), f"solved; white 0, full colour {largest:.1f} K", fill="black")
    return image


def _palette() -> Image.Image:
    """The colours of all frames: those of the maps, and black for words."""
    shades = colormaps[COLOURS](np.linspace(0, 1, SHADES), bytes=True)[:, :3]
    colours = np.concatenate([shades, [[255, 255, 255], [0, 0, 0]]]).astype(np.uint8)
    image = Image.new("P", (1, 1))
    image.putpalette(np.resize(colours, (256, 3)).tobytes())
    return image


def _map(anomalies: Array, largest: float) -> Image.Image:
    colours = colormaps[COLOURS](np.clip(0.5 + anomalies[::-1] / (2 * largest), 0, 1), bytes=True)[..., :3]
    nlat, nlon = anomalies.shape
    return Image.fromarray(np.ascontiguousarray(colours)).resize((nlon * ZOOM, nlat * ZOOM), Image.Resampling.NEAREST)
