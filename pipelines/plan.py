"""What a command will take, told before it starts; what cannot fit is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any

from ..data.datasets import numbered_axes
from ..data.plan import Plan as GenerationPlan
from ..data.plan import plan as plan_generation
from ..data.splits import fewest, split_of
from ..solvers.errors import UsageError
from ..surrogate.dcgan_settings import DCGAN
from .console import say
from .environment import memory
from .extent import TORCH_MEMORY, extent, training_memory
from .methods import BASELINES
from .problems import COMPARED_AT_LEAST
from .progress import duration, size
from .run import Run, check_trainable
from .run_folder import RECORD, read_record
from .side_by_side import at_once

DCGAN_SECONDS = 6e-3  # of a step of the unconditional network, per field: one such core
SECONDS_PER_CELL = {"convolutional": 1.6e-6, "modal": 2e-7}  # of a training step, per cell and sample: two Zen 3 cores


@dataclass(frozen=True)
class TrainingPlan:
    """What training takes: models, steps of all networks, memory [B], seconds (NaN: not measured)."""

    models: tuple[str, ...]
    steps: int
    memory: float
    seconds: float

    def __str__(self) -> str:
        time = "" if isnan(self.seconds) else f", about {duration(self.seconds)}"
        return f"{', '.join(self.models)}; {self.steps} steps in all, {size(self.memory)} of memory{time}"


@dataclass(frozen=True)
class RunPlan:
    """What the stages of a run take; those that are finished or not asked for are left out."""

    parts: Mapping[str, GenerationPlan | TrainingPlan | str]

    def __str__(self) -> str:
        return "\n".join(f"plan: {stage:<9}{part}" for stage, part in self.parts.items())

    def as_json(self) -> dict[str, Any]:
        """As JSON values; what is unknown is null."""
        return {stage: part if isinstance(part, str) else _known(asdict(part)) for stage, part in self.parts.items()}


def plan(job: Run, stages: Sequence[str], fresh: bool = False) -> RunPlan:
    """Work out what some stages of a run take, all of it again where they are to start afresh.

    Raises:
        UsageError: if disk or memory do not suffice, before anything is computed.
    """
    if "train" in stages:
        check_trainable(job)
    if job.scenario and "compare" in stages:
        check_comparable(job.config.data.samples, job.scenario.one_in)
    done = [] if fresh else _done(job)
    parts: dict[str, GenerationPlan | TrainingPlan | str] = {}
    if "generate" in stages:
        parts["generate"] = "done" if "generate" in done else _generation(job)
    if "train" in stages:
        parts["train"] = "done" if "train" in done else plan_training(job)
    if "compare" in stages:
        one_in = job.scenario.one_in if job.scenario else 1
        there = sum(split_of(index, one_in) == "test" for index in range(job.config.data.samples))
        tested = min(job.config.comparison.samples, there)
        solved = f"{tested} test samples by every method"
        parts["compare"] = solved if job.scenario else "virtual fields beside held-out ones"
    return RunPlan(parts)


def check_comparable(samples: int, one_in: int) -> None:
    """Refuse so few samples that none is left to choose the best model by, or too few to test it on.

    Args:
        one_in: see `Rough`.
    Raises:
        UsageError: naming the smallest number that would do.
    """
    needed = fewest({"validation": 1, "test": COMPARED_AT_LEAST}, one_in)
    if samples < needed:
        wanted = f"1 for validation and {COMPARED_AT_LEAST} for test"
        raise UsageError(f"data.samples={samples} leaves too few: {wanted}, at least, are needed; use {needed} or more")


def _done(job: Run) -> list[str]:
    """Stages that are finished, for the very models that are asked for."""
    if not (job.folder / RECORD).is_file():
        return []
    record = read_record(job.folder)
    trained = all((job.folder / "models" / name / "manifest.json").is_file() for name in job.models)
    return [stage for stage in ("generate", "train") if record.state(stage) == "done" and (stage != "train" or trained)]


def _generation(job: Run) -> GenerationPlan:
    assert job.scenario is not None
    data = job.config.data
    say("plan: timing samples; what solves them is compiled first, where it has not run before")
    return plan_generation(job.scenario, job.folder, data.samples, data.shard_size, job.workers, job.config.seed)


def plan_training(job: Run) -> TrainingPlan:
    """Steps, memory and time of training, from arithmetic alone.

    Raises:
        UsageError: if the fields do not fit into memory.
    """
    if job.own and (axes := numbered_axes(job.dataset())):
        say(f"the data have no coordinates along {' and '.join(axes)}; cells are numbered instead")
    needs = extent(job)
    one, limit = training_memory(needs), memory()
    if one > limit:
        needed = f"training on {needs.samples} samples needs {size(one)} of memory"
        raise UsageError(f"{needed}, there is {size(limit)}; use fewer samples")
    settings = job.config.training
    networks = [name for name in job.models if name not in (*BASELINES, DCGAN)]
    steps, dcgan = settings.steps * len(networks), job.config.dcgan
    virtual = dcgan.steps if DCGAN in job.models else 0
    measured, pace = settings.device == "cpu", SECONDS_PER_CELL[job.config.model.generator]
    seconds = steps * settings.batch * needs.cells * pace + virtual * dcgan.batch * DCGAN_SECONDS
    count = at_once(job, lambda: one)
    whole = one if count == 1 else TORCH_MEMORY + count * one
    return TrainingPlan(job.models, steps + virtual, whole, seconds if measured else nan)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in values.items()}
