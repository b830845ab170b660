"""The Gaussian plume of practice for the slab of the plume scenarios: a closed formula, knowing no buildings, hills or eddies.

A source of strength Q = w d (exit velocity, width of the mouth) in a wind u spreads about the height h of a plume that rises,

    c = Q/u Σ ± images  N(y; h, σ²),   σ² = σ_i² + σ_m²,
    σ_i² = σ₀² + 2 κ t + (Δh/3.5)²                  of the smoke about the middle of the plume,
    σ_m² = 2 σ_w² T² (t/T − 1 + exp(−t/T))          of that middle, moved by gusts, with the memory T = ℓ/σ_w,

t = x/u after the stack; ground and lid reflect. The plume begins with the concentration of the exit gas, σ₀ = Q/(u √2π).

Rise: Briggs' bent-over plume, whose momentum and buoyancy are shared with the air it takes in at β times its speed of rise, for
a slab. With thickness B = d w/u + 2 β Δh, both sides taking in air, ∂(B ḣ)/∂t = F/u and ∂F/∂t = −N² u B ḣ, F₀ = g' w d, give

    β Δh² + (w d/u) Δh = (w² d sin(Nt)/N + F₀ (1 − cos Nt)/N²)/u,

largest once ḣ = 0; for N → 0 the bracket is w² d t + F₀ t²/2. Air that is unstable counts as neutral, as with Briggs.
In a slab along the wind air cannot pass round the plume, and a tenth of that rise is left: SLAB, fitted to drawn chimneys.

Source: Briggs, Plume Rise (1969) and in Lectures on Air Pollution and Environmental Impact Analyses (AMS, 1975), for round
plumes; Taylor, Proc. London Math. Soc. 20 (1921) for σ_m; Pasquill's Δh/3.5 as in EPA's ISC3; Gifford, Adv. Geophys. 6 (1959)
for the deviation of a plume that only moves.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from ..scenario import Array, Fields
from .chimney import HEIGHT, STACK_AT, WIDTH, solid_cells
from .plume_flow import HALF_WAVES, VISCOSITY, WAVELENGTHS

ENTRAINMENT = 0.6  # β of bent-over plumes (Briggs 1975)
SLAB = 0.12  # share of the rise that is left where air cannot pass round a plume (DECISIONS.md)
PASQUILL = 3.5  # rise over the spread that it causes
IMAGES = range(-3, 4)  # pairs of reflected sources
ALONG, ACROSS = 2 * np.pi / WAVELENGTHS, HALF_WAVES * np.pi / HEIGHT
UPWARD = float(np.sqrt(np.sum((ALONG / np.hypot(ALONG, ACROSS)) ** 2) / np.sum((ACROSS / np.hypot(ALONG, ACROSS)) ** 2)))
EDDY = float(np.exp(np.mean(np.log(1 / ALONG))))  # ℓ, size of the gusts


class Slab(NamedTuple):
    """The plume in each column, (nx,).

    Attributes:
        height: h.
        inner, moved: σ_i² and σ_m².
        thickness: Q/u, of the gas once it moves with the wind; 0 before the stack.
    """

    height: Array
    inner: Array
    moved: Array
    thickness: Array


def mean_smoke(conditions: Fields) -> dict[str, Array]:
    """Mean concentration over that of the exit gas, cell means along y, (ny, nx); 0 before the stack.

    With the wind u at the mouth everywhere, u ∫ c dy = w d behind the stack.
    """
    slab, edges = _slab(conditions), np.linspace(0, HEIGHT, conditions["wind"].shape[0] + 1)[:, None]
    below = sum(ndtr((edges - source) / np.sqrt(slab.inner + slab.moved)) for source in _sources(slab.height))
    return {"smoke": np.asarray(np.diff(below, axis=0) * slab.thickness / np.diff(edges, axis=0))}


def mean_plume(conditions: Fields, names: Sequence[str] = ("smoke",)) -> dict[str, Array]:
    """Mean fields by name, (ny, nx): the smoke, buoyancy as diluted as smoke is, and the wind as if nothing stood in it."""
    smoke, fluid = mean_smoke(conditions)["smoke"], ~solid_cells(conditions)
    fields = {
        "smoke": smoke,
        "temperature": float(conditions["exit_buoyancy"]) * smoke,
        "u": np.where(fluid, conditions["wind"], 0.0),
        "v": np.zeros(smoke.shape),
    }
    return {name: fields[name] for name in names}


def mean_and_deviation(conditions: Fields) -> dict[str, Array]:
    """Mean concentration, and its deviation at cell centres where a plume N(y; h', σ_i²) moves with h' about h, each (ny, nx).

    With s = σ_i², m = σ_m², each source has ⟨c²⟩ = (Q/u)²/√(4πs) N(y; h, s/2 + m), and with its image in the ground beside it

        2 ⟨c c_image⟩ = (Q/u)²/(π √(s (s + 2m))) exp(−y²/s − h²/(s + 2m));   in the lid from there.
    """
    slab, rows = _slab(conditions), conditions["wind"].shape[0]
    y, s, m = (np.arange(rows)[:, None] + 0.5) * (HEIGHT / rows), slab.inner, slab.moved
    mean = sum(_normal(y - source, s + m) for source in _sources(slab.height))
    squares = sum(_normal(y - source, s / 2 + m) for source in _sources(slab.height)) / np.sqrt(4 * np.pi * s)
    for plane in (0.0, HEIGHT):
        decay = (y - plane) ** 2 / s + (slab.height - plane) ** 2 / (s + 2 * m)
        squares = squares + np.exp(-decay) / (np.pi * np.sqrt(s * (s + 2 * m)))
    deviation = slab.thickness * np.sqrt(np.maximum(squares - mean**2, 0.0))
    return {**mean_smoke(conditions), "smoke_deviation": np.asarray(deviation)}


def rise(conditions: Fields, time: Array) -> Array:
    """Δh at times after the exit, same shape; see the module."""
    wind, width, exit_velocity = wind_at_mouth(conditions), float(conditions["stack_width"]), float(conditions["exit_velocity"])
    momentum, buoyancy = exit_velocity**2 * width, float(conditions["exit_buoyancy"]) * exit_velocity * width
    n = np.sqrt(max(float(conditions["stratification"]), 1e-12))
    reached = np.minimum(time, (np.pi - np.arctan2(momentum * n, buoyancy)) / n)
    pushed = (momentum * np.sin(n * reached) / n + 2 * buoyancy * (np.sin(n * reached / 2) / n) ** 2) / wind
    thickness = exit_velocity * width / wind
    return np.asarray((np.sqrt(thickness**2 + 4 * ENTRAINMENT * pushed) - thickness) / (2 * ENTRAINMENT))


def wind_at_mouth(conditions: Fields) -> float:
    """The mean wind at the height of the mouth."""
    profile = conditions["wind"][:, 0]
    y = (np.arange(profile.size) + 0.5) * (HEIGHT / profile.size)
    return float(np.interp(float(conditions["stack_height"]), y, profile))


def _slab(conditions: Fields) -> Slab:
    wind, columns = wind_at_mouth(conditions), conditions["wind"].shape[1]
    time = ((np.arange(columns) + 0.5) * (WIDTH / columns) - STACK_AT) / wind
    thickness, behind = float(conditions["exit_velocity"]) * float(conditions["stack_width"]) / wind, time > 0
    time = np.maximum(time, 0.0)
    lifted, turns = SLAB * rise(conditions, time), time * UPWARD * float(conditions["gust_intensity"]) / EDDY
    inner = thickness**2 / (2 * np.pi) + 2 * VISCOSITY * time + (lifted / PASQUILL) ** 2
    height = np.minimum(float(conditions["stack_height"]) + lifted, HEIGHT)
    return Slab(height, inner, 2 * EDDY**2 * (turns - 1 + np.exp(-turns)), thickness * behind)


def _normal(away: Array, variance: Array) -> Array:
    return np.asarray(np.exp(-(away**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))


def _sources(height: Array) -> list[Array]:
    """Heights of the source and its reflections by ground and lid."""
    return [2 * HEIGHT * n + side * height for n in IMAGES for side in (1, -1)]
