"""What was learned, as a function on encoded samples."""

from collections.abc import Mapping
from typing import Protocol

from ..data.scenario import Array
from .encoding import Encoded


class Regressor(Protocol):
    """Corrections from encoded conditions: what was learned."""

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """(n, members, outputs, ny, nx) float32; n × 1 × … from a deterministic one."""
        ...

    def tensors(self) -> Mapping[str, Array]:
        """All that it has learned, by name."""
        ...
