"""What every surrogate is: the GAN, the same generator without adversary, and the baselines alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import xarray as xr

from ..data.scenario import Fields


class Surrogate(Protocol):
    """Learns fields from conditions.

    `fields` is the fast path on plain arrays: {condition: (n, ny, nx) or (n,)} gives {target: (n, ny, nx)},
    or {target: (n, members, ny, nx)} where more than one member is asked for. `predict` is the same with
    coordinates and units.
    """

    @property
    def name(self) -> str: ...

    def fields(self, conditions: Fields, members: int = 1, seed: int = 0) -> Fields: ...

    def predict(self, conditions: xr.Dataset, members: int = 1, seed: int = 0) -> xr.Dataset: ...

    def save(self, folder: Path) -> None: ...

    @property
    def costs(self) -> Mapping[str, float]:
        """Seconds that were spent on training, {"training_seconds": …}."""
        ...
