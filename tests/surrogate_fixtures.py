"""A cheap linear scenario for the tests of surrogates: a screened plate, solved exactly by cosine transforms.

    −∇²T + c (T − θ) = q   on the unit square, insulated sides

T shifts and scales with θ, scales with q, and depends on the scalar c in no such way.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr
from fieldgan.data.domains import Rectangle
from fieldgan.data.scenario import Array, Fields, Scenario, Symmetry, Variable
from fieldgan.data.splits import split_of
from scipy.fft import dctn, idctn

Parameters = tuple[float, Array, Array]

INPUTS = (
    Variable("ambient", "K", "ambient temperature", linearity="affine"),
    Variable("source", "K m-2", "source", linearity="linear"),
    Variable("screening", "m-2", "screening", scalar=True),
)
TARGETS = (Variable("temperature", "K", "temperature", linearity="affine"),)
SQUARE = tuple(Symmetry(t, y, x) for t in (False, True) for y in (False, True) for x in (False, True))
FLIPS = tuple(Symmetry(False, y, x) for y in (False, True) for x in (False, True))


def draw(rng: np.random.Generator) -> Parameters:
    """Screening, smooth ambient temperature by cosine coefficients, and six small square sources (x, y, power)."""
    sources = np.column_stack([rng.uniform(0, 0.85, (6, 2)), rng.normal(0, 300, 6)])
    return float(rng.uniform(10, 60)), rng.normal(0, [[8, 4, 2]], (3, 3)), sources


def render(parameters: Parameters, resolution: int, width: float = 1.0) -> Fields:
    """Conditions on a grid; each source covers 0.15 × 0.15 of the plate."""
    screening, modes, sources = parameters
    y = (np.arange(resolution) + 0.5) / resolution
    x = (np.arange(round(resolution * width)) + 0.5) / round(resolution * width)
    waves_y, waves_x = (np.cos(np.pi * np.arange(3)[:, None] * s) for s in (y, x))
    source = np.zeros((y.size, x.size))
    for left, low, power in sources:
        source += power * _covered(y, low)[:, None] * _covered(x, left)
    return {"ambient": waves_y.T @ modes @ waves_x, "source": source, "screening": np.float64(screening)}


def solve(conditions: Fields, seed: int = 0, width: float = 1.0) -> Fields:
    """The five-point solution, exact to round-off."""
    right = conditions["source"] + conditions["screening"] * conditions["ambient"]
    ny, nx = right.shape
    k_y, k_x = (4 * n**2 * np.sin(np.pi * np.arange(n) / (2 * n)) ** 2 for n in (ny, nx))
    symbol = k_y[:, None] + k_x / width**2 + conditions["screening"]
    return {"temperature": idctn(dctn(right, type=2) / symbol, type=2)}


def screened_plate(resolution: int = 32, width: float = 1.0) -> Scenario:
    """The scenario; `width` cells along x per cell along y."""
    return Scenario(
        name="screened",
        summary="screened plate",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=resolution,
        truth_resolution=2 * resolution,
        draw=draw,
        render=partial(render, width=width),
        simulate=partial(solve, width=width),
        domain=Rectangle(1.0, width),
        symmetries=SQUARE if width == 1 else FLIPS,
        options={"width": width},
    )


def stochastic(scenario: Scenario) -> Scenario:
    """The same problem, declared to have a distribution of outcomes."""
    return replace(scenario, stochastic=True)


def dataset(scenario: Scenario, samples: int, seed: int = 0) -> xr.Dataset:
    """Solved samples with splits, in memory."""
    parts = []
    for i in range(samples):
        conditions = scenario.render(scenario.draw(np.random.default_rng([seed, i])), scenario.stored_resolution)
        fields = {**conditions, **scenario.simulate(conditions, 0)}
        inputs = scenario.dataset(fields, scenario.inputs, "condition", scenario.stored_resolution)
        targets = scenario.dataset(fields, scenario.targets, "target", scenario.stored_resolution)
        parts.append(inputs.merge(targets))
    whole = xr.concat(parts, dim="sample").astype(np.float32)
    whole["split"] = ("sample", np.array([split_of(i) for i in range(samples)], dtype=object))
    return whole.assign_attrs(fieldgan_scenario=scenario.name)


def _covered(s: Array, start: float) -> Array:
    """Share of each cell that [start, start + 0.15] covers."""
    h = s[1] - s[0]
    return np.clip((np.minimum(s + h / 2, start + 0.15) - np.maximum(s - h / 2, start)) / h, 0, 1)
