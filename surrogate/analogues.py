"""An ensemble of a regression: its mean, and what it left of the outcomes under the nearest training conditions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..data.scenario import Array
from .encoding import Encoded, Encoding
from .ensembles import corrections_of_members
from .nearest import Neighbours, fit_neighbours
from .regressor import Regressor
from .training_data import Samples

NEIGHBOURS = 4  # training conditions whose residuals make members, more where these have too few outcomes
ANALOGUES = "analogues:"  # before the names of its own arrays among the tensors


@dataclass(frozen=True)
class Analogues:
    """A Regressor of the conditional mean, dressed with `residuals` (n, m, outputs, ny, nx) of training samples.

        member k = mean + (outcome k // 4 of neighbour k mod 4) − (mean of that neighbour)

    Residuals are whole fields: they keep how cells vary together, but know the conditions of the neighbours only.
    Source: the dressing of Roulston & Smith, Tellus A 55 (2003) 16, with analogues in place of all past errors.
    """

    mean: Regressor
    neighbours: Neighbours
    residuals: Array

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """(n, members, outputs, ny, nx); a single member is the mean. Where residuals run out they come again."""
        centre = self.mean(encoded, 1, seed)
        if members == 1:
            return centre
        outcomes, member = self.residuals.shape[1], np.arange(members)
        rows = self.neighbours.nearest(encoded, max(NEIGHBOURS, -(-members // outcomes)))
        count = rows.shape[1]
        return np.asarray(centre + self.residuals[rows[:, member % count], member // count % outcomes])

    def tensors(self) -> Mapping[str, Array]:
        """Those of the regression, and its own under names of their own."""
        own = {**self.neighbours.tensors(), "residuals": self.residuals}
        return {**self.mean.tensors(), **{ANALOGUES + name: a for name, a in own.items()}}


def fit_analogues(mean: Regressor, samples: Samples, encoding: Encoding) -> Analogues:
    """Remember what a regression leaves of all outcomes of the training samples."""
    told = encoding.encode(samples.conditions, None, samples.rough)
    left = corrections_of_members(samples, encoding, told.frame) - mean(told, 1, 0)
    return Analogues(mean, fit_neighbours(encoding.encode(samples.conditions, None)), left)
