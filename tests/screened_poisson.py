"""A small scenario with an exact fast solver, fake surrogates of known error, and a clock that only moves when told.

    u − L² ∇²u = q   on the unit square, ∂u/∂n = 0
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr
from fieldgan.data.samples import simulate_sample
from fieldgan.data.scenario import Fields, Scenario, Variable
from fieldgan.data.schema import assemble
from scipy.fft import dctn, idctn

STORED, TRUTH, LENGTH = 32, 128, 0.15


def draw(rng: np.random.Generator) -> np.ndarray:
    """Three Gaussian sources (x, y, width, strength)."""
    return np.column_stack([rng.uniform(0.2, 0.8, (3, 2)), rng.uniform(0.05, 0.1, 3), rng.normal(size=3)])


def render(sources: np.ndarray, resolution: int) -> Fields:
    s = (np.arange(resolution) + 0.5) / resolution
    x, y = s[None, :, None], s[:, None, None]
    px, py, width, strength = sources.T
    return {"source": (strength * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * width**2))).sum(axis=-1)}


def simulate(conditions: Fields, seed: int = 0) -> Fields:
    n = len(conditions["source"])
    eigenvalues = (2 * n * np.sin(np.pi * np.arange(n) / (2 * n))) ** 2
    symbol = 1 + LENGTH**2 * (eigenvalues[:, None] + eigenvalues[None, :])
    return {"temperature": idctn(dctn(conditions["source"]) / symbol)}


SCENARIO = Scenario(
    name="screened",
    summary="screened Poisson problem",
    inputs=(Variable("source", "W m-3", "power density"),),
    targets=(Variable("temperature", "K", "temperature"),),
    stored_resolution=STORED,
    truth_resolution=TRUTH,
    draw=draw,
    render=render,
    simulate=simulate,
    ladder=(8, 12, 16, 32, 64),
    schemes={"spectral": simulate, "spectral again": simulate},
)


@dataclass
class Planted:
    """A surrogate that knows the answer and adds an error of known vrmse: noise of zero mean times the field's deviation."""

    name: str
    vrmse: float
    costs: Mapping[str, float] = field(default_factory=lambda: {"training_seconds": 60.0})

    def fields(self, conditions: Fields, members: int = 1, seed: int = 0) -> Fields:
        solved = np.stack([simulate({"source": q}) ["temperature"] for q in conditions["source"]])
        noise = np.random.default_rng(1).normal(size=solved.shape[1:])
        noise = (noise - noise.mean()) / noise.std()
        return {"temperature": solved + self.vrmse * solved.std(axis=(1, 2), keepdims=True) * noise}

    def predict(self, conditions: xr.Dataset, members: int = 1, seed: int = 0) -> xr.Dataset:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def dataset(samples: int = 200) -> xr.Dataset:
    """Solved samples; one in ten is for testing."""
    return assemble(SCENARIO, [simulate_sample(SCENARIO, 0, index) for index in range(samples)], seed=0)
