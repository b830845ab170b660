"""Shapes of a composite plate, by signed distance, so that one problem is drawn alike on every grid.

A shape takes x of shape (1, nx) and y of shape (ny, 1) and gives the signed distance to its edge, (ny, nx), negative inside. It
covers a cell by the share clip(1/2 - d/Δ, 0, 1) with d the distance at its centre and Δ the cell size: exact for a straight edge
along the grid, and within 5 % of the cell for a straight edge in any direction.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

Array = NDArray[np.float64]
Shape = Callable[[Array, Array], Array]
FINE = 6  # cells across the narrowest width when necks are looked for


@dataclass(frozen=True)
class Disc:
    """A disc about (x, y)."""

    x: float
    y: float
    radius: float

    def __call__(self, x: Array, y: Array) -> Array:
        """Signed distance to the edge [m]."""
        return np.asarray(np.hypot(x - self.x, y - self.y) - self.radius)


@dataclass(frozen=True)
class Box:
    """A rectangle about (x, y), turned by `angle` [rad]; a layer is a box longer than the plate."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def __call__(self, x: Array, y: Array) -> Array:
        """Signed distance to the edge [m], by the larger of the two slabs' (exact inside and beside the edges)."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        across = np.abs(c * (x - self.x) + s * (y - self.y)) - self.width / 2
        along = np.abs(c * (y - self.y) - s * (x - self.x)) - self.height / 2
        return np.asarray(np.maximum(across, along))


@dataclass(frozen=True)
class Blob:
    """Where a smooth random field f = Σ a cos(2π(px + qy) + φ) exceeds a threshold; distance f/|∇f| to first order."""

    modes: tuple[tuple[float, float, float, float], ...]  # (a, p, q, φ)
    threshold: float

    def __call__(self, x: Array, y: Array) -> Array:
        """Signed distance to the level line [m], accurate near it."""
        amplitude, p, q, phase = np.array(self.modes).T
        along_x = np.exp(2j * np.pi * p[:, None] * x.ravel())
        along_y = np.exp(2j * np.pi * q[:, None] * y.ravel()) * (amplitude * np.exp(1j * phase))[:, None]
        height = np.real(along_y.T @ along_x) - self.threshold
        slope_x = 2 * np.pi * np.imag((along_y * p[:, None]).T @ along_x)
        slope_y = 2 * np.pi * np.imag((along_y * q[:, None]).T @ along_x)
        gradient = np.hypot(slope_x, slope_y)
        return np.asarray(-height / np.maximum(gradient, 1e-6))


def coverage(shape: Shape, resolution: int) -> Array:
    """Share of every cell of the unit square that the shape covers, (resolution, resolution)."""
    centres = (np.arange(resolution) + 0.5) / resolution
    return np.clip(0.5 - shape(centres[None, :], centres[:, None]) * resolution, 0.0, 1.0)


def is_wide(shape: Shape, width: float) -> bool:
    """Whether neither the shape nor what it leaves of the plate has a piece, a neck or a gap narrower than `width` [m].

    Shrunk by width/2, both keep their pieces, and the rest around them keeps its own: nothing vanishes, falls apart or
    merges. Looked at on cells of width/6, a little beyond the plate on all sides, so that its edge makes no necks.
    """
    step = width / FINE
    centres = np.asarray((np.arange(round((1 + 2 * width) / step)) + 0.5) * step - width, dtype=np.float64)
    inside = shape(centres[None, :], centres[:, None]) < 0
    for part in (inside, ~inside):
        core = distance_transform_edt(part) > FINE / 2
        if not (_one_in_each_piece(core, part) and _one_in_each_piece(~part, ~core)):
            return False
    return True


def _one_in_each_piece(inner: NDArray[np.bool_], outer: NDArray[np.bool_]) -> bool:
    """Whether every piece of `outer` that lies on the plate holds one piece of `inner`, a part of it."""
    pieces, _ = label(outer)
    names, first = np.unique(label(inner)[0], return_index=True)
    owners = pieces.ravel()[first[names > 0]]
    return all(np.count_nonzero(owners == piece) == 1 for piece in np.unique(pieces[FINE:-FINE, FINE:-FINE]) if piece)


def draw_disc(rng: np.random.Generator, narrowest: float) -> Disc:
    x, y = rng.uniform(0.1, 0.9, 2)
    return Disc(x, y, rng.uniform(max(0.06, narrowest / 2), 0.25))


def draw_box(rng: np.random.Generator, narrowest: float) -> Box:
    x, y = rng.uniform(0.1, 0.9, 2)
    width, height = rng.uniform(max(0.1, narrowest), 0.5, 2)
    return Box(x, y, width, height, rng.choice([0.0, rng.uniform(0, np.pi / 2)]))


def draw_layer(rng: np.random.Generator, narrowest: float) -> Box:
    x, y = rng.uniform(0.15, 0.85, 2)
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
    return Box(x, y, rng.uniform(max(0.06, narrowest), 0.3), 4.0, angle)


def draw_blob(rng: np.random.Generator, narrowest: float) -> Blob:
    """Six waves, the shortest of them four times as long as the narrowest inclusion, drawn anew until there are no necks."""
    blob = _draw_waves(rng, narrowest)
    while not is_wide(blob, narrowest):
        blob = _draw_waves(rng, narrowest)
    return blob


def _draw_waves(rng: np.random.Generator, narrowest: float) -> Blob:
    shortest = max(0.35, 4 * narrowest)
    waves = 1 / rng.uniform(shortest, 1.5, 6)
    directions = rng.uniform(0, 2 * np.pi, 6)
    phases = rng.uniform(0, 2 * np.pi, 6)
    modes = np.stack([rng.uniform(0.5, 1.0, 6), waves * np.cos(directions), waves * np.sin(directions), phases], axis=1)
    return Blob(tuple(map(tuple, modes.tolist())), rng.uniform(0.2, 1.0))


INCLUSIONS = (draw_disc, draw_disc, draw_box, draw_layer, draw_blob)


def draw_inclusion(rng: np.random.Generator, narrowest: float) -> Disc | Box | Blob:
    """A random inclusion or layer at least `narrowest` [m] wide."""
    return INCLUSIONS[rng.integers(len(INCLUSIONS))](rng, narrowest)
