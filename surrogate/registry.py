"""The models by name, and the two things one does with them: train and load."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ..data.domains import ON_GLOBE
from ..data.names import unknown
from ..data.scenario import Array, Scenario
from ..data.scenarios import scenario as scenario_of
from ..data.storage import MANIFEST
from ..solvers.errors import UsageError
from .augmented import augmented
from .checkpoints import latest_configuration
from .encoding import Encoding
from .ensembles import Dressed, averaged, corrections_of_members, of_means, pairs, residual_deviation
from .folder_files import CHECKPOINTS
from .gan import restore_generator, train_generator
from .levels import globe_levels
from .lift import coarsening
from .mean import Mean
from .model import Model, check_scenario
from .model_folder import Description, read_model
from .nearest import fit_nearest, restore_nearest
from .normalisation import fit
from .pod import fit_pod, restore_pod
from .regressor import Regressor
from .settings import Settings
from .training import Progress
from .training_data import TrainingData, read_training_data, with_lift

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


def train(
    name: str,
    dataset: xr.Dataset,
    folder: str | Path,
    scenario: Scenario | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Model:
    """Train a model and write its folder; called again, it goes on from the last checkpoint, or loads what is
    finished.

    Args:
        name: one of MODELS.
        dataset: with roles, units and splits, as `open_dataset` gives.
        folder: of the model.
        scenario: what the dataset was drawn from; by default the one that it names. Without one there is no
            lift.
        seed: of initial weights, order, mirrors and noise.
        progress: called as progress(step, steps, losses) after every step.
    Raises:
        UsageError: for an unknown name, impossible settings, or a folder that holds another configuration.
        IntegrityError: if the dataset is not of the scenario, or a checkpoint was changed.
        NumericalError: if training diverges.
    """
    folder, recipe = Path(folder), _recipe(name)
    scenario = scenario or scenario_in(dataset)
    data = read_training_data(dataset, scenario)
    resolved = resolve(settings or Settings(), recipe, scenario, data.globe)
    origin = (scenario.name, dict(scenario.options)) if scenario else ("", {})
    description = Description(name, *origin, data.inputs, data.targets, data.shape, data.dims, resolved, seed, data.fingerprint)
    if (folder / MANIFEST).is_file():
        refuse_other(folder, read_model(folder).description.as_json(), description.as_json())
        return load(folder, scenario)
    refuse_other(folder, latest_configuration(folder / CHECKPOINTS), description.as_json())
    start = time.perf_counter()
    if scenario is not None and resolved.model.lift_resolution is not None:
        data = with_lift(data, scenario, resolved.model.lift_resolution)
    encoding = fit_encoding(data, scenario, recipe.framed)
    before = time.perf_counter() - start
    regressor, history, seconds = recipe.fit(Task(data, encoding, scenario, description, folder, progress))
    model = Model(description, encoding, regressor, {"training_seconds": before + seconds}, scenario, history)
    model.save(folder)
    return model


def load(folder: str | Path, scenario: Scenario | None = None, device: str = "cpu") -> Model:
    """A trained model.

    Args:
        folder: of the model.
        scenario: which solves the lift; by default it is made by the name and options that the folder names.
        device: where a network predicts: auto, cpu, mps, cuda or cuda:N.
    Raises:
        UsageError: if the device is not there.
        IntegrityError: if a file is missing, changed or of a newer version, or the scenario is another one.
    """
    stored = read_model(Path(folder))
    description = stored.description
    recipe = _recipe(description.name)
    if scenario is None and stored.encoding.lifted:
        scenario = scenario_of(description.scenario, **description.options)
    if scenario is not None:
        check_scenario(description, scenario)
    regressor = recipe.restore(stored.encoding, description.settings, description.shape, stored.tensors, device)
    return Model(description, stored.encoding, regressor, stored.costs, scenario, tuple(stored.history))


def resolve(settings: Settings, recipe: Recipe, scenario: Scenario | None, globe: bool) -> Settings:
    """The settings of one model: its recipe's changes, a lift where there can be one, noise channels, padding."""
    stochastic = scenario is not None and scenario.stochastic
    own = recipe.ensembles if recipe.ensembles is not None and scenario is not None and scenario.ensemble else recipe.changes
    model: dict[str, int | str | None] = {}
    if settings.model.noise_channels is None and "noise_channels" not in own.get("model", {}):
        model["noise_channels"] = 8 if stochastic else 0
    if settings.model.padding is None:
        model["padding"] = "longitude" if globe else "zeros"
    if scenario is None or stochastic:
        model["lift_resolution"] = None
    sections = {name: {**getattr(settings, name).model_dump(), **changes} for name, changes in own.items()}
    if settings.model.streamfunction and not (scenario and scenario.streamfunction):
        raise UsageError("model.streamfunction=true needs a scenario that names its streamfunction; use false")
    changed = settings.model_dump() | sections
    changed["model"] |= model
    return Settings.model_validate(changed)


def check_grid(name: str, settings: Settings, scenario: Scenario) -> None:
    """Refuse a coarse solve whose grid does not divide the stored one, and levels that do not divide its longitudes, before
    anything is generated for them.

    Raises:
        UsageError: naming resolutions, or numbers of levels, that do.
    """
    model = resolve(settings, _recipe(name), scenario, scenario.domain.dims == ON_GLOBE).model
    shape = scenario.domain.shape(scenario.stored_resolution)
    if model.lift_resolution is not None:
        coarsening(shape, model.lift_resolution)
    if model.padding == "longitude" and model.generator == "convolutional":
        globe_levels(shape, len(model.widths))


def fit_encoding(data: TrainingData, scenario: Scenario | None, framed: bool) -> Encoding:
    """Statistics of the training samples."""
    samples = pairs(data.training)
    fields = (samples.conditions, samples.targets, samples.lift)
    return fit(data.inputs, data.targets, *fields, data.hole, scenario.symmetries if scenario else (), framed, data.latitudes)


def scenario_in(dataset: xr.Dataset) -> Scenario | None:
    """The scenario that a dataset says it was drawn from, with its options."""
    name = dataset.attrs.get("fieldgan_scenario")
    if not name:
        return None
    return scenario_of(name, **json.loads(dataset.attrs.get("fieldgan_identity", "{}")).get("options", {}))


def _recipe(name: str) -> Recipe:
    if name not in MODELS:
        raise UsageError(unknown("model", name, MODELS))
    return MODELS[name]


def refuse_other(folder: Path, found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> None:
    """Refuse to go on with what was begun under another configuration."""
    if found is None:
        return
    there, here = _flat(found), _flat(json.loads(json.dumps(wanted)))
    differences = [
        f"{key}={there.get(key)} there, {here.get(key)} now" for key in sorted({*there, *here}) if there.get(key) != here.get(key)
    ]
    if differences:
        raise UsageError(f"{folder} holds another model: {'; '.join(differences)}; choose another folder, or --fresh")


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf for name, part in value.items() for key, leaf in _flat(part, f"{prefix}.{name}" if prefix else name).items()
    }
