"""The models by name: how each is fitted, and read back."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..data.names import unknown
from ..data.scenario import Scenario
from ..data.storage import MANIFEST
from ..solvers.errors import UsageError
from .analogues import ANALOGUES, Analogues, fit_analogues
from .augmented import augmented
from .checkpoints import latest_configuration
from .encoding import Encoding
from .ensembles import Dressed, averaged, corrections_of_members, of_means, residual_deviation
from .folder_files import CHECKPOINTS
from .formula import Formula
from .gan import REGRESSION, OnMean, of_mean, restore_generator, train_generator
from .look_ups import best_look_up
from .mean import Mean
from .model_folder import Description, Stored, read_model
from .nearest import Nearest, fit_nearest, restore_nearest, restore_neighbours
from .pod import fit_pod, restore_pod
from .regressor import Regressor
from .training import Progress
from .training_data import Samples, TrainingData

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
        restore: the regressor from what is stored; networks work on the device of that name.
        changes: of the settings, {section: {key: value}}, by which it differs from `cgan`.
        ensembles: changes that take their place where the scenario has ensembles.
        framed: whether samples are seen in their own frame of reference where the problem is linear.
        needs: what a scenario must have for such a model.
        by_steps: whether it is a network that is trained step by step, and not taken from another model.
    """

    fit: Callable[[Task], tuple[Regressor, History, float]]
    restore: Callable[[Stored, Scenario | None, str], Regressor]
    changes: Mapping[str, Mapping[str, Any]]
    ensembles: Mapping[str, Mapping[str, Any]] | None = None
    framed: bool = True
    needs: Literal["ensemble", "formula"] | None = None
    by_steps: bool = False


def _fit_gan(task: Task) -> tuple[Regressor, History, float]:
    checkpoints = task.folder / CHECKPOINTS
    d = task.description
    mean, before = _mean_beneath(task) if d.settings.model.residual else (None, 0.0)
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
    regressor, game = train_generator(*parts, mean)
    whole = regressor if mean is None else OnMean(mean, regressor)
    return whole, tuple(game.history), before + game.seconds


def _mean_beneath(task: Task) -> tuple[Regressor, float]:
    """The regression whose residuals a generator learns, taken from beside where it is trained already, and its seconds.

    Raises:
        UsageError: if one of another configuration was begun in the same folder.
    """
    described = replace(task.description, settings=of_mean(task.description.settings))
    own = replace(task, description=described, folder=task.folder / CHECKPOINTS / ".mean")
    begun = latest_configuration(own.folder / CHECKPOINTS)
    if begun is not None and not _same(begun, described):
        raise UsageError(f"{task.folder} holds the beginning of another regression; choose another folder, or --fresh")
    network, _, seconds = _finished_unet(own, task.folder.parent) or _fit_gan(own)
    return network, seconds


def _fit_unet(task: Task) -> tuple[Regressor, History, float]:
    """A regression; where there are ensembles, it is dressed with the noise that it leaves in the validation samples."""
    regressor, history, seconds = _fit_gan(task)
    judged = task.data.validation if len(task.data.validation) else task.data.training
    if not judged.members:
        return regressor, history, seconds
    return Dressed(regressor, residual_deviation(regressor, judged, task.encoding)), history, seconds


def _fit_residuals(task: Task) -> tuple[Regressor, History, float]:
    """The network of `unet`, taken from beside where it is trained already, and what it leaves of the training samples."""
    network, history, seconds = _finished_unet(task, task.folder.parent) or _fit_gan(task)
    start = time.perf_counter()
    analogues = best_look_up(lambda samples: fit_analogues(network, samples, task.encoding), task.data, task.encoding)
    return analogues, history, seconds + time.perf_counter() - start


def _same(found: Mapping[str, Any], wanted: Description) -> bool:
    """Whether a description in JSON is that of a model."""
    return json.dumps(found, sort_keys=True) == json.dumps(wanted.as_json(), sort_keys=True)


def _finished_unet(task: Task, models: Path) -> tuple[Regressor, History, float] | None:
    """The network of a finished `unet` among models, if it is what this task would train, with its history and seconds."""
    folder = models / "unet"
    if not (folder / MANIFEST).is_file():
        return None
    stored = with_formula(read_model(folder), task.scenario)
    if not _same(replace(stored.description, name=task.description.name).as_json(), task.description):
        return None
    network = _restore_network(stored, task.scenario, "cpu")
    assert isinstance(network, Dressed)
    return network.mean, tuple(stored.history), stored.costs["training_seconds"]


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
    start = time.perf_counter()

    def fit(samples: Samples) -> Nearest:
        encoded = task.encoding.encode(samples.conditions, None)
        return fit_nearest(encoded, corrections_of_members(samples, task.encoding, encoded.frame))

    nearest = best_look_up(fit, task.data, task.encoding)
    return nearest, (), time.perf_counter() - start


def _fit_mean(task: Task) -> tuple[Regressor, History, float]:
    start = time.perf_counter()
    means = {name: a.mean(axis=0, keepdims=True) for name, a in averaged(task.data.training).targets.items()}
    return Mean(task.encoding.corrections_of(means, None, None)[0]), (), time.perf_counter() - start


def _fit_formula(task: Task) -> tuple[Regressor, History, float]:
    assert task.scenario is not None
    assert task.scenario.formula is not None
    return Formula(task.scenario.formula, task.encoding), (), 0.0


def with_formula(stored: Stored, scenario: Scenario | None) -> Stored:
    """What is stored, with the scenario's formula where it guides the network."""
    if scenario is None or not stored.description.settings.model.guided:
        return stored
    return replace(stored, encoding=replace(stored.encoding, formula=scenario.formula))


def _restore_network(stored: Stored, scenario: Scenario | None, device: str) -> Regressor:
    description = stored.description
    return restore_generator(stored.encoding, description.settings, description.shape, stored.tensors, device)


def _restore_residuals(stored: Stored, scenario: Scenario | None, device: str) -> Regressor:
    own = {name.removeprefix(ANALOGUES): a for name, a in stored.tensors.items() if name.startswith(ANALOGUES)}
    weights = {name: a for name, a in stored.tensors.items() if not name.startswith(ANALOGUES)}
    network = _restore_network(replace(stored, tensors=weights), scenario, device)
    return Analogues(network, restore_neighbours(own), own["residuals"])


def _restore_formula(stored: Stored, scenario: Scenario | None, device: str) -> Regressor:
    check_needs(stored.description.name, scenario)
    assert scenario is not None
    assert scenario.formula is not None
    return Formula(scenario.formula, stored.encoding)


SILENT: dict[str, Any] = {"noise_channels": 0}
NO_LIFT = {"model": {"lift_resolution": None}}
UNGUIDED: dict[str, Any] = {"model": {"lift_resolution": None, "guided": False, "residual": False}}
NO_NOISE = {"model": SILENT, "training": {"reconstruction": "l1"}}  # the CRPS of a single member

MODELS: dict[str, Recipe] = {
    "cgan": Recipe(_fit_gan, _restore_network, {}, by_steps=True),
    "unet": Recipe(_fit_unet, _restore_network, {"training": {"critic_weight": 0.0}}, ensembles=REGRESSION, by_steps=True),
    "unet-residuals": Recipe(_fit_residuals, _restore_residuals, REGRESSION, needs="ensemble"),
    "cgan-nocritic": Recipe(_fit_gan, _restore_network, {"training": {"critic_weight": 0.0}}, by_steps=True),
    "cgan-nonoise": Recipe(_fit_gan, _restore_network, {"model": SILENT}, ensembles=NO_NOISE, by_steps=True),
    "cgan-nolift": Recipe(_fit_gan, _restore_network, NO_LIFT, by_steps=True),
    "pod": Recipe(_fit_pod, lambda stored, s, d: restore_pod(stored.tensors), UNGUIDED),
    "nearest": Recipe(_fit_nearest, lambda stored, s, d: restore_nearest(stored.tensors), UNGUIDED),
    "mean": Recipe(_fit_mean, lambda stored, s, d: Mean(stored.tensors["field"]), UNGUIDED, framed=False),
    "formula": Recipe(_fit_formula, _restore_formula, UNGUIDED, framed=False, needs="formula"),
}


def recipe_named(name: str) -> Recipe:
    """How the model of that name is made.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in MODELS:
        raise UsageError(unknown("model", name, MODELS))
    return MODELS[name]


def check_needs(name: str, scenario: Scenario | None) -> None:
    """Refuse a model for a scenario that has not what it needs.

    Raises:
        UsageError: naming both.
    """
    needed = recipe_named(name).needs
    if needed and (scenario is None or getattr(scenario, needed) is None):
        of = f"{scenario.name!r} has none" if scenario else "these data come from no scenario"
        wanted = "an ensemble" if needed == "ensemble" else "a formula"
        raise UsageError(f"model {name!r} needs a scenario with {wanted}, and {of}; use other models")
