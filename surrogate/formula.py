"""What practice uses instead of a solver, as a model that has nothing to learn: the scenario's own formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..data.scenario import Array, Fields
from .encoding import Encoded, Encoding


@dataclass(frozen=True)
class Formula:
    """A Regressor that evaluates a formula on the conditions themselves; `encoding` knows what a correction is."""

    formula: Callable[[Fields], Fields]
    encoding: Encoding

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """The same for every member, (n, 1, outputs, ny, nx)."""
        solved = [self.formula(self._plain(encoded, sample)) for sample in range(len(encoded.fields))]
        targets = {v.name: np.stack([fields[v.name] for fields in solved]) for v in self.encoding.targets}
        return self.encoding.corrections_of(targets, None, encoded.frame)[:, None]

    def tensors(self) -> Mapping[str, Array]:
        """None: it has learned nothing."""
        return {}

    def _plain(self, encoded: Encoded, sample: int) -> Fields:
        """The conditions of one sample in float64."""
        return {v.name: np.asarray(encoded.conditions[v.name][sample], dtype=np.float64) for v in self.encoding.inputs}
