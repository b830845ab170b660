"""The mean of the training fields, made as symmetric as the problem: mirrored samples deviate from it in mirror images."""

from collections.abc import Sequence

import numpy as np

from ..data.scenario import Array, Fields, Symmetry, Variable
from .symmetries import sources

PASSES = 64  # alternating projections at most; two suffice where the symmetries commute


def invariant_mean(targets: Sequence[Variable], truth: Fields, symmetries: Sequence[Symmetry]) -> dict[str, Array]:
    """The training mean, averaged over all images under the symmetries.

    Args:
        truth: {target: (n, *axes, ny, nx)}.
    Returns:
        {target: (channels, ny, nx)}, float64.
    """
    means = [v.planes(v.seen(truth[v.name])).mean(axis=0, dtype=np.float64) for v in targets]
    whole = np.concatenate(means)
    square = whole.shape[-2] == whole.shape[-1]
    chosen = [s for s in symmetries if square or not s.transpose]
    for _ in range(PASSES):
        before = whole
        for symmetry in chosen:
            whole = (whole + mirrored(whole, symmetry, targets)) / 2
            if symmetry.shift_x:
                whole = np.broadcast_to(whole.mean(axis=2, keepdims=True), whole.shape)
        if np.abs(whole - before).max() <= 1e-12 * np.abs(whole).max():
            break
    parts = np.split(whole, np.cumsum([v.channels for v in targets])[:-1])
    return {v.name: part for v, part in zip(targets, parts, strict=True)}


def mirrored(whole: Array, symmetry: Symmetry, targets: Sequence[Variable]) -> Array:
    """The image of all targets' channels (c, ny, nx), without a shift."""
    moved = whole.swapaxes(1, 2) if symmetry.transpose else whole
    moved = np.flip(moved, (1,) * symmetry.flip_y + (2,) * symmetry.flip_x)
    source, sign = sources(symmetry, targets)
    return np.asarray(moved[source] * np.asarray(sign)[:, None, None])
