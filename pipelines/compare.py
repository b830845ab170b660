"""Compare surrogates with the solver they want to replace: metrics.json, metrics.nc, figures and report.

test problems -> time all methods -> score them -> speedups at equal error -> record -> figures -> report
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import xarray as xr

from ..data.datasets import open_dataset
from ..data.lock import writer
from ..data.scenario import Scenario
from ..data.storage import MANIFEST, read_manifest
from ..surrogate.surrogate import Surrogate
from .caveats import caveats
from .comparison_settings import ComparisonSettings
from .ladder import estimate_truth, rungs, solver_of_truth
from .machine import machine
from .measure import measure
from .methods import histories, learned, lifts
from .problems import Problems, stored_problems
from .record import Costs, finite, of_ensembles, record
from .report import write_report
from .result import Comparison
from .scoring import first_seconds, score_all, with_first_calls, without_beaten
from .subject import has_rivals, subject
from .timing import Clock, torch_threads
from .virtual import compare_virtual, virtual_models
from .virtual_report import joined, virtual_record, write_virtual_report

Progress = Callable[[int, int, str], None]
COMPARISON = "comparison"


def compare(
    run_folder: str | Path | None = None,
    *,
    scenario: Scenario | None = None,
    dataset: xr.Dataset | None = None,
    surrogates: Mapping[str, Surrogate] | None = None,
    settings: ComparisonSettings | None = None,
    progress: Progress = lambda done, total, note: None,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Compare surrogates with the solver at equal error and at equal time, on the test samples.

    Args:
        run_folder: a run; its comparison/ is written. Without one nothing is written, and all of the
            following but settings are needed.
        scenario: in place of the one named in the data, for scenarios of one's own.
        dataset, surrogates: in place of those in the run folder.
        settings: numbers of samples, repeats and bootstrap draws.
        progress: called as `progress(done, total, note)`.
        clock: gives seconds.
    Returns:
        The content of metrics.json.
    Raises:
        UsageError: if there is nothing to compare, or no solver to compare with.
        IntegrityError: if data and scenario do not belong together, or a file is damaged.
    """
    folder = None if run_folder is None else Path(run_folder)
    with writer(folder) if folder and folder.is_dir() else nullcontext():
        virtual = None
        if folder and (networks := virtual_models(folder)):
            data = open_dataset(folder) if dataset is None else dataset
            virtual = compare_virtual(networks, data)
            if surrogates is None and not has_rivals(folder, data, scenario):
                alone = virtual_record(virtual, data, machine(torch_threads()))
                write_virtual_report(folder / COMPARISON, virtual, alone)
                return alone
        given = subject(folder, scenario, dataset, surrogates)
        settings = settings or ComparisonSettings()
        problems = stored_problems(given.dataset, given.scenario, settings.samples)
        generation = generation_seconds(given.dataset, folder if dataset is None else None)
        comparison = evaluate(problems, given.surrogates, generation, settings, progress, clock, given.unfinished)
        if folder:
            comparison = joined(comparison, virtual) if virtual else comparison
            write_report(folder / COMPARISON, comparison)
    return dict(comparison.record)


def evaluate(
    problems: Problems,
    surrogates: Mapping[str, Surrogate],
    generation: float,
    settings: ComparisonSettings,
    progress: Progress,
    clock: Clock,
    unfinished: Sequence[str] = (),
) -> Comparison:
    """Score every method, time those that work, then compare."""
    threads = torch_threads()
    listed = [
        *rungs(problems.scenario, problems.members),
        *lifts(problems.scenario, surrogates),
        *learned(surrogates, problems.members),
    ]
    scored = score_all(listed, problems, threads, lambda done, note: progress(done, len(listed) + 2, note), clock)
    scored = without_beaten(with_first_calls(without_beaten(scored), problems, clock))
    progress(len(listed), len(listed) + 2, "truth")
    with ThreadPoolExecutor(threads) as pool:
        truth = estimate_truth(problems, settings.truth_samples, pool.map)
    progress(len(listed) + 1, len(listed) + 2, "clock")
    truth_solver = solver_of_truth(problems.scenario, problems.members)
    timed = {truth_solver.label: truth_solver, **scored.methods}
    roughly = scored.roughly
    if truth_solver.label not in roughly:
        roughly = {**roughly, truth_solver.label: first_seconds(truth_solver, problems, clock)}
    clocked = measure(list(timed.values()), problems, settings, threads, roughly, clock)
    costs = Costs(generation, clocked[truth_solver.label])
    seconds = {label: clocked[label] for label in scored.methods}
    numbers = record(problems, scored, seconds, truth, costs, settings)
    if problems.members:
        numbers |= of_ensembles(problems, scored, settings.draws)
    numbers |= {"warnings": caveats(scored, seconds, truth, unfinished, histories(surrogates)), "machine": machine(threads)}
    progress(len(listed) + 2, len(listed) + 2, "done")
    return Comparison(
        finite(numbers),
        problems,
        scored.methods,
        scored.predictions,
        scored.scores,
        seconds,
        histories(surrogates),
    )


def generation_seconds(dataset: xr.Dataset, run_folder: Path | None = None) -> float:
    """Seconds of work for the samples that surrogates learn from, or NaN where the data do not tell.

    Drawing, solving, averaging and writing, as the manifest of the run's data has them, by the share of the solves; of data
    without one, solving alone.
    """
    if "solve_seconds" not in dataset:
        return float("nan")
    solving = dataset["solve_seconds"]
    learning = float(solving.where(dataset["split"] != "test").sum())
    data = run_folder / "data" if run_folder else None
    if data and (data / MANIFEST).is_file():
        return learning / float(solving.sum()) * float(read_manifest(data)["seconds"])
    return learning
