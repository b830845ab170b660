"""The folder of a trained model: weights, configuration, statistics, history, card, and the manifest last."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from .. import __version__
from ..data.scenario import Array, Variable
from ..data.storage import (
    check_schema,
    describe,
    read_json,
    read_manifest,
    verify_manifest,
    write_json,
    write_manifest,
    write_text,
    write_whole,
)
from ..solvers.errors import IntegrityError
from .encoding import Encoding
from .settings import Settings

SCHEMA = "fieldgan-model/1"
CHECKPOINTS = "checkpoints"
CLIMATOLOGY = "climatology:"  # before the names of mean fields among the tensors
JUDGE, ENSEMBLE_JUDGE = "validation_vrmse", "validation_crps"  # what the best model has least of
FILES = ("model.safetensors", "config.json", "statistics.json", "history.csv", "MODEL_CARD.md")


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
    """As JSON values; axes only where there are some."""
    return {name: value for name, value in asdict(variable).items() if name != "axes" or value}


def _variable(value: Mapping[str, Any]) -> Variable:
    return Variable(**{**value, "axes": tuple(value.get("axes", ()))})


def write_model(folder: Path, stored: Stored) -> None:
    """Write a model folder: the files one by one, each whole, then the manifest."""
    description, encoding = stored.description, stored.encoding
    config = {"schema": SCHEMA, "fieldgan": __version__, **description.as_json(), "costs": dict(stored.costs)}
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
    climatology = {CLIMATOLOGY + name: a for name, a in encoding.climatology.items()}
    tensors = {name: np.ascontiguousarray(a) for name, a in {**stored.tensors, **climatology}.items()}
    write_whole(folder / "model.safetensors", lambda path: save_file(tensors, path))
    write_json(folder / "config.json", config)
    write_json(folder / "statistics.json", statistics)
    write_text(folder / "history.csv", history_table(stored.history))
    write_text(folder / "MODEL_CARD.md", card(stored))
    files = [*FILES, *(f"{CHECKPOINTS}/{path.name}" for path in sorted((folder / CHECKPOINTS).glob("[!.]*")))]
    write_manifest(folder, {name: describe(folder / name) for name in files}, {"model": description.name})


def read_model(folder: Path) -> Stored:
    """Read a model folder, every byte checked against the manifest first.

    Raises:
        IntegrityError: if a file is missing, changed, of a newer schema or does not hold what it should.
    """
    problems = verify_manifest(folder)
    if problems:
        raise IntegrityError(f"{folder} is damaged: {'; '.join(problems)}; {remedy(folder)}")
    if missing := {*FILES} - read_manifest(folder)["files"].keys():
        raise IntegrityError(f"{folder} is not a model folder: its manifest does not name {', '.join(sorted(missing))}")
    config, statistics = read_json(folder / "config.json"), read_json(folder / "statistics.json")
    check_schema(str(config.get("schema")), SCHEMA, folder / "config.json")
    try:
        description = Description.from_json(config)
        stored = load_file(folder / "model.safetensors")
        climatology = {name.removeprefix(CLIMATOLOGY): a for name, a in stored.items() if name.startswith(CLIMATOLOGY)}
        encoding = _encoding(description, statistics, climatology)
        tensors = {name: a for name, a in stored.items() if not name.startswith(CLIMATOLOGY)}
        costs = {name: float(value) for name, value in config["costs"].items()}
        history = [{k: float(v) for k, v in row.items()} for row in csv.DictReader((folder / "history.csv").open())]
    except (KeyError, TypeError, ValueError, AttributeError, SafetensorError) as error:
        raise IntegrityError(f"{folder} does not hold a model that can be read ({error}); {remedy(folder)}") from error
    return Stored(description, encoding, tensors, costs, history)


def remedy(folder: Path) -> str:
    """What makes a damaged model whole; a folder that was copied out of its run has to be copied again."""
    run, name = folder.resolve().parent.parent, folder.resolve().name
    if folder.resolve().parent.name != "models":
        return "copy it again, or train the model again"
    return f"`fieldgan train {run} --model {name} --fresh` trains it again"


def history_table(history: Sequence[Mapping[str, float]]) -> str:
    """Rows of a history as CSV."""
    text = io.StringIO()
    table = csv.DictWriter(text, list(history[0]) if history else ["step"], lineterminator="\n")
    table.writeheader()
    table.writerows(history)
    return text.getvalue()


def card(stored: Stored) -> str:
    """What a person should know before using the model."""
    d, settings = stored.description, stored.description.settings
    parameters = sum(a.size for a in stored.tensors.values())
    judged = next((name for name in (JUDGE, ENSEMBLE_JUDGE) if stored.history and name in stored.history[0]), "")
    errors = [row[judged] for row in stored.history] if judged else []
    what = judged.removeprefix("validation_")
    best = f"{100 * min(errors):.2f} % of the fields' standard deviation ({what})" if errors else "not recorded"
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
            f"* least validation error: {best}",
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
    return Encoding(*fixed, moments, responses, corrections, bool(statistics["framed"]), latitudes, climatology)


def _listed(variables: Sequence[Variable]) -> str:
    return ", ".join(f"{v.name} [{v.units}]" for v in variables)
