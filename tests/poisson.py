"""A small scenario that solves within a millisecond, for tests of everything around the solver.

    −Δu + u = f on the unit square, u periodic; solved by FFT

As a script it generates data: `python poisson.py FOLDER SAMPLES WORKERS`.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
from fieldgan.data.generation import generate
from fieldgan.data.scenario import Array, Fields, Scenario, Variable
from fieldgan.solvers.errors import FieldganError

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


def run(
    folder: Path, simulate: Callable[[Fields, int], Fields] = simulate, workers: int = 1, seed: int = 7
) -> None:
    """Generate 24 samples in six shards."""
    generate(poisson(simulate=simulate), folder, 24, seed, shard_size=4, workers=workers)


def disturbed_run(
    folder: Path, delay: float = 0.0, fault: str = "", disk: int = -1, lines: "Queue[str] | None" = None
) -> None:
    """The same with slow solves [s], a fatal fault, or little disk [B]; errors go to `lines`."""
    os.environ["FIELDGAN_FAULT"] = fault
    resource.setrlimit(resource.RLIMIT_FSIZE, (disk, disk))
    try:
        run(folder, partial(slowly, delay=delay))
    except FieldganError as error:
        assert lines is not None
        lines.put(str(error))


def slowly(conditions: Fields, seed: int, delay: float) -> dict[str, Array]:
    time.sleep(delay)
    return simulate(conditions, seed)


if __name__ == "__main__":
    folder, samples, workers = sys.argv[1:4]
    generate(poisson(), folder, int(samples), seed=7, shard_size=4, workers=int(workers), progress=print)
