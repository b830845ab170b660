"""A small scenario with a fast solver, surrogates of known error, and a clock that moves only when told.

    u − L² ∇²u = q   on the unit square, ∂u/∂n = 0

On the planted clock a solve on N² cells takes N² µs, and a prediction takes what the surrogate says.
"""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr
from fieldgan.data.samples import simulate_sample
from fieldgan.data.scenario import Fields, Scenario, Variable
from fieldgan.data.schema import assemble
from fieldgan.pipelines.compare import evaluate, generation_seconds
from fieldgan.pipelines.comparison_settings import ComparisonSettings
from fieldgan.pipelines.problems import stored_problems
from fieldgan.pipelines.report import write_report
from fieldgan.pipelines.result import Comparison
from scipy.fft import dctn, idctn

STORED, TRUTH, LENGTH = 32, 128, 0.15
QUICK = ComparisonSettings(samples=24, repeats=5, batch_repeats=3, truth_samples=3, draws=300)


class PlantedClock:
    """Seconds that pass when a method says so, in any thread."""

    def __init__(self) -> None:
        self.now, self.lock = 0.0, threading.Lock()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


CLOCK = PlantedClock()


def draw(rng: np.random.Generator) -> np.ndarray:
    """Three Gaussian sources (x, y, width, strength)."""
    return np.column_stack([rng.uniform(0.2, 0.8, (3, 2)), rng.uniform(0.05, 0.1, 3), rng.normal(size=3)])


def render(sources: np.ndarray, resolution: int) -> Fields:
    s = (np.arange(resolution) + 0.5) / resolution
    x, y = s[None, :, None], s[:, None, None]
    px, py, width, strength = sources.T
    return {"source": (strength * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * width**2))).sum(axis=-1)}


def solve(source: np.ndarray) -> np.ndarray:
    """The five-point solution, exact to round-off."""
    n = len(source)
    eigenvalues = (2 * n * np.sin(np.pi * np.arange(n) / (2 * n))) ** 2
    return np.asarray(idctn(dctn(source) / (1 + LENGTH**2 * (eigenvalues[:, None] + eigenvalues[None, :]))))


def simulate(conditions: Fields, seed: int = 0) -> Fields:
    CLOCK.advance(1e-6 * len(conditions["source"]) ** 2)
    return {"temperature": solve(conditions["source"])}


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
)


@dataclass
class Planted:
    """A surrogate: the solver on the stored grid, plus noise of known vrmse, in a known time per sample."""

    name: str
    vrmse: float
    seconds: float = 1e-3
    costs: Mapping[str, float] = field(default_factory=lambda: {"training_seconds": 60.0})

    def fields(self, conditions: Fields, members: int = 1, seed: int = 0) -> Fields:
        CLOCK.advance(self.seconds * len(conditions["source"]))
        solved = np.stack([solve(source) for source in conditions["source"]])
        noise = np.random.default_rng(len(self.name)).normal(size=solved.shape[1:])
        noise = (noise - noise.mean()) / noise.std()
        return {"temperature": solved + self.vrmse * solved.std(axis=(1, 2), keepdims=True) * noise}

    def predict(self, conditions: xr.Dataset, members: int = 1, seed: int = 0) -> xr.Dataset:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        raise NotImplementedError


@cache
def dataset(samples: int = 260) -> xr.Dataset:
    """Solved samples; about one in ten is for testing."""
    return assemble(SCENARIO, [simulate_sample(SCENARIO, 0, index) for index in range(samples)], seed=0)


SURROGATES = {
    "cgan": Planted("cgan", 0.030, seconds=1e-4),
    "unet": Planted("unet", 0.025, seconds=1.0),
    "mean": Planted("mean", 1.0, seconds=1e-6),
}


@cache
def compared(loser: bool = False) -> Comparison:
    """A comparison with a `cgan` that wins, or loses."""
    surrogates = SURROGATES | {"cgan": replace(SURROGATES["cgan"], seconds=1e-2 if loser else 1e-4)}
    problems = stored_problems(dataset(), SCENARIO, QUICK.samples)
    generation = generation_seconds(dataset())
    return evaluate(problems, surrogates, generation, QUICK, lambda done, total, note: None, CLOCK)


@cache
def reported() -> Path:
    """The folder with the report of the comparison that is won."""
    folder = Path(tempfile.mkdtemp(prefix="comparison-"))
    write_report(folder, compared())
    return folder
