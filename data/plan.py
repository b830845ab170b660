"""What a generation will take, worked out before it starts, and a refusal of what cannot fit."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ..solvers.errors import NumericalError, UsageError
from .members import longest, mean_members, members_of
from .samples import simulate_sample
from .scenario import Scenario
from .splits import split_of

SOLVER_ARRAYS = 24  # float64 arrays of the truth grid that a solve holds at once, multigrid levels included
SLOW = 1.0  # seconds of a sample, after which two are enough
FILE_COPIES = 5  # of a file of fields in memory: single samples, joined, encoded, as bytes, and room for one in float64
WORKER_BYTES = 250 * 2**20  # an interpreter with numpy, numba and xarray loaded


@dataclass(frozen=True)
class Plan:
    """What generating a data set takes.

    Attributes:
        samples, shards: how many of each.
        bytes: size on disk [B].
        memory: peak of all worker processes together [B].
        seconds: wall time with these workers [s]; NaN where it was not measured.
    """

    samples: int
    shards: int
    bytes: int
    memory: int
    seconds: float = float("nan")

    def __str__(self) -> str:
        duration = "" if self.seconds != self.seconds else f", about {_duration(self.seconds)}"
        return (
            f"{self.samples} samples in {self.shards} files, {_size(self.bytes)} on disk, "
            f"{_size(self.memory)} of memory{duration}"
        )


def plan(
    scenario: Scenario, folder: Path, samples: int, shard_size: int, workers: int, seed: int = 0
) -> Plan:
    """Work out what a generation takes, timing one sample, and refuse what cannot fit.

    Raises:
        UsageError: if disk or memory do not suffice; before anything is solved.
    """
    sized = check_fits(scenario, folder, samples, shard_size, workers)
    seconds = _seconds_per_sample(scenario, seed) * samples / min(workers, sized.shards)
    return Plan(sized.samples, sized.shards, sized.bytes, sized.memory, seconds)


def check_fits(scenario: Scenario, folder: Path, samples: int, shard_size: int, workers: int) -> Plan:
    """The size of a generation, from arithmetic alone.

    Raises:
        UsageError: if it needs more disk or memory than there is; names need, limit and remedy.
    """
    for name, value in (("samples", samples), ("shard_size", shard_size), ("workers", workers)):
        if value < 1:
            raise UsageError(f"{name}={value} is out of range; use 1 or more")
    stored, truth = _cells(scenario, scenario.stored_resolution), _cells(scenario, scenario.truth_resolution)
    given, sought = (sum(v.channels for v in side if not v.scalar) for side in (scenario.inputs, scenario.targets))
    scalars = 4 * sum(v.scalar for v in scenario.inputs) + 128
    most = max(1, longest(scenario))
    shard = min(samples, shard_size) * (4 * stored * (given + most * sought) + scalars)
    arrays = SOLVER_ARRAYS + sum(v.channels for v in scenario.inputs) + most * sought
    memory = workers * (WORKER_BYTES + 3 * shard + 8 * truth * arrays)
    disk = samples * round(4 * stored * (given + mean_members(scenario) * sought) + scalars)
    sized = Plan(samples, -(-samples // shard_size), disk, memory)
    _refuse_beyond(
        "disk space", sized.bytes, _free_disk(folder), f"in {folder}; use fewer samples or another disk"
    )
    _refuse_beyond(
        "memory",
        memory,
        psutil.virtual_memory().total,
        "on this machine; use a coarser grid or fewer workers",
    )
    return sized


def check_file(file: Path, values: int, remedy: str) -> None:
    """Refuse a file of float32 values that the disk, or the memory while it is made, cannot hold; from arithmetic alone.

    Args:
        file: where it is to stand.
        values: how many.
        remedy: what to ask for instead.
    Raises:
        UsageError: naming need, limit and remedy.
    """
    size = 4 * values
    _refuse_beyond("disk space", size, _free_disk(file.parent), f"in {file.parent}; {remedy}")
    _refuse_beyond("memory", FILE_COPIES * size, psutil.virtual_memory().total, f"on this machine; {remedy}")


def _refuse_beyond(what: str, needed: int, limit: int, remedy: str) -> None:
    if needed > limit:
        raise UsageError(f"this needs {_size(needed)} of {what}, there is {_size(limit)} {remedy}")


def _cells(scenario: Scenario, resolution: int) -> int:
    ny, nx = scenario.domain.shape(resolution)
    return ny * nx


def _free_disk(folder: Path) -> int:
    existing = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(existing).free


def _seconds_per_sample(scenario: Scenario, seed: int) -> float:
    """Seconds of the faster of two samples, after a first; compilation, which any of them may need, is not counted.

    A sample with more or fewer members than the mean counts in proportion; rough samples count by themselves.
    """
    if scenario.rough is None:
        return _seconds_of(scenario, seed, range(3)) * mean_members(scenario)
    indices, is_rough, learned = range(99 * scenario.one_in), scenario.rough.holds, scenario.rough.exact_one_in > 0
    rough = [index for index in indices if is_rough(index)]
    exact = [i for i in indices if not is_rough(i) and (not learned or split_of(i, scenario.one_in) == "train")]
    one, many = (_seconds_of(scenario, seed, chosen[:3]) for chosen in (exact, rough))
    share, members = scenario.rough.exact_share, max(1, members_of(scenario, rough[0]))
    return one * (mean_members(scenario) - (1 - share) * members) + many * (1 - share) * members


def _seconds_of(scenario: Scenario, seed: int, indices: Sequence[int]) -> float:
    """Seconds per member of the fastest of some samples but the first; where that is slow, of the next alone."""
    seconds: list[float] = []
    members: list[int] = []
    for index in indices:
        if len(seconds) > 1 and seconds[0] > SLOW:
            break
        start = perf_counter()
        with suppress(NumericalError), threadpool_limits(1, user_api="blas"):
            simulate_sample(scenario, seed, index)
        seconds.append(perf_counter() - start)
        members.append(max(1, members_of(scenario, index)))
    return min(s / m for s, m in zip(seconds[1:], members[1:], strict=True))


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} EB"


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
