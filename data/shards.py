"""A shard: one NetCDF file with some consecutive samples, made by one task and written whole."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from ..solvers.errors import IntegrityError, NumericalError
from .identity import refuse_difference
from .members import outcomes
from .netcdf import encode
from .samples import Sample, simulate_sample
from .scenario import Scenario
from .schema import assemble, named, validate
from .storage import describe, stage


@dataclass(frozen=True)
class Shard:
    """A stretch of the samples of a data set.

    Attributes:
        path: its final name.
        start, stop: the indices of its samples, half open.
        seed: the seed of the data set.
        config, identity: JSON texts that go into its attributes.
    """

    path: Path
    start: int
    stop: int
    seed: int
    config: str
    identity: str

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Staged:
    """A shard that stands under its temporary name, flushed, waiting for the writer of the folder to name it.

    Attributes:
        shard: what it is.
        temporary: that name, or None where every sample failed.
        entry: its entry in the manifest: sha256, bytes, and the seconds that it took [s].
        failures: {index: reason} of the samples that the solver gave up on.
    """

    shard: Shard
    temporary: Path | None
    entry: dict[str, Any]
    failures: dict[int, str]


@dataclass(frozen=True)
class ShardPlan:
    """The shards of a data set by number; holds none of them."""

    folder: Path
    samples: int
    shard_size: int
    seed: int
    config: str
    identity: str

    def __len__(self) -> int:
        return -(-self.samples // self.shard_size)

    def __getitem__(self, number: int) -> Shard:
        if not 0 <= number < len(self):
            raise IndexError(number)
        start = number * self.shard_size
        stop = min(start + self.shard_size, self.samples)
        digits = max(
            5, len(str(len(self) - 1))
        )  # equal length, so that the order of names is the order of samples
        path = self.folder / f"shard-{number:0{digits}d}.nc"
        return Shard(path, start, stop, self.seed, self.config, self.identity)


def make_shard(scenario: Scenario, shard: Shard) -> Staged:
    """Solve the samples of a shard and write them under a temporary name.

    Raises:
        FieldganError: if the disk is full or the folder cannot be written.
    """
    begin = perf_counter()
    solved: list[Sample] = []
    failures: dict[int, str] = {}
    for index in range(shard.start, shard.stop):
        try:
            solved.append(simulate_sample(scenario, shard.seed, index))
        except NumericalError as error:
            failures[index] = str(error)
    if not solved:
        return Staged(shard, None, {}, failures)
    dataset = assemble(scenario, solved, shard.seed, shard.config, shard.identity)
    validate(dataset, shard.path.name)
    content = encode(dataset)
    temporary = stage(shard.path, lambda path: _save(path, content))
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return Staged(shard, temporary, entry | {"seconds": round(perf_counter() - begin, 6)}, failures)


def _save(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def read_shard(path: Path) -> xr.Dataset:
    """A shard in memory, every checksum in it checked.

    Raises:
        IntegrityError: if it is damaged or not a field dataset.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as lazy:
            dataset = lazy.load()
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise IntegrityError(
            f"{path} cannot be read as NetCDF ({error})"
        ) from None
    validate(dataset, str(path))
    return dataset


def salvage(shard: Shard) -> dict[str, Any] | None:
    """The manifest entry of a shard that stands without one, its run being killed; None if it must be remade.

    Raises:
        UsageError: if it is sound but belongs to another data set; shows the difference.
    """
    try:
        dataset = read_shard(shard.path)
    except IntegrityError:
        return None
    refuse_difference(
        json.loads(dataset.attrs.get("fieldgan_identity", "{}")), json.loads(shard.identity), shard.path
    )
    fields = [*named(dataset, "condition"), *named(dataset, "target")]
    whole = np.array_equal(dataset["sample"].values, np.arange(shard.start, shard.stop))
    if not whole or not all(np.isfinite(outcomes(dataset, name)).all() for name in fields):
        return None
    seconds = float(dataset["solve_seconds"].sum())
    return describe(shard.path) | {"seconds": round(seconds, 6)}
