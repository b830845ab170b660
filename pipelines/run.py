"""The main job: generate, train, compare, each stage resumed where it was left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import xarray as xr

from ..data.datasets import open_dataset
from ..data.generation import generate
from ..data.lock import writer
from ..data.names import unknown
from ..data.scenario import Scenario
from ..data.scenarios import scenario as scenario_named
from ..data.storage import MANIFEST
from ..solvers.errors import UsageError
from ..surrogate.dcgan_settings import DCGAN
from ..surrogate.game import device_of
from ..surrogate.recipes import MODELS
from ..surrogate.registry import check_model, samples_of, train
from ..surrogate.training_data import TrainingData
from ..surrogate.virtual import train_virtual
from ..surrogate.virtual_folder import collapse
from .compare import compare
from .config import RunConfig, resolve
from .configure import configure
from .console import say
from .environment import physical_cores
from .extent import extent, training_memory
from .machine import machine
from .progress import Advance, duration, progress
from .run_folder import FOLDERS, STAGES, Record, open_record, read_record
from .side_by_side import at_once, train_side_by_side
from .spread import SpreadWatch, collapsed
from .virtual import virtual_models

PATIENCE = 60.0  # seconds for a training whose run was killed to notice that, save and end


@dataclass(frozen=True)
class OwnData:
    """NetCDF files of the user's own; names of conditions and targets where the files do not tell."""

    paths: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A run folder and what is to be in it.

    Attributes:
        scenario: what is simulated; None for data of the user's own.
        workers, scheduler: where samples are generated: local processes, or a Dask scheduler.
        threads: threads of training and prediction, for the record.
        only: surrogates to train now, of those of the configuration; all where empty.
    """

    folder: Path
    scenario: Scenario | None
    config: RunConfig
    workers: int = 1
    scheduler: str | None = None
    threads: int = 1
    own: OwnData | None = None
    only: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Surrogates that are to be trained."""
        return tuple(dict.fromkeys(self.only or self.config.models))

    def dataset(self) -> xr.Dataset:
        """The data, checked against their manifest."""
        if self.own:
            return open_dataset(self.own.paths, self.own.conditions, self.own.targets)
        return open_dataset(self.folder)


def run(
    scenario: str | Scenario,
    folder: str | Path,
    *,
    preset: str = "quick",
    settings: Mapping[str, Any] | None = None,
    workers: int = 1,
    fresh: bool = False,
) -> Path:
    """Generate data, train surrogates and compare them with the solver.

    Args:
        scenario: a scenario, or the name of one.
        folder: the run folder; where it holds an interrupted run, that one goes on.
        preset: how large a run is.
        settings: what differs from the preset, `{"data": {"samples": 200}, "seed": 1}`.
        workers: processes that generate samples.
        fresh: remove results of an earlier run first.
    Returns:
        The report, an HTML file.
    Raises:
        UsageError: for unknown or impossible settings, or where the folder holds results of other ones.
    """
    config, chosen = configure(scenario, preset, settings or {})
    job = Run(Path(folder), chosen, config, workers, threads=physical_cores())
    carry_out(job, STAGES, fresh=fresh)
    return job.folder / FOLDERS["compare"] / "report.html"


def carry_out(job: Run, stages: Sequence[str], *, fresh: bool = False) -> None:
    """Carry out some stages of a run, as its only writer."""
    if "train" in stages:
        check_trainable(job)
    with writer(job.folder):
        record = open_record(
            job.folder,
            job.scenario.name if job.scenario else "",
            job.config,
            machine(job.threads),
            own={name: list(values) for name, values in asdict(job.own).items()} if job.own else None,
            fresh_from=stages[0] if fresh else None,
            only=job.only,
        )
        for stage in stages:
            with record.stage(stage):
                CARRY_OUT[stage](job, record)


def reopen(folder: Path, chosen: Sequence[Mapping[str, Any]], threads: int, models: Sequence[str] = ()) -> Run:
    """The run in a folder, with settings that differ from the recorded ones.

    Args:
        models: surrogates to train now; they join the recorded ones.

    Raises:
        UsageError: if it is not a run folder, or for unknown or impossible settings.
    """
    record = read_record(folder)
    joined = {"models": list(dict.fromkeys([*record.config["models"], *models]))}
    own = record.values.get("own_data")
    if own:
        data = OwnData(*(tuple(own[name]) for name in ("paths", "conditions", "targets")))
        config = resolve({}, record.config, *chosen, joined)
        return Run(folder, None, config, threads=threads, own=data, only=tuple(models))
    recorded = record.config["scenario"]
    scenario = scenario_named(record.scenario, **recorded)
    config = resolve(scenario.options, record.config, *chosen, joined)
    return Run(
        folder,
        scenario_named(record.scenario, **config.scenario),
        config,
        threads=threads,
        only=tuple(models),
    )


def outcome(job: Run, stages: Sequence[str]) -> dict[str, str]:
    """Where the results of some stages are."""
    results = {stage: str(job.folder / FOLDERS[stage]) for stage in stages}
    if "compare" in results:
        results["report"] = str(job.folder / FOLDERS["compare"] / "report.html")
    return results


def check_trainable(job: Run) -> None:
    """Refuse what could not be trained, before hours of generation.

    Raises:
        UsageError: for an unknown surrogate, one whose needs the scenario does not meet, a lift or levels that do not fit the
            grid, or a device that is not there.
    """
    for name in job.models:
        if name not in (*MODELS, DCGAN):
            raise UsageError(unknown("model", name, (*MODELS, DCGAN)))
        if name != DCGAN and job.scenario is not None:
            check_model(name, job.config.settings(), job.scenario)
    device_of(job.config.training.device)


def generate_data(job: Run, record: Record) -> None:
    """The stage `generate`."""
    assert job.scenario is not None
    data = job.config.data
    with progress("generate", "samples") as advance:
        generate(
            job.scenario,
            job.folder,
            data.samples,
            job.config.seed,
            shard_size=data.shard_size,
            workers=job.workers,
            scheduler=job.scheduler,
            config=job.config.model_dump_json(),
            progress=lambda done, total, seconds: advance(done, total),
        )


def train_models(job: Run, record: Record) -> None:
    """The stage `train`: side by side where that is faster, and what is left in turn."""

    def note(name: str, seconds: float) -> None:
        trained = record.values["stages"]["train"].get("models", {})
        record.note("train", models={**trained, name: {"training_seconds": round(seconds, 3)}})
        say(f"train {name}: trained in {duration(seconds)}")

    apart: list[str] = []
    if (count := at_once(job, lambda: training_memory(extent(job)))) > 1:
        for name, seconds in train_side_by_side(job, count):
            apart.append(name)
            note(name, seconds)
    rest = [name for name in job.models if name not in apart]
    read = samples(job) if set(rest) - {DCGAN} else None
    for name in rest:
        if name == DCGAN or read is None:
            note(name, train_network(job, name))
            continue
        with progress(f"train {name}", "steps") as advance:
            seconds = train_model(job, name, *read, advance)
        note(name, seconds)


def samples(job: Run) -> tuple[xr.Dataset, TrainingData]:
    """The data of a run, and what its models learn from, read once for all of them."""
    dataset = job.dataset()
    return dataset, samples_of(dataset, job.scenario)


def train_model(job: Run, name: str, dataset: xr.Dataset, data: TrainingData, advance: Advance) -> float:
    """Train one model, or go on with it, as the only writer of its folder; the seconds that it took in all."""
    spread = SpreadWatch(f"train {name}", job.config.training.reconstruction)
    folder = job.folder / FOLDERS["train"] / name
    with writer(folder, patience=PATIENCE):
        surrogate = train(
            name,
            dataset,
            folder,
            scenario=job.scenario,
            settings=job.config.settings(),
            seed=job.config.seed,
            progress=lambda step, steps, losses: advance(step, steps, spread(step, steps, losses)),
            data=data,
        )
    if (ratio := collapsed(surrogate)) is not None:
        say(f"train {name}: warning: its members have {100 * ratio:.2g} % of the variance they should have, in validation")
    return float(surrogate.costs["training_seconds"])


def train_network(job: Run, name: str) -> float:
    """Train the unconditional network, or go on with it; the seconds that it took in all."""
    with progress(f"train {name}", "steps") as advance:
        network = train_virtual(
            job.dataset(),
            job.folder / FOLDERS["train"] / name,
            job.config.dcgan,
            job.config.seed,
            job.config.training.device,
            progress=lambda step, steps, losses: advance(step, steps, f"loss {losses['generator']:.3g}"),
        )
    if warning := collapse(network.stored.history):
        say(f"train {name}: {warning}")
    return float(network.stored.costs["training_seconds"])


def compare_methods(job: Run, record: Record) -> None:
    """The stage `compare`, unless its results are those of these very data, models and settings."""
    dataset = None if job.scenario else job.dataset()
    if job.scenario is None and not virtual_models(job.folder):
        raise UsageError("these data come from no scenario, so there is no solver to compare with")
    compared, report = _fingerprint(job), job.folder / FOLDERS["compare"] / "report.html"
    if record.values["stages"]["compare"].get("compared") == compared and report.is_file():
        say("compare: up to date; --fresh makes it again")
        return
    with progress("compare", "steps") as advance:
        compare(job.folder, scenario=job.scenario, dataset=dataset, settings=job.config.comparison, progress=advance)
    record.note("compare", compared=compared)


def _fingerprint(job: Run) -> str:
    """A hash of all that a comparison depends on."""
    manifests = [job.folder / "data" / MANIFEST, *sorted((job.folder / "models").glob(f"*/{MANIFEST}"))]
    parts = [
        job.config.comparison.model_dump_json().encode(),
        *(path.read_bytes() for path in manifests if path.is_file()),
    ]
    return sha256(b"".join(parts)).hexdigest()


CARRY_OUT: dict[str, Callable[[Run, Record], None]] = {
    "generate": generate_data,
    "train": train_models,
    "compare": compare_methods,
}
