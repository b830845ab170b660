"""How a set of fields drawn without conditions compares with held-out ones: spread, patterns, distribution, memory.

Fields are (n, ny, nx), cell weights (ny, nx) of any positive sum; ‖·‖ is the root of the weighted mean square over the cells.
"""

from dataclasses import dataclass

import numpy as np

from .scenario import Array

HALVINGS = 16
BLOCK = 4096  # training fields at a time


@dataclass(frozen=True)
class Likeness:
    """How like held-out fields a set of fields is.

    Attributes:
        variance_ratio: ⟨Var generated⟩/⟨Var held-out⟩; 1 is right, 0 is mode collapse.
        eof_distance: half the sum of absolute differences between the shares of variance per EOF, 0 to 1, from a half of the
            held-out fields; eof_distance_halves is that of the other half.
        energy_distance: unbiased, in the unit of the fields, around 0 for the same distribution.
        energy_distance_ratio: to a half of the held-out fields, over that between the two halves; 1 is as good as truth.
        repetition: median distance of a field to the nearest of its own set, over that of held-out fields; 0 is one field again
            and again.
    """

    variance_ratio: float
    eof_distance: float
    eof_distance_halves: float
    energy_distance: float
    energy_distance_ratio: float
    repetition: float


def points(fields: Array, weights: Array) -> Array:
    """Fields as points (n, cells) whose Euclidean distance is ‖·‖, float64."""
    share = np.sqrt(weights / weights.sum())
    return np.asarray((fields * share).reshape(len(fields), -1), dtype=np.float64)


def distance_table(a: Array, b: Array) -> Array:
    """Distances of all pairs of points, (n, m)."""
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(square, 0)))


def likeness(generated: Array, held_out: Array, samples: Array, rng: np.random.Generator) -> Likeness:
    """Compare as many generated as held-out fields.

    Halves are drawn anew several times and averaged over; the fields of one sample stay together, as they are not independent.

    Args:
        generated, held_out: points (n, cells).
        samples: (n,), the sample that each held-out field belongs to.
        rng: draws the halves.
    """
    between, within = distance_table(generated, held_out), distance_table(generated, generated)
    true, pairs = distance_table(held_out, held_out), halvings(samples, rng)
    eof, eof_halves = np.mean([_eof_distances(generated, held_out, *pair) for pair in pairs], axis=0)
    energy, energy_halves = np.mean([_energy_distances(between, within, true, *pair) for pair in pairs], axis=0)
    return Likeness(
        variance_ratio=float(generated.var(axis=0).sum() / held_out.var(axis=0).sum()),
        eof_distance=float(eof),
        eof_distance_halves=float(eof_halves),
        energy_distance=energy_of_pairs(between, within, true, fair=True),
        energy_distance_ratio=float(energy / energy_halves),
        repetition=float(np.median(_nearest_other(within)) / np.median(_nearest_other(true))),
    )


def _eof_distances(generated: Array, held_out: Array, one: Array, other: Array) -> tuple[float, float]:
    """EOF distance to one half of the held-out fields, of as many generated ones and of the other half."""
    reference = eof_shares(held_out[one])
    return share_distance(eof_shares(generated[: len(one)]), reference), share_distance(eof_shares(held_out[other]), reference)


def _energy_distances(between: Array, within: Array, true: Array, one: Array, other: Array) -> tuple[float, float]:
    """Energy distance to one half of the held-out fields, of as many generated ones and of the other half, from tables."""
    n = len(one)
    apart = true[np.ix_(one, one)]
    generated = energy_of_pairs(between[:n, one], within[:n, :n], apart)
    return generated, energy_of_pairs(true[np.ix_(other, one)], true[np.ix_(other, other)], apart)


def halvings(samples: Array, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Row numbers of two equally large halves, several times, with the rows of one sample in one half."""
    names = np.unique(samples)
    found = []
    for _ in range(HALVINGS):
        chosen = np.isin(samples, rng.permutation(names)[: len(names) // 2])
        one, other = rng.permutation(np.flatnonzero(chosen)), rng.permutation(np.flatnonzero(~chosen))
        size = min(len(one), len(other))
        found.append((one[:size], other[:size]))
    return found


def energy_of_pairs(between: Array, within: Array, true: Array, fair: bool = False) -> float:
    """2E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖ from tables of distances.

    Args:
        fair: leave out the distance of each field to itself: unbiased, but it may be negative.
    Source: Székely & Rizzo, J. Stat. Plan. Inference 143 (2013).
    """
    (n, m), own = between.shape, int(fair)
    return float(2 * between.mean() - within.sum() / (n * (n - own)) - true.sum() / (m * (m - own)))


def eof_shares(fields: Array) -> Array:
    """Share of the variance that each empirical orthogonal function explains, largest first.

    Args:
        fields: points (n, cells), whose mean is taken off.
    Returns:
        (min(n, cells),), with sum 1; zeros where nothing varies. Source: Lorenz, MIT Statistical Forecasting Report 1 (1956).
    """
    anomalies = fields - fields.mean(axis=0)
    few = anomalies @ anomalies.T if len(fields) < fields.shape[1] else anomalies.T @ anomalies
    variance = np.maximum(np.linalg.eigvalsh(few)[::-1], 0)
    return np.asarray(variance / max(variance.sum(), np.finfo(float).tiny))


def share_distance(a: Array, b: Array) -> float:
    """½ Σ |a_k − b_k| of two spectra of shares, 0 to 1."""
    size = max(len(a), len(b))
    return float(0.5 * np.abs(np.pad(a, (0, size - len(a))) - np.pad(b, (0, size - len(b)))).sum())


def nearest_distance(fields: Array, training: Array) -> Array:
    """Distance of each point to the nearest of the training points, (n,)."""
    blocks = (training[start : start + BLOCK] for start in range(0, len(training), BLOCK))
    return np.asarray(np.min([distance_table(fields, block).min(axis=1) for block in blocks], axis=0))


def gaussian_fields(training: Array, n: int, rng: np.random.Generator) -> Array:
    """Fields from the normal distribution with mean and covariance of the training fields: what EOFs alone can do.

    Args:
        training: (m, ny, nx), two fields or more.
    Returns:
        (n, ny, nx).
    """
    mean = training.mean(axis=0)
    factors = rng.standard_normal((n, len(training))) / np.sqrt(len(training) - 1)
    return np.asarray(mean + np.tensordot(factors, training - mean, axes=1))


def _nearest_other(table: Array) -> Array:
    return np.asarray((table + np.diag(np.full(len(table), np.inf))).min(axis=1))
