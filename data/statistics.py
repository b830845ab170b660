"""Mean, standard deviation and range of each variable, over the training samples only."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from ..solvers.errors import IntegrityError
from .members import outcomes
from .scenario import Array
from .schema import named
from .storage import check_schema, read_json, write_json

STATISTICS = "statistics.json"
SCHEMA = "fieldgan-statistics/1"


@dataclass(frozen=True)
class Moments:
    """Statistics of a variable over all cells and samples, in its unit; std is that of the population."""

    mean: float
    std: float
    minimum: float
    maximum: float
    count: int

    def joined(self, other: "Moments") -> "Moments":
        """The moments of both sets of values together (Chan, Golub & LeVeque 1979)."""
        count = self.count + other.count
        shift = other.mean - self.mean
        squares = (
            self.count * self.std**2
            + other.count * other.std**2
            + shift**2 * self.count * other.count / count
        )
        return Moments(
            self.mean + shift * other.count / count,
            float(np.sqrt(squares / count)),
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            count,
        )


Statistics = dict[str, Moments]


def training_statistics(parts: Iterable[xr.Dataset]) -> Statistics:
    """The moments of every condition and target over the training split; empty where that is.

    Args:
        parts: the data set in pieces, of which only one is held in memory at a time.
    """
    total: Statistics = {}
    for part in parts:
        train = part.isel(sample=np.flatnonzero(part["split"].values == "train"))
        for name in [*named(part, "condition"), *named(part, "target")] if train.sizes["sample"] else []:
            found = moments(outcomes(train, name))
            total[name] = total[name].joined(found) if name in total else found
    return total


def moments(values: Array) -> Moments:
    """The moments of an array, in float64."""
    exact = np.asarray(values, dtype=np.float64)
    return Moments(
        float(exact.mean()), float(exact.std()), float(exact.min()), float(exact.max()), exact.size
    )


def write_statistics(path: Path, statistics: Statistics) -> None:
    """Write statistics as JSON."""
    write_json(
        path, {"schema": SCHEMA, "split": "train", "variables": {k: asdict(m) for k, m in statistics.items()}}
    )


def read_statistics(path: Path) -> Statistics:
    """Read statistics.

    Raises:
        IntegrityError: if the file is damaged, of a newer schema, or holds values that cannot be statistics.
    """
    content = read_json(path)
    try:
        check_schema(content["schema"], SCHEMA, path)
        statistics = {name: Moments(**values) for name, values in content["variables"].items()}
        sound = all(
            m.std >= 0 and m.minimum <= m.mean <= m.maximum and m.count > 0 for m in statistics.values()
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path} is not a file of statistics ({error}); make it again") from None
    if not sound:
        raise IntegrityError(f"{path} holds impossible statistics; make it again")
    return statistics
