"""The two things one does with a model by its name: train and load."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from ..data.domains import ON_GLOBE
from ..data.scenario import Scenario
from ..data.scenarios import scenario as scenario_of
from ..data.storage import MANIFEST
from ..solvers.errors import UsageError
from .checkpoints import latest_configuration
from .encoding import Encoding
from .folder_files import CHECKPOINTS
from .gan import REGRESSION, changed, with_mean_decay
from .levels import globe_levels
from .lift import coarsening
from .model import Model, check_scenario
from .model_folder import Description, read_model
from .normalisation import fit
from .recipes import Recipe, Task, check_needs, recipe_named, with_formula
from .settings import Settings
from .training import Progress
from .training_data import TrainingData, read_training_data, with_lift


def train(
    name: str,
    dataset: xr.Dataset,
    folder: str | Path,
    scenario: Scenario | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    data: TrainingData | None = None,
) -> Model:
    """Train a model and write its folder; called again, it goes on from the last checkpoint, or loads what is
    finished.

    Args:
        name: of a recipe.
        dataset: with roles, units and splits, as `open_dataset` gives.
        folder: of the model.
        scenario: what the dataset was drawn from; by default the one that it names. Without one there is no
            lift.
        seed: of initial weights, order, mirrors and noise.
        progress: called as progress(step, steps, losses) after every step.
        data: of the dataset, where they have been read already, for another model say; see `samples_of`.
    Raises:
        UsageError: for an unknown name, a scenario that has not what the model needs, impossible settings, or a folder that holds
            another configuration.
        IntegrityError: if the dataset is not of the scenario, or a checkpoint was changed.
        NumericalError: if training diverges.
    """
    folder, recipe = Path(folder), recipe_named(name)
    scenario = scenario or scenario_in(dataset)
    check_needs(name, scenario)
    data = data or read_training_data(dataset, scenario)
    resolved = resolve(settings or Settings(), recipe, scenario, data.globe)
    origin = (scenario.name, dict(scenario.options)) if scenario else ("", {})
    description = Description(name, *origin, data.inputs, data.targets, data.shape, data.dims, resolved, seed, data.fingerprint)
    if (folder / MANIFEST).is_file():
        refuse_other(folder, read_model(folder).description.as_json(), description.as_json())
        return load(folder, scenario)
    refuse_other(folder, _completed(latest_configuration(folder / CHECKPOINTS)), description.as_json())
    start = time.perf_counter()
    if scenario is not None and resolved.model.lift_resolution is not None:
        data = with_lift(data, scenario, resolved.model.lift_resolution)
    encoding = fit_encoding(data, scenario, recipe.framed, resolved.model.guided)
    before = time.perf_counter() - start
    regressor, history, seconds = recipe.fit(Task(data, encoding, scenario, description, folder, progress))
    model = Model(description, encoding, regressor, {"training_seconds": before + seconds}, scenario, history)
    model.save(folder)
    return model


def samples_of(dataset: xr.Dataset, scenario: Scenario | None = None) -> TrainingData:
    """What `train` reads of a dataset, for several models.

    Raises:
        UsageError, IntegrityError: as `train`.
    """
    return read_training_data(dataset, scenario or scenario_in(dataset))


def load(folder: str | Path, scenario: Scenario | None = None, device: str = "cpu") -> Model:
    """A trained model.

    Args:
        folder: of the model.
        scenario: which solves the lift, or has the formula; by default it is made by the name and options that the folder names.
        device: where a network predicts: auto, cpu, mps, cuda or cuda:N.
    Raises:
        UsageError: if the device is not there.
        IntegrityError: if a file is missing, changed or of a newer version, or the scenario is another one.
    """
    stored = read_model(Path(folder))
    description = stored.description
    recipe = recipe_named(description.name)
    guided = bool(description.scenario) and description.settings.model.guided
    if scenario is None and (stored.encoding.lifted or guided or recipe.needs == "formula"):
        scenario = scenario_of(description.scenario, **description.options)
    if scenario is not None:
        check_scenario(description, scenario)
    stored = with_formula(stored, scenario)
    regressor = recipe.restore(stored, scenario, device)
    return Model(description, stored.encoding, regressor, stored.costs, scenario, tuple(stored.history))


def resolve(settings: Settings, recipe: Recipe, scenario: Scenario | None, globe: bool) -> Settings:
    """The settings of one model: its recipe's changes, a lift where there can be one, noise channels, padding."""
    stochastic = scenario is not None and scenario.stochastic
    own = recipe.ensembles if recipe.ensembles is not None and scenario is not None and scenario.ensemble else recipe.changes
    model: dict[str, int | str | bool | None] = {}
    if settings.model.noise_channels is None and "noise_channels" not in own.get("model", {}):
        model["noise_channels"] = 8 if stochastic else 0
    if settings.model.padding is None:
        model["padding"] = "longitude" if globe else "zeros"
    if scenario is None or stochastic:
        model["lift_resolution"] = None
    if scenario is None or scenario.formula is None:
        model["guided"] = False
    if own.get("model", {}).get("noise_channels") == 0 or not (scenario and scenario.ensemble):
        model["residual"] = False
    elif settings.model.residual and scenario.symmetries:
        raise UsageError(f"model.residual=true is for problems without symmetries, and {scenario.name!r} has some; use false")
    if settings.model.streamfunction and not (scenario and scenario.streamfunction):
        raise UsageError("model.streamfunction=true needs a scenario that names its streamfunction; use false")
    sections = settings.model_dump() | changed(settings, own)
    if not (sections["training"]["reconstruction_weight"] or sections["training"]["critic_weight"]):
        raise UsageError("training.reconstruction_weight=0 without a critic leaves nothing to learn from; use 1")
    sections["model"] |= model
    return Settings.model_validate(with_mean_decay(sections) if own is REGRESSION else sections)


def resolved_settings(name: str, settings: Settings, scenario: Scenario | None) -> Settings:
    """The settings that a model of that name is trained with; without a scenario but for the padding, which hangs on the data.

    Raises:
        UsageError: for an unknown name or settings that are impossible.
    """
    return resolve(settings, recipe_named(name), scenario, scenario is not None and scenario.domain.dims == ON_GLOBE)


def check_model(name: str, settings: Settings, scenario: Scenario) -> None:
    """Refuse, before anything is generated, what the scenario has not, and a lift or levels that do not fit the stored grid.

    Raises:
        UsageError: naming what is missing, or resolutions of a coarse solve, or numbers of levels, that do fit.
    """
    check_needs(name, scenario)
    model = resolved_settings(name, settings, scenario).model
    shape = scenario.domain.shape(scenario.stored_resolution)
    if model.lift_resolution is not None:
        coarsening(shape, model.lift_resolution)
    if model.padding == "longitude" and model.generator == "convolutional":
        globe_levels(shape, len(model.widths))


def fit_encoding(data: TrainingData, scenario: Scenario | None, framed: bool, guided: bool = False) -> Encoding:
    """Statistics of the training samples."""
    symmetries, formula = (scenario.symmetries, scenario.formula) if scenario else ((), None)
    told = (framed, data.latitudes, formula if guided else None)
    return fit(data.inputs, data.targets, data.training, data.hole, symmetries, *told)


def scenario_in(dataset: xr.Dataset) -> Scenario | None:
    """The scenario that a dataset says it was drawn from, with its options."""
    name = dataset.attrs.get("fieldgan_scenario")
    if not name:
        return None
    return scenario_of(name, **json.loads(dataset.attrs.get("fieldgan_identity", "{}")).get("options", {}))


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


def _completed(found: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A stored configuration with defaults for settings that came later."""
    if found is None:
        return None
    return {**found, "settings": Settings.model_validate(found["settings"]).model_dump(mode="json")}


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf for name, part in value.items() for key, leaf in _flat(part, f"{prefix}.{name}" if prefix else name).items()
    }
