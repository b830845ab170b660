"""What practice uses instead of a solver, as a model that has nothing to learn: the scenario's own formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..data.scenario import Array, Fields
from .encoding import Encoded, Encoding


@dataclass(frozen=True)
class Formula:
    """A Regressor that evaluates a formula on the conditions themselves; `encoding` knows what a correction is."""

    formula: Callable[[Fields], Fields]
    encoding: Encoding

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """The same for every member, (n, 1, outputs, ny, nx)."""
        told = self.encoding.told_by(self.formula, encoded.conditions)
        return self.encoding.corrections_of(told, None, encoded.frame)[:, None]

    def tensors(self) -> Mapping[str, Array]:
        """None: it has learned nothing."""
        return {}
