"""How air quality models are judged: measures of a predicted concentration v against the true one u, per sample.

Fields are (n, ny, nx), or (n, time, ny, nx), whose measures are averaged over time; ⟨·⟩ and weights as in metrics.py.
Source: Chang & Hanna, Meteorol. Atmos. Phys. 87 (2004) 167, with u for what they observe and v for what they predict.
"""

import numpy as np

from .metrics import cell_mean, over_time, ratio, where_counts
from .scenario import Array

THRESHOLD = 0.01  # of the largest true concentration of the sample, below which neither field tells anything
FACTOR = 2.0


def concentration_metrics(v: Array, u: Array, weights: Array | None = None) -> dict[str, Array]:
    """The measures that a target gets which is a concentration, {key: (n,)}."""
    values = {"fac2": fac2(v, u, weights), "fractional_bias": fractional_bias(v, u, weights), "nmse": nmse(v, u, weights)}
    return {name: over_time(a) for name, a in values.items()}


def fac2(v: Array, u: Array, weights: Array | None = None) -> Array:
    """Share of the area where ½ ≤ v/u ≤ 2, of that where v or u exceeds 1 % of max u; 1 where there is none."""
    top = np.where(where_counts(u, weights), u, -np.inf).max(axis=(-2, -1), keepdims=True)
    told = np.maximum(v, u) > THRESHOLD * top
    near = told & (v >= u / FACTOR) & (v <= FACTOR * u)
    part, whole = cell_mean(near.astype(float), weights), cell_mean(told.astype(float), weights)
    return np.asarray(np.divide(part, whole, out=np.ones_like(whole), where=whole > 0))


def fractional_bias(v: Array, u: Array, weights: Array | None = None) -> Array:
    """2 (⟨u⟩ − ⟨v⟩) / (⟨u⟩ + ⟨v⟩): positive where too little is predicted, ±2/3 for half and twice as much."""
    true, predicted = cell_mean(u, weights), cell_mean(v, weights)
    return ratio(2 * (true - predicted), true + predicted)


def nmse(v: Array, u: Array, weights: Array | None = None) -> Array:
    """⟨(v−u)²⟩ / (⟨v⟩⟨u⟩), the normalised mean square error."""
    return ratio(cell_mean((v - u) ** 2, weights), cell_mean(v, weights) * cell_mean(u, weights))
