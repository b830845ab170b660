"""Scores of ensembles: every method's members against a half of the solver's own, which its other half is a measure for."""

from collections.abc import Mapping

import numpy as np

from ..data import ensemble_metrics as m
from ..data.air_quality import concentration_metrics
from ..data.metrics import mae, over_time, rmse, vrmse
from ..data.scenario import Array, Fields, Variable
from ..data.spectra import lsd_of_means
from .problems import Problems
from .quantities import of_means, quantity_scores

FEW = 4  # truths that the variogram score, which costs most, looks at
ERROR = "crps_ensemble"


def ensemble_scores(predicted: Fields, problems: Problems) -> dict[str, dict[str, Array]]:
    """Metrics of every target and sample, METRICS "Ensembles"; "overall" has the two that a method is ranked by.

    Those of a single truth are averaged over the truth's members. `crps_ensemble` is the CRPS of the members as they are, which
    few members raise, and `overall` has it over the deviation of the truth; `crps` is the fair one. rmse, mae and vrmse are those
    of the ensemble's mean. Quantities, and the measures of concentrations, are of the mean of either side.
    """
    counted = [v for v in problems.scenario.targets if not v.vanishes]
    scores = {v.name: target_scores(predicted[v.name], v, problems) for v in problems.scenario.targets}
    relative = [scores[v.name][ERROR] / deviation(problems, v) for v in counted]
    overall = {"vrmse": np.mean([scores[v.name]["vrmse"] for v in counted], axis=0), ERROR: np.mean(relative, axis=0)}
    quantities = quantity_scores(of_means(predicted), of_means(problems.truth), problems)
    return {**scores, **quantities, "overall": overall}


def deviation(problems: Problems, target: Variable) -> float:
    """Standard deviation of the truth's members around their mean, over all test samples, in the target's unit."""
    truth = problems.truth[target.name]
    return float(np.sqrt(m.each_time(lambda x, y, w: m.mean_variance(x, w), truth, truth, problems.weights).mean()))


def target_scores(predicted: Array, target: Variable, problems: Problems) -> dict[str, Array]:
    """All metrics of one target, {key: (n,)}."""
    x, y, weights = np.asarray(predicted, dtype=np.float64), problems.truth[target.name], problems.weights
    scored = {
        "crps": m.crps_of_ensembles,
        ERROR: m.crps_of_members,
        "energy_score": m.energy_score_of_ensembles,
        "variogram_score": lambda x, y, w: m.variogram_score_of_ensembles(x, y[:, :FEW]),
        "energy_distance": m.energy_distance,
        "spread_skill": m.spread_skill_of_ensembles,
        "reliability_index": reliability,
        "variance_ratio": m.variance_ratio,
        "z_sensitivity": lambda x, y, w: m.z_sensitivity(x, w),
    }
    found = {key: m.each_time(score, x, y, weights) for key, score in scored.items()}
    both = np.concatenate([y, problems.half[target.name]], axis=1)
    found["energy_distance_ratio"] = m.each_time(m.energy_distance_ratio, x, both, weights)
    centre = x.mean(axis=1)
    of_mean = {
        name: np.mean([over_time(score(centre, y[:, k], weights)) for k in range(y.shape[1])], axis=0)
        for name, score in (("rmse", rmse), ("mae", mae), ("vrmse", vrmse))
    }
    if target.concentration:
        of_mean |= concentration_metrics(centre, y.mean(axis=1), weights)
    return found | of_mean | {"lsd": over_time(lsd_of_means(x, y, problems.edges))}


def reliability(x: Array, y: Array, weights: Array | None) -> Array:
    """The reliability index of every sample, all cells and truths in one histogram; (n,)."""
    return np.array([m.reliability_index(h) for h in histograms(x, y)])


def histograms(x: Array, y: Array) -> Array:
    """The rank histogram of every sample over all cells and truths, (n, members + 1)."""
    rng = np.random.default_rng(0)

    def one(k: int) -> Array:
        return np.asarray(np.mean([m.rank_histogram(x[k : k + 1], y[k : k + 1, j], rng) for j in range(y.shape[1])], axis=0))

    return np.array([one(k) for k in range(len(x))])


def rank_histograms(predictions: Mapping[str, Fields], problems: Problems) -> dict[str, dict[str, list[float]]]:
    """{method: {target: mean histogram over the test samples}}."""
    return {
        label: {v.name: _over_samples(fields[v.name], problems.truth[v.name]) for v in problems.scenario.targets}
        for label, fields in predictions.items()
    }


def _over_samples(x: Array, y: Array) -> list[float]:
    fields = [(x, y)] if x.ndim == 4 else [(x[:, :, k], y[:, :, k]) for k in range(x.shape[2])]
    return [float(f) for f in np.mean([histograms(*pair).mean(axis=0) for pair in fields], axis=0)]
