"""The models by name: how each is fitted, and read back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.names import unknown
from ..data.scenario import Array, Scenario
from ..solvers.errors import UsageError
from .augmented import augmented
from .encoding import Encoding
from .ensembles import Dressed, averaged, corrections_of_members, of_means, residual_deviation
from .folder_files import CHECKPOINTS
from .gan import restore_generator, train_generator
from .mean import Mean
from .model_folder import Description
from .nearest import fit_nearest, restore_nearest
from .pod import fit_pod, restore_pod
from .regressor import Regressor
from .settings import Settings
from .training import Progress
from .training_data import TrainingData

History = tuple[Mapping[str, float], ...]


@dataclass(frozen=True)
class Task:
    """All that a model is made of."""

    data: TrainingData
    encoding: Encoding
    scenario: Scenario | None
    description: Description
    folder: Path
    progress: Progress | None


@dataclass(frozen=True)
class Recipe:
    """How a model of some name is made.

    Attributes:
        fit: learns; returns the regressor, its history and the seconds it took.
        restore: the regressor for a grid from stored tensors; networks work on the device of that name.
        changes: of the settings, {section: {key: value}}, by which it differs from `cgan`.
        ensembles: changes that take their place where the scenario has ensembles.
        framed: whether samples are seen in their own frame of reference where the problem is linear.
    """

    fit: Callable[[Task], tuple[Regressor, History, float]]
    restore: Callable[[Encoding, Settings, tuple[int, int], Mapping[str, Array], str], Regressor]
    changes: Mapping[str, Mapping[str, Any]]
    ensembles: Mapping[str, Mapping[str, Any]] | None = None
    framed: bool = True


def _fit_gan(task: Task) -> tuple[Regressor, History, float]:
    checkpoints = task.folder / CHECKPOINTS
    d = task.description
    parts = (
        task.data,
        task.encoding,
        task.scenario,
        d.settings,
        d.seed,
        checkpoints,
        d.as_json(),
        task.progress,
    )
    regressor, game = train_generator(*parts)
    return regressor, tuple(game.history), game.seconds


def _fit_unet(task: Task) -> tuple[Regressor, History, float]:
    """A regression; where there are ensembles, it is dressed with the noise that it leaves in the validation samples."""
    regressor, history, seconds = _fit_gan(task)
    judged = task.data.validation if len(task.data.validation) else task.data.training
    if not judged.members:
        return regressor, history, seconds
    return Dressed(regressor, residual_deviation(regressor, judged, task.encoding)), history, seconds


def _fit_pod(task: Task) -> tuple[Regressor, History, float]:
    start = time.perf_counter()
    data = of_means(task.data)
    encoded, corrections = augmented(
        data,
        task.encoding,
        task.scenario,
        task.description.settings.pod.augmented,
        task.description.seed,
    )
    validation = data.validation
    trial = task.encoding.encode(validation.conditions, None)
    wanted = task.encoding.corrections_of(validation.targets, None, trial.frame)
    pod = fit_pod(encoded, corrections, trial, wanted, task.description.settings.pod)
    return pod, (), time.perf_counter() - start


def _fit_nearest(task: Task) -> tuple[Regressor, History, float]:
    start, samples = time.perf_counter(), task.data.training
    encoded = task.encoding.encode(samples.conditions, None)
    if samples.members:
        corrections = corrections_of_members(samples, task.encoding, encoded.frame)
    else:
        corrections = task.encoding.corrections_of(samples.targets, None, encoded.frame)[:, None]
    nearest = fit_nearest(encoded, corrections)
    return nearest, (), time.perf_counter() - start


def _fit_mean(task: Task) -> tuple[Regressor, History, float]:
    start = time.perf_counter()
    field = task.encoding.corrections_of(averaged(task.data.training).targets, None, None).mean(axis=0)
    return Mean(field), (), time.perf_counter() - start


SILENT: dict[str, Any] = {"noise_channels": 0}
REGRESSION = {"model": SILENT, "training": {"critic_weight": 0.0, "reconstruction": "l2"}}
NO_NOISE = {"model": SILENT, "training": {"reconstruction": "l1"}}  # the CRPS of a single member

MODELS: dict[str, Recipe] = {
    "cgan": Recipe(_fit_gan, restore_generator, {}),
    "unet": Recipe(_fit_unet, restore_generator, {"training": {"critic_weight": 0.0}}, ensembles=REGRESSION),
    "cgan-nocritic": Recipe(_fit_gan, restore_generator, {"training": {"critic_weight": 0.0}}),
    "cgan-nonoise": Recipe(_fit_gan, restore_generator, {"model": SILENT}, ensembles=NO_NOISE),
    "cgan-nolift": Recipe(_fit_gan, restore_generator, {"model": {"lift_resolution": None}}),
    "pod": Recipe(_fit_pod, lambda e, s, g, t, d: restore_pod(t), {"model": {"lift_resolution": None}}),
    "nearest": Recipe(_fit_nearest, lambda e, s, g, t, d: restore_nearest(t), {"model": {"lift_resolution": None}}),
    "mean": Recipe(_fit_mean, lambda e, s, g, t, d: Mean(t["field"]), {"model": {"lift_resolution": None}}, framed=False),
}


def recipe_named(name: str) -> Recipe:
    """How the model of that name is made.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in MODELS:
        raise UsageError(unknown("model", name, MODELS))
    return MODELS[name]
