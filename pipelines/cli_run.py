"""The commands of the main job: run, generate, train, compare."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..data.lock import writer
from ..solvers.errors import UsageError
from .cli_options import (
    Assignments,
    ConfigFile,
    Device,
    DryRun,
    Fresh,
    Json,
    ModelNames,
    NewRun,
    PresetName,
    Quiet,
    RunFolder,
    Samples,
    ScenarioName,
    Scheduler,
    Seed,
    Threads,
    Verbose,
    Workers,
    layers,
    run_folder,
)
from .console import quiet, say
from .environment import set_threads
from .presets import preset as preset_settings

if TYPE_CHECKING:
    from .run import Run


def run(
    scenario: ScenarioName,
    output: NewRun,
    preset: PresetName = "quick",
    config: ConfigFile = None,
    assignments: Assignments = None,
    seed: Seed = None,
    samples: Samples = None,
    model: ModelNames = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    threads: Threads = None,
    device: Device = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Generate data, train surrogates, and compare them with the solver: the main job."""
    threads = set_threads(threads)
    chosen = layers(config, assignments, seed=seed, samples=samples, models=model, device=device)
    with _only_writer(output, dry_run):
        job = _job(scenario, output, preset, chosen, workers or threads, scheduler, threads)
        _carry_out(job, ("generate", "train", "compare"), dry_run, as_json, fresh)


def generate(
    scenario: ScenarioName,
    output: NewRun,
    samples: Samples = None,
    preset: PresetName = "quick",
    config: ConfigFile = None,
    assignments: Assignments = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    threads: Threads = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Solve random problems of a scenario and store conditions and fields."""
    threads = set_threads(threads)
    chosen = layers(config, assignments, seed=seed, samples=samples)
    with _only_writer(output, dry_run):
        job = _job(scenario, output, preset, chosen, workers or threads, scheduler, threads)
        _carry_out(job, ("generate",), dry_run, as_json, fresh)


def train(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|FILE.nc…", help="A run folder, or NetCDF files whose variables share a grid."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="RUN", parser=run_folder, help="The run folder, for files of your own."),
    ] = None,
    conditions: Annotated[str, typer.Option(metavar="A,B", help="Names of the conditions, for files without roles.")] = "",
    targets: Annotated[str, typer.Option(metavar="C,D", help="Names of the targets, for files without roles.")] = "",
    model: ModelNames = None,
    preset: Annotated[str, typer.Option(metavar="quick|standard|large", help="For files of your own.")] = "quick",
    config: ConfigFile = None,
    assignments: Assignments = None,
    seed: Seed = None,
    threads: Threads = None,
    device: Device = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train surrogates on the data of a run, or on your own NetCDF files."""
    threads = set_threads(threads)
    chosen = layers(config, assignments, seed=seed, device=device)
    own_files = not (data[0] / "run.json").is_file()
    folder = output if own_files else data[0]
    if folder is None:
        raise UsageError(f"{data[0]} is not a run folder; for files of your own name the run folder with -o RUN")
    with _only_writer(folder, dry_run):
        job = (
            _job_on_files(
                data,
                folder,
                (conditions, targets),
                [preset_settings(preset, ""), *chosen, {"models": model} if model else {}],
                threads,
            )
            if own_files
            else _job_in(folder, chosen, threads, model or [])
        )
        _carry_out(job, ("train",), dry_run, as_json, fresh)


def compare(
    run_folder: RunFolder,
    assignments: Assignments = None,
    threads: Threads = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    fresh: Fresh = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare the surrogates of a run with the solver: metrics.json, figures, report.html."""
    threads = set_threads(threads)
    with _only_writer(run_folder, dry_run):
        job = _job_in(run_folder, layers(None, assignments), threads)
        _carry_out(job, ("compare",), dry_run, as_json, fresh)


@contextmanager
def _only_writer(folder: Path, dry_run: bool) -> Iterator[None]:
    """Be refused at once, before seconds of imports, where another process writes."""
    if dry_run or not folder.is_dir():
        yield
        return
    with writer(folder):
        yield


def _job(
    name: str,
    folder: Path,
    preset: str,
    chosen: Sequence[dict[str, Any]],
    workers: int,
    scheduler: str | None,
    threads: int,
) -> "Run":
    from ..data.plan import check_fits
    from ..data.workers import require_scheduler
    from .configure import configure

    config, scenario = configure(name, preset, *chosen)
    check_fits(scenario, folder, config.data.samples, config.data.shard_size, workers)
    if scheduler is not None:
        require_scheduler(scheduler)
    from .run import Run  # loads torch, which takes seconds

    return Run(folder, scenario, config, workers, scheduler, threads)


def _job_in(folder: Path, chosen: Sequence[Mapping[str, Any]], threads: int, models: Sequence[str] = ()) -> "Run":
    from .run import reopen

    return reopen(folder, chosen, threads, models)


def _job_on_files(
    files: Sequence[Path],
    folder: Path,
    variables: tuple[str, str],
    chosen: Sequence[Mapping[str, Any]],
    threads: int,
) -> "Run":
    from .config import resolve
    from .run import OwnData, Run

    paths = tuple(str(path.resolve()) for path in files)
    return Run(folder, None, resolve({}, *chosen), threads=threads, own=OwnData(paths, *map(_names, variables)))


def _carry_out(job: "Run", stages: Sequence[str], dry_run: bool, as_json: bool, fresh: bool) -> None:
    from .plan import plan
    from .run import carry_out, outcome

    planned = plan(job, stages, fresh)
    if dry_run:
        print(json.dumps(planned.as_json(), indent=1) if as_json else planned)
        return
    say(str(planned))
    carry_out(job, stages, fresh=fresh)
    result = outcome(job, stages)
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    elif not quiet():
        print("\n".join(f"{stage}: {path}" for stage, path in result.items()))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
