"""How well an ensemble describes what could have happened, per sample.

An ensemble x is (n, m, ny, nx) with m members, the truth y is (n, ny, nx) and a solver's own ensemble is
(n, M, ny, nx). Cell weights are (ny, nx) or (n, ny, nx), of any positive sum; ‖·‖ is the root of the weighted
mean square over the cells. Ensembles with an axis of times, (n, m, t, ny, nx), go through `each_time`.
"""

from collections.abc import Callable

import numpy as np

from .metrics import cell_mean, rmse, vrmse
from .scenario import Array

REACH = 4  # cells: how far apart two cells may be to count in the variogram


def mean_variance(x: Array, weights: Array | None = None) -> Array:
    """Unbiased variance over the members, averaged over cells; (n,)."""
    return cell_mean(x.var(axis=1, ddof=1), weights)


def each_time(score: Callable[[Array, Array, Array | None], Array], x: Array, y: Array, weights: Array | None) -> Array:
    """A score of every time by itself, averaged over times; (n,).

    Args:
        score: of this module, with weights.
        x, y: ensemble (n, m, t, ny, nx) and truth (n, t, ny, nx) or another ensemble; without t, the score itself.
    """
    if x.ndim == 4:
        return score(x, y, weights)
    return np.asarray(np.mean([score(x[:, :, k], y[..., k, :, :], weights) for k in range(x.shape[2])], axis=0))


def crps(x: Array, y: Array, weights: Array | None = None) -> Array:
    """Fair continuous ranked probability score, averaged over cells; (n,).

        mean |x_i−y| − Σ_{i≠j} |x_i−x_j| / (2m(m−1))

    which is the mean absolute error for a single member. Source: Ferro, Q. J. R. Meteorol. Soc. 140 (2014).
    """
    return crps_of_ensembles(x, y[:, None], weights)


def crps_of_ensembles(x: Array, y: Array, weights: Array | None = None) -> Array:
    """The same averaged over all members of a solver's ensemble y (n, M, …) as truths; (n,)."""
    m = x.shape[1]
    return cell_mean(_to_truth(x, y) - _apart(x) / max(m * (m - 1), 1), weights)


def crps_of_members(x: Array, y: Array, weights: Array | None = None) -> Array:
    """CRPS of the members as they are, not fair, against all members of y (n, M, …); (n,).

        mean |x_i−y_j| − Σ_{i≠j} |x_i−x_j| / (2m²)

    so that an ensemble of few members is worse than one of many: for the same distribution by half its mean difference over m.
    """
    return cell_mean(_to_truth(x, y) - _apart(x) / x.shape[1] ** 2, weights)


def energy_score_of_ensembles(x: Array, y: Array, weights: Array | None = None) -> Array:
    """Fair energy score of x, averaged over all members of y (n, M, …) as truths; (n,)."""
    m = x.shape[1]
    to_truth = distances(x, y, weights).mean(axis=(1, 2))
    return np.asarray(to_truth if m == 1 else to_truth - distances(x, x, weights).sum(axis=(1, 2)) / (2 * m * (m - 1)))


def energy_score(x: Array, y: Array, weights: Array | None = None) -> Array:
    """Fair energy score; (n,).

        mean ‖x_i−y‖ − Σ_{i≠j} ‖x_i−x_j‖ / (2m(m−1))

    Source: Gneiting & Raftery, J. Am. Stat. Assoc. 102 (2007).
    """
    m = x.shape[1]
    to_truth = distances(x, y[:, None], weights).mean(axis=(1, 2))
    if m == 1:
        return np.asarray(to_truth)
    return np.asarray(to_truth - distances(x, x, weights).sum(axis=(1, 2)) / (2 * m * (m - 1)))


def variogram_score(x: Array, y: Array, p: float = 0.5) -> Array:
    """Variogram score over pairs of cells a, b within four cells of each other; (n,).

        Σ_ab w_ab (|y_a−y_b|^p − mean_i |x_ia−x_ib|^p)²

    Weights fall as the inverse distance and sum to one: near pairs tell most about spatial structure.
    Source: Scheuerer & Hamill, Mon. Weather Rev. 143 (2015).
    """
    return variogram_score_of_ensembles(x, y[:, None], p)


def variogram_score_of_ensembles(x: Array, y: Array, p: float = 0.5) -> Array:
    """The same averaged over all members of a solver's ensemble y (n, M, …) as truths, sample by sample; (n,)."""
    return np.array([_variogram_score(members, truths, p) for members, truths in zip(x, y, strict=True)])


def _variogram_score(x: Array, y: Array, p: float) -> float:
    """Of one sample, members (m, ny, nx) and truths (M, ny, nx)."""
    reach = range(-REACH, REACH + 1)
    offsets = [(i, j) for i in reach for j in reach if _is_ahead(i, j, y.shape[-2:])]
    score, total = 0.0, 0.0
    for i, j in offsets:
        there = np.abs(_difference(y, i, j)) ** p
        expected = (np.abs(_difference(x, i, j)) ** p).mean(axis=0)
        weight = 1 / np.hypot(i, j)
        score += weight * float(((there - expected) ** 2).sum(axis=(-2, -1)).mean())
        total += weight * there[0].size
    return score / total


def energy_distance(x: Array, y: Array, weights: Array | None = None) -> Array:
    """2E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖ between two ensembles; (n,), never negative.

    Expectations run over all pairs, a member with itself included, so that equal ensembles have distance 0.
    Source: Székely & Rizzo, J. Stat. Plan. Inference 143 (2013).
    """
    between = distances(x, y, weights).mean(axis=(1, 2))
    within = distances(x, x, weights).mean(axis=(1, 2)) + distances(y, y, weights).mean(axis=(1, 2))
    return np.asarray(2 * between - within)


def energy_distance_ratio(x: Array, y: Array, weights: Array | None = None) -> Array:
    """Energy distance of x to a half of the solver's ensemble y, over that between the two halves; (n,).

    All three have the same number of members, so that 1 is as good as the solver itself.
    """
    half = min(x.shape[1], y.shape[1] // 2)
    one, other = y[:, :half], y[:, half : 2 * half]
    return energy_distance(x[:, :half], one, weights) / energy_distance(other, one, weights)


def spread_skill(x: Array, y: Array, weights: Array | None = None) -> Array:
    """√((m+1)/m · mean ensemble variance) / rmse of the ensemble mean; (n,), 1 is calibrated.

    Source: Fortin et al., J. Hydrometeorol. 15 (2014).
    """
    return spread_skill_of_ensembles(x, y[:, None], weights)


def spread_skill_of_ensembles(x: Array, y: Array, weights: Array | None = None) -> Array:
    """The same with the mean square error over all members of a solver's ensemble y (n, M, ny, nx) as truths; (n,).

    The mean of ratios to single truths would lie above 1 where few patterns make the weather: 1.17 for the solver's own halves.
    """
    m, centre = x.shape[1], x.mean(axis=1)
    square = np.mean([rmse(centre, y[:, k], weights) ** 2 for k in range(y.shape[1])], axis=0)
    return np.asarray(np.sqrt((m + 1) / m * mean_variance(x, weights) / square))


def rank_histogram(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Share of cells whose truth has rank 0 … m among the members, (m+1,); ties are broken at random."""
    m = x.shape[1]
    below = (x < y[:, None]).sum(axis=1)
    ties = (x == y[:, None]).sum(axis=1)
    ranks = below + rng.integers(0, ties + 1)
    return np.asarray(np.bincount(ranks.ravel(), minlength=m + 1) / ranks.size)


def reliability_index(histogram: Array) -> float:
    """Σ_b |f_b − 1/(m+1)| of a rank histogram; 0 is flat. Source: Delle Monache et al. (2006)."""
    return float(np.abs(histogram - 1 / len(histogram)).sum())


def variance_ratio(x: Array, y: Array, weights: Array | None = None) -> Array:
    """⟨Var generated⟩/⟨Var solver⟩ of two ensembles; (n,), 1 is right and 0 is mode collapse."""
    return np.asarray(mean_variance(x, weights) / mean_variance(y, weights))


def z_sensitivity(x: Array, weights: Array | None = None) -> Array:
    """Change of the output when only the noise changes: mean vrmse of a member against the next; (n,).

    0 is a generator that ignores its noise.
    """
    pairs = range(x.shape[1] - 1)
    return np.asarray(np.mean([vrmse(x[:, i], x[:, i + 1], weights) for i in pairs], axis=0))


def coverage(lower: Array, upper: Array, y: Array, weights: Array | None = None) -> Array:
    """Share of the truth inside the band [lower, upper], fields (n, ny, nx); (n,)."""
    return cell_mean(((lower <= y) & (y <= upper)).astype(float), weights)


def width(lower: Array, upper: Array, weights: Array | None = None) -> Array:
    """Mean width of the band [lower, upper], in the unit of the field; (n,)."""
    return cell_mean(upper - lower, weights)


def distances(x: Array, y: Array, weights: Array | None = None) -> Array:
    """‖x_i − y_j‖ for all pairs of members of two ensembles; (n, m, M), exact to 1e-8 of the deviation.

    ‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b   about the mean of x: one product of matrices instead of a pass for each pair
    """
    w = np.broadcast_to(1.0 if weights is None else weights, (len(x), *x.shape[-2:]))
    scale = np.sqrt(w / w.sum(axis=(1, 2), keepdims=True))[:, None]
    centre = x.mean(axis=1, keepdims=True)
    a, b = (((z - centre) * scale).reshape(*z.shape[:2], -1) for z in (x, y))
    squares = (a**2).sum(axis=2)[:, :, None] + (b**2).sum(axis=2)[:, None] - 2 * a @ b.swapaxes(1, 2)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _to_truth(x: Array, y: Array) -> Array:
    """|x_i − y_j|, averaged over the members of both, (n, ny, nx); sample by sample, as one fits the cache."""
    return np.stack([np.mean([np.abs(a - truth).mean(axis=0) for truth in b], axis=0) for a, b in zip(x, y, strict=True)])


def _apart(x: Array) -> Array:
    """Σ_{i<j} |x_i − x_j| = Σ_i rank_i x_i of sorted members, (n, ny, nx)."""
    m = x.shape[1]
    return np.asarray(np.einsum("i,ni...->n...", 2 * np.arange(m) - m + 1, np.sort(x, axis=1)))


def _is_ahead(i: int, j: int, shape: tuple[int, ...]) -> bool:
    """Whether (i, j) is one of each pair of opposite offsets, within reach and within the grid."""
    ahead = i > 0 or (i == 0 and j > 0)
    return ahead and i * i + j * j <= REACH**2 and i < shape[0] and abs(j) < shape[1]


def _difference(a: Array, i: int, j: int) -> Array:
    """a at cells offset by (i, j), less a; over the cells that have such a partner."""
    ny, nx = a.shape[-2:]
    there = a[..., i:, max(j, 0) : nx + min(j, 0)]
    here = a[..., : ny - i, max(-j, 0) : nx - max(j, 0)]
    return there - here
