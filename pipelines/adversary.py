"""Does the adversary help? The GAN against the same generator trained without a critic, sample by sample."""

from collections.abc import Container, Mapping
from typing import Any, Literal

import numpy as np

from ..data.scenario import Array
from .result import Scores
from .speedup import MATERIAL, mean_interval

WITH, WITHOUT, ALONE = "cgan", "unet", "cgan-nocritic"
NUMBERS = ("vrmse", "lsd", "crps", "energy_distance")
Effect = Literal["better", "worse", "no difference shown"]


def adversary_line(scores: Mapping[str, Scores], draws: int) -> dict[str, Any] | None:
    """{metric: {"with", "without", "ci95_of_difference"}}, with − without; None unless both are there."""
    other = without(scores)
    if WITH not in scores or other not in scores:
        return None
    return {metric: paired(per_sample(scores[WITH], metric), per_sample(scores[other], metric), draws) for metric in NUMBERS}


def without(names: Container[str]) -> str:
    """The same generator without a critic: the regression, or of ensembles the game that was played without one."""
    return ALONE if ALONE in names else WITHOUT


def per_sample(scores: Scores, metric: str) -> Array:
    """A metric of every sample, averaged over the targets (vrmse: over those that count in the overall error), (n,)."""
    if metric in scores["overall"]:
        return scores["overall"][metric]
    targets = [values[metric] for variable, values in scores.items() if variable != "overall" and metric in values]
    return np.asarray(np.mean(targets, axis=0))


def paired(with_critic: Array, without: Array, draws: int) -> dict[str, Any]:
    """Means, and the 95 % interval of the mean difference over the same samples."""
    return {
        "with": float(with_critic.mean()),
        "without": float(without.mean()),
        "ci95_of_difference": list(mean_interval(with_critic - without, draws)),
    }


def effect(numbers: Mapping[str, Any]) -> Effect:
    """What the critic does to an error: nothing where the interval holds 0, or the means differ by less than 1 %."""
    low, high = numbers["ci95_of_difference"]
    material = abs(numbers["with"] - numbers["without"]) >= MATERIAL * abs(numbers["without"])
    if not material or low <= 0 <= high:
        return "no difference shown"
    return "worse" if low > 0 else "better"
