"""The folder of a conditional model: what it is, what it has learned, and a card for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..data.scenario import Array, Variable
from .encoding import Encoding
from .folder_files import Content, read_files, write_files
from .settings import Settings

CLIMATOLOGY = "climatology:"  # before the names of mean fields among the tensors
LATER = {"axes": (), "concentration": False, "root": False, "most": None}  # attributes of variables, and where they are not set
JUDGE, ENSEMBLE_JUDGE = "validation_vrmse", "validation_crps"  # what the best model has least of
WEIGHED = "validation_weighed"  # the same with weights of cells, of which it has least where there are any


@dataclass(frozen=True)
class Description:
    """What a model is, and what it belongs to.

    Attributes:
        name: of the model, as in the registry.
        scenario, options: the scenario by name ("" for plain NetCDF data), and its physics options.
        inputs, targets: the variables it was trained on.
        shape, dims: grid of the fields.
        settings, seed: how it was trained.
        data: fingerprint of the training samples.
    """

    name: str
    scenario: str
    options: Mapping[str, Any]
    inputs: tuple[Variable, ...]
    targets: tuple[Variable, ...]
    shape: tuple[int, int]
    dims: tuple[str, str]
    settings: Settings
    seed: int
    data: str

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "name": self.name,
            "scenario": self.scenario,
            "options": dict(self.options),
            "inputs": [_plain(v) for v in self.inputs],
            "targets": [_plain(v) for v in self.targets],
            "shape": list(self.shape),
            "dims": list(self.dims),
            "settings": self.settings.model_dump(mode="json"),
            "seed": self.seed,
            "data": self.data,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Description":
        """From JSON values; ValueError, KeyError or TypeError where they do not fit."""
        (ny, nx), (y, x) = value["shape"], value["dims"]
        inputs, targets = (tuple(_variable(v) for v in value[side]) for side in ("inputs", "targets"))
        settings = Settings.model_validate(value["settings"])
        fixed = (
            value["name"],
            value["scenario"],
            value["options"],
            inputs,
            targets,
            (ny, nx),
            (y, x),
            settings,
        )
        return Description(*fixed, seed=value["seed"], data=value["data"])


@dataclass(frozen=True)
class Stored:
    """The content of a model folder."""

    description: Description
    encoding: Encoding
    tensors: Mapping[str, Array]
    costs: Mapping[str, float]
    history: Sequence[Mapping[str, float]] = ()


def _plain(variable: Variable) -> dict[str, Any]:
    """As JSON values; those that came later only where they are set, so that older folders still agree."""
    return {name: value for name, value in asdict(variable).items() if name not in LATER or value != LATER[name]}


def _variable(value: Mapping[str, Any]) -> Variable:
    return Variable(**{**value, "axes": tuple(value.get("axes", ()))})


def write_model(folder: Path, stored: Stored) -> None:
    """Write a model folder."""
    encoding = stored.encoding
    statistics: dict[str, Any] = {
        name: {k: list(v) for k, v in getattr(encoding, name).items()} for name in ("moments", "corrections")
    }
    statistics |= {
        "responses": dict(encoding.responses),
        "hole": encoding.hole,
        "lifted": encoding.lifted,
        "framed": encoding.framed,
    }
    if encoding.latitudes:
        statistics |= {"latitudes": list(encoding.latitudes)}
    if encoding.graded:
        statistics |= {"graded": True}
    climatology = {CLIMATOLOGY + name: a for name, a in encoding.climatology.items()}
    tensors = {**stored.tensors, **climatology}
    content = Content(stored.description.as_json(), statistics, tensors, stored.costs, stored.history)
    write_files(folder, content, card(stored))


def read_model(folder: Path) -> Stored:
    """Read a model folder.

    Raises:
        IntegrityError: if a file is missing, changed, of a newer schema or does not hold what it should.
    """
    return read_files(folder, _stored)


def _stored(content: Content) -> Stored:
    description = Description.from_json(content.description)
    climatology = {name.removeprefix(CLIMATOLOGY): a for name, a in content.tensors.items() if name.startswith(CLIMATOLOGY)}
    encoding = _encoding(description, content.statistics, climatology)
    tensors = {name: a for name, a in content.tensors.items() if not name.startswith(CLIMATOLOGY)}
    return Stored(description, encoding, tensors, content.costs, content.history)


def validation_of_best(history: Sequence[Mapping[str, float]]) -> tuple[str, float] | None:
    """Name and value of the validation error at the step whose weights are stored; None of models that take no steps."""
    for name in (JUDGE, ENSEMBLE_JUDGE):
        if history and name in history[0]:
            column = WEIGHED if any(WEIGHED in row for row in history) else name
            errors = np.nan_to_num([row.get(column, np.nan) for row in history], nan=np.inf)
            return name, history[int(np.argmin(errors))][name]
    return None


def card(stored: Stored) -> str:
    """What a person should know before using the model."""
    d, settings = stored.description, stored.description.settings
    parameters = sum(a.size for a in stored.tensors.values())
    judged = validation_of_best(stored.history)
    best = "not recorded"
    if judged:
        best = f"{100 * judged[1]:.2f} % of the fields' standard deviation ({judged[0].removeprefix('validation_')})"
    origin = f"scenario `{d.scenario}` {dict(d.options) or ''}" if d.scenario else "plain NetCDF data"
    lift = f"a coarse solve with {settings.model.lift_resolution} cells, which it corrects" if stored.encoding.lifted else "none"
    return "\n".join(
        [
            f"# {d.name}",
            "",
            f"Trained by fieldgan {__version__} on {origin}, seed {d.seed}, data {d.data[:16]}.",
            "",
            f"* predicts {_listed(d.targets)}",
            f"* from {_listed(d.inputs)}",
            f"* on a grid of {d.shape[0]}×{d.shape[1]} cells ({', '.join(d.dims)}); other grids are refused",
            f"* lift: {lift}",
            f"* numbers stored: {parameters:,}; training took {stored.costs['training_seconds']:.0f} s",
            f"* validation error: {best}",
            "",
            "Errors on test samples, speed, and where a plain solver is better: see the comparison report.",
            "Outside the distribution of its training data it is untested; nothing bounds its error there.",
            "",
        ]
    )


def _encoding(description: Description, statistics: Mapping[str, Any], climatology: Mapping[str, Array]) -> Encoding:
    moments, corrections = (
        {name: (float(mean), float(std)) for name, (mean, std) in statistics[key].items()} for key in ("moments", "corrections")
    )
    for name, (mean, std) in [*moments.items(), *corrections.items()]:
        if not (np.isfinite(mean) and np.isfinite(std) and std > 0):
            raise ValueError(f"{name} has mean {mean} and deviation {std}; both must be finite, the latter positive")
    expected = {v.name for v in description.inputs}, {v.name for v in description.targets}
    if not expected[0] <= moments.keys() or expected[1] != corrections.keys():
        raise ValueError("statistics.json and config.json name different variables")
    responses = {name: float(r) for name, r in statistics["responses"].items()}
    fixed = (description.inputs, description.targets, str(statistics["hole"]), bool(statistics["lifted"]))
    latitudes = tuple(map(float, statistics.get("latitudes", ())))
    graded = bool(statistics.get("graded", False))
    return Encoding(*fixed, moments, responses, corrections, bool(statistics["framed"]), latitudes, climatology, graded=graded)


def _listed(variables: Sequence[Variable]) -> str:
    return ", ".join(f"{v.name} [{v.units}]" for v in variables)
