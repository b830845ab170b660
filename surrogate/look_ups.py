"""Look-ups of training samples where most of these are rough: by all of them, or by the exact ones alone."""

from collections.abc import Callable, Iterator

import numpy as np

from ..data.ensemble_metrics import crps_of_ensembles, each_time
from .encoding import Encoding
from .ensembles import corrections_of_members
from .regressor import Regressor
from .training_data import Samples, TrainingData

MEMBERS = 16  # that a look-up is judged by


def best_look_up(fit: Callable[[Samples], Regressor], data: TrainingData, encoding: Encoding) -> Regressor:
    """The look-up of least CRPS in validation (mean absolute error of single outcomes), or of all samples where none is judged.

    Rough samples are many, and no look-up can be told that they are rough.
    """
    candidates = [fit(samples) for samples in _libraries(data.training)]
    if len(candidates) == 1 or not len(data.validation):
        return candidates[0]
    encoded = encoding.encode(data.validation.conditions, None)
    truth = corrections_of_members(data.validation, encoding, encoded.frame)
    weights = np.broadcast_to(encoding.weights(data.validation.conditions) * data.area, (len(truth), *data.shape))
    members = MEMBERS if data.validation.members else 1
    errors = [each_time(crps_of_ensembles, c(encoded, members, 0), truth, weights).mean() for c in candidates]
    return candidates[int(np.argmin(errors))]


def _libraries(samples: Samples) -> Iterator[Samples]:
    """All samples, and the exact ones where some are rough."""
    yield samples
    if samples.rough is not None:
        rows = np.flatnonzero(samples.rough == 0)
        conditions, targets = ({name: a[rows] for name, a in fields.items()} for fields in (samples.conditions, samples.targets))
        yield Samples(conditions, targets, None, samples.members, samples.rough[rows])
