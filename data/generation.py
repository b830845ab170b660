"""Generate a data set: solve every sample, store shards, then statistics, description and manifest.

    lock -> keep what stands -> one task per missing shard -> statistics.json, DATASET.md -> manifest.json

The manifest is also written every few seconds on the way, marked incomplete; a run that is killed keeps all
shards that were finished, with or without an entry.
"""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic

import xarray as xr

from ..solvers.errors import NumericalError, UsageError
from .card import CARD, dataset_card
from .datasets import BOOKKEEPING
from .identity import identify
from .lock import writer
from .plan import check_fits
from .scenario import Scenario
from .shards import ShardPlan, make_shard, read_shard, salvage
from .statistics import STATISTICS, training_statistics, write_statistics
from .stock import Stock, sweep, take_stock
from .storage import commit, describe, write_text
from .workers import refuse_nested_start, run_tasks

Progress = Callable[[int, int, float], None]
SAVE_EVERY = 2.0  # seconds between two manifests of a run in progress


def generate(
    scenario: Scenario,
    folder: str | Path,
    samples: int,
    seed: int = 0,
    *,
    shard_size: int = 32,
    workers: int = 1,
    scheduler: str | None = None,
    config: str = "",
    progress: Progress = lambda done, total, seconds: None,
    fresh: bool = False,
) -> Path:
    """Generate the data of a run, or go on with it where it was interrupted.

    Sample i depends on (seed, i) alone: any number of workers and interruptions gives the same values.

    Args:
        folder: the run folder; the data go to `folder/data`.
        samples: number of simulations; those that fail are listed in the manifest and left out.
        seed: seed of the data set, 0 or more.
        shard_size: samples per file.
        workers: processes, one thread each; 1 works in this process.
        scheduler: address of a Dask scheduler to use instead; its workers must see the same folder.
        config: resolved configuration of the run for the record, JSON.
        progress: called as `progress(done, total, seconds)` with samples done and seconds since the start.
        fresh: remove the data that stand there first.
    Returns:
        The folder with the data.
    Raises:
        UsageError: if it cannot fit, another process writes here, or the folder holds another data set (the
            difference is shown).
        NumericalError: if every single sample failed.
    """
    refuse_nested_start(workers)
    if seed < 0:
        raise UsageError(f"seed={seed} is negative; use 0 or more")
    check_fits(scenario, Path(folder), samples, shard_size, workers)
    data = Path(folder).resolve() / "data"
    with writer(data.parent):
        sweep(data, everything=fresh)
        identity = identify(scenario, samples, seed, shard_size)
        plan = ShardPlan(data, samples, shard_size, seed, config, json.dumps(identity, sort_keys=True))
        stock = take_stock(data, identity)
        if not stock.complete:
            _make_missing(scenario, plan, stock, workers, scheduler, progress)
            _finish(scenario, stock)
    return data


def _make_missing(
    scenario: Scenario, plan: ShardPlan, stock: Stock, workers: int, scheduler: str | None, progress: Progress
) -> None:
    """Salvage the shards that a killed run has left without an entry, and make the others."""
    begin = saved = monotonic()
    missing = [number for number in range(len(plan)) if not _is_kept(plan, number, stock)]
    done = plan.samples - sum(len(plan[number]) for number in missing)
    progress(done, plan.samples, 0.0)
    todo = (plan[number] for number in missing)
    with closing(run_tasks(make_shard, scenario, todo, len(missing), workers, scheduler)) as results:
        for result in results:
            if result.temporary is not None:
                commit(result.temporary, result.shard.path)
                stock.files[result.shard.path.name] = result.entry
            stock.failures |= result.failures
            done += len(result.shard)
            if monotonic() - saved > SAVE_EVERY:
                stock.save()
                saved = monotonic()
            progress(done, plan.samples, monotonic() - begin)


def _is_kept(plan: ShardPlan, number: int, stock: Stock) -> bool:
    shard = plan[number]
    if shard.path.name in stock.files:
        return True
    if shard.path.exists():
        entry = salvage(shard)
        if entry:
            stock.files[shard.path.name] = entry
        return entry is not None
    return all(index in stock.failures for index in range(shard.start, shard.stop))


def _finish(scenario: Scenario, stock: Stock) -> None:
    """Write statistics, description and, last, the manifest that calls the data complete."""
    shards = sorted(name for name in stock.files if name.endswith(".nc"))
    if not shards:
        index, reason = min(stock.failures.items())
        raise NumericalError(f"all {len(stock.failures)} samples failed; sample {index}: {reason}")
    records: list[xr.Dataset] = []

    def read(name: str) -> xr.Dataset:
        shard = read_shard(stock.folder / name)
        records.append(shard[[known for known in BOOKKEEPING if known in shard]])
        return shard

    statistics = training_statistics(map(read, shards))
    write_statistics(stock.folder / STATISTICS, statistics)
    card = dataset_card(scenario, xr.concat(records, "sample"), statistics, stock.identity, stock.failures)
    write_text(stock.folder / CARD, card)
    for name in (STATISTICS, CARD):
        stock.files[name] = describe(stock.folder / name)
    stock.complete = True
    stock.save()
