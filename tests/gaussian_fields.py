"""A scenario whose conditional distribution is known: smooth Gaussian fields whose spread is a condition.

    u = σ(x) ∑_k z_k φ_k(x),   z ~ N(0, 1),   ∑_k φ_k² = 1   on a square, so that u has the variance σ² in every cell
"""

from functools import partial

import numpy as np
from fieldgan.data.scenario import Array, Fields, Scenario, Variable

MODES = 2  # waves along each axis
MEMBERS = {"train": 4, "validation": 8, "test": 12}


def patterns(n: int) -> Array:
    """cos and sin of a few waves in x and y, (modes, n, n), of constant sum of squares one."""
    x = 2 * np.pi * (np.arange(n) + 0.5) / n
    waves = [f(k * x) for k in range(1, MODES + 1) for f in (np.cos, np.sin)]
    return np.array([np.outer(a, b) for a in waves for b in waves]) / MODES


def draw(rng: np.random.Generator) -> Array:
    """Logarithm of the spread: level and slope along both axes."""
    return rng.uniform(-0.7, 0.7, 3)


def render(parameters: Array, resolution: int) -> Fields:
    x = (np.arange(resolution) + 0.5) / resolution - 0.5
    level, up, across = parameters
    return {"spread": np.exp(level + up * x[:, None] + across * x)}


def ensemble(conditions: Fields, seed: int, members: int) -> Fields:
    spread = conditions["spread"]
    shapes = patterns(len(spread))
    z = np.random.default_rng(seed).standard_normal((members, len(shapes)))
    return {"height": spread * np.tensordot(z, shapes, 1)}


def simulate(conditions: Fields, seed: int) -> Fields:
    return {"height": ensemble(conditions, seed, 1)["height"][0]}


def gaussian_fields(resolution: int = 8, low: float = 1.0) -> Scenario:
    """The scenario; `low` scales the solver's spread, as a poor solver's."""

    def scaled(conditions: Fields, seed: int, members: int, factor: float) -> Fields:
        return {name: factor * a for name, a in ensemble(conditions, seed, members).items()}

    return Scenario(
        name="gaussian",
        summary="Gaussian fields",
        inputs=(Variable("spread", "m", "standard deviation"),),
        targets=(Variable("height", "m", "height"),),
        stored_resolution=resolution,
        truth_resolution=2 * resolution,
        draw=draw,
        render=render,
        simulate=simulate,
        ensemble=ensemble if low == 1 else partial(scaled, factor=low),
        members=MEMBERS,
        stochastic=True,
        ladder=(4, 8, 16),
    )
