"""The least that a surrogate must beat: the mean of the training fields, whatever the conditions."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..data.scenario import Array
from .encoding import Encoded


@dataclass(frozen=True)
class Mean:
    """A Regressor that answers the mean training field, (targets, ny, nx)."""

    field: Array

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """The same for every sample, (n, 1, targets, ny, nx)."""
        return self.field[None, None].repeat(len(encoded.fields), axis=0)

    def tensors(self) -> Mapping[str, Array]:
        """The field."""
        return {"field": self.field}
