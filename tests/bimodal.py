"""A scenario with two known outcomes per condition, and which of them an ensemble finds.

    u = s a(x, y) sin 2πx sin 2πy,   s = 1 three times in ten, −1 else,   a > 0 a condition
"""

from dataclasses import replace

import numpy as np
from fieldgan.data.scenario import Array, Fields, Scenario
from gaussian_fields import gaussian_fields

UPRIGHT = 0.3  # probability of s = 1
CLEAR = 0.5  # |s| from which a field counts as one of the two


def wave(n: int) -> Array:
    """sin 2πx sin 2πy at cell centres."""
    one = np.sin(2 * np.pi * (np.arange(n) + 0.5) / n)
    return np.outer(one, one)


def ensemble(conditions: Fields, seed: int, members: int) -> Fields:
    signs = np.where(np.random.default_rng(seed).random(members) < UPRIGHT, 1.0, -1.0)
    return {"height": signs[:, None, None] * conditions["spread"] * wave(len(conditions["spread"]))}


def bimodal() -> Scenario:
    """The scenario; its condition is called as that of the Gaussian fields, the size of either outcome."""
    simulate = lambda conditions, seed: {"height": ensemble(conditions, seed, 1)["height"][0]}  # noqa: E731
    return replace(gaussian_fields(), name="bimodal", summary="two outcomes", simulate=simulate, ensemble=ensemble)


def shares(fields: Array, sizes: Array) -> tuple[float, float]:
    """Shares of the members that are upright and upside down; the rest is neither.

    Args:
        fields: (n, members, ny, nx) of conditions `sizes` (n, ny, nx).
    """
    own = (sizes * wave(sizes.shape[-1]))[:, None]
    s = (fields * own).sum(axis=(2, 3)) / (own**2).sum(axis=(2, 3))
    return float((s > CLEAR).mean()), float((s < -CLEAR).mean())


def recall(upright: float, upside_down: float) -> float:
    """Share of the two modes that appear at least half as often as they should."""
    return float(np.mean([upright >= UPRIGHT / 2, upside_down >= (1 - UPRIGHT) / 2]))
