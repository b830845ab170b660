"""Numbers that people ask of a solution, and by how much a prediction misses them."""

from collections.abc import Mapping

import numpy as np

from ..data.scenario import Array, Fields
from .methods import unstack
from .problems import Problems


def quantity_scores(predicted: Fields, truth: Fields, problems: Problems) -> dict[str, dict[str, Array]]:
    """{quantity: {"relative_error": (n,)}} of the scenario's quantities; "absolute_error" of those with units.

    Args:
        predicted, truth: one field per sample, {name: (n, *axes, ny, nx)}.
    """
    ask, units = problems.scenario.quantities, problems.scenario.quantity_units
    if ask is None:
        return {}
    conditions = unstack(problems.conditions)
    found, true = ([ask(*pair) for pair in zip(conditions, unstack(a), strict=True)] for a in (predicted, truth))
    scores = {}
    for name in true[0]:
        v, u = (np.array([quantities[name] for quantities in side]) for side in (found, true))
        scores[name] = {"absolute_error": np.abs(v - u)} if name in units else {"relative_error": np.abs(v / u - 1)}
    return scores


def of_means(ensembles: Fields) -> Mapping[str, Array]:
    """The mean over the members of every field, {name: (n, *axes, ny, nx)}."""
    return {name: np.asarray(a.mean(axis=1, dtype=np.float64)) for name, a in ensembles.items()}
