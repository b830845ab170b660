"""A small scenario that solves within a millisecond, for tests of everything around the solver.

    −Δu + u = f on the unit square, u periodic; solved by FFT

As a script it generates data: `python poisson.py FOLDER SAMPLES WORKERS`.
"""

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from fieldgan.data.generation import generate
from fieldgan.data.scenario import Array, Fields, Scenario, Variable

MODES = 3


@dataclass(frozen=True)
class Waves:
    """A source with random Fourier coefficients of the lowest modes, and an offset."""

    coefficients: Array
    offset: float


def draw(rng: np.random.Generator) -> Waves:
    return Waves(rng.normal(size=(2, MODES, MODES)), float(rng.uniform(-1, 1)))


def render(waves: Waves, resolution: int) -> dict[str, Array]:
    x = 2 * np.pi * (np.arange(resolution) + 0.5) / resolution
    source = sum(
        a * np.cos(p * x[:, None]) * np.sin((q + 1) * x) + b * np.sin((p + q + 1) * x[:, None])
        for p in range(MODES)
        for q in range(MODES)
        for a, b in [waves.coefficients[:, p, q]]
    )
    return {"source": np.asarray(source), "offset": np.asarray(waves.offset)}


def symbol(n: int) -> Array:
    k = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
    return 1 + k[:, None] ** 2 + k**2


def simulate(conditions: Fields, seed: int) -> dict[str, Array]:
    forcing = np.fft.fft2(conditions["source"] + conditions["offset"])
    return {"potential": np.fft.ifft2(forcing / symbol(len(conditions["source"]))).real}


def residual(conditions: Fields, targets: Fields) -> float:
    forcing = conditions["source"] + conditions["offset"]
    applied = np.fft.ifft2(symbol(len(forcing)) * np.fft.fft2(targets["potential"])).real
    return float(np.linalg.norm(applied - forcing) / np.linalg.norm(forcing))


def poisson(**changes: Any) -> Scenario:
    """The scenario, with some of its parts replaced."""
    scenario = Scenario(
        name="poisson",
        summary="screened Poisson equation with a smooth random source",
        inputs=(
            Variable("source", "m-2", "strength of the source", linearity="linear"),
            Variable("offset", "m-2", "uniform part of the source", scalar=True, linearity="linear"),
        ),
        targets=(Variable("potential", "1", "potential", linearity="linear"),),
        stored_resolution=8,
        truth_resolution=16,
        draw=draw,
        render=render,
        simulate=simulate,
        residual=residual,
        options={"modes": MODES},
    )
    return replace(scenario, **changes)


if __name__ == "__main__":
    folder, samples, workers = sys.argv[1:4]
    generate(poisson(), folder, int(samples), seed=7, shard_size=4, workers=int(workers), progress=print)
