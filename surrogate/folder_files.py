"""The files of a model folder, whatever the model: weights, configuration, statistics, history, card, and the manifest last."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from .. import __version__
from ..data.scenario import Array
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

Model = TypeVar("Model")
SCHEMA = "fieldgan-model/1"
CHECKPOINTS = "checkpoints"
FILES = ("model.safetensors", "config.json", "statistics.json", "history.csv", "MODEL_CARD.md")
NO_MODEL = (KeyError, TypeError, ValueError, AttributeError, SafetensorError)  # of files that hold something else


@dataclass(frozen=True)
class Content:
    """What the files hold: the description in JSON, statistics, tensors by name, what training cost, and its history."""

    description: Mapping[str, Any]
    statistics: Mapping[str, Any]
    tensors: Mapping[str, Array]
    costs: Mapping[str, float]
    history: Sequence[Mapping[str, float]]


def write_files(folder: Path, content: Content, card: str) -> None:
    """Write the files one by one, each whole, then the manifest, which names the checkpoints too."""
    config = {"schema": SCHEMA, "fieldgan": __version__, **content.description, "costs": dict(content.costs)}
    tensors = {name: np.ascontiguousarray(a) for name, a in content.tensors.items()}
    write_whole(folder / "model.safetensors", lambda path: save_file(tensors, path))
    write_json(folder / "config.json", config)
    write_json(folder / "statistics.json", content.statistics)
    write_text(folder / "history.csv", history_table(content.history))
    write_text(folder / "MODEL_CARD.md", card)
    files = [*FILES, *(f"{CHECKPOINTS}/{path.name}" for path in sorted((folder / CHECKPOINTS).glob("[!.]*")))]
    write_manifest(folder, {name: describe(folder / name) for name in files}, {"model": content.description["name"]})


def read_files(folder: Path, make: Callable[[Content], Model]) -> Model:
    """Read the files, every byte checked against the manifest first, and make of them what they hold.

    Args:
        make: raises one of NO_MODEL where they hold something else.
    Raises:
        IntegrityError: if a file is missing, changed, of a newer schema or does not hold what it should.
    """
    if problems := verify_manifest(folder):
        raise IntegrityError(f"{folder} is damaged: {'; '.join(problems)}; {remedy(folder)}")
    if missing := {*FILES} - read_manifest(folder)["files"].keys():
        raise IntegrityError(f"{folder} is not a model folder: its manifest does not name {', '.join(sorted(missing))}")
    config, statistics = read_json(folder / "config.json"), read_json(folder / "statistics.json")
    check_schema(str(config.get("schema")), SCHEMA, folder / "config.json")
    try:
        tensors = load_file(folder / "model.safetensors")
        costs = {name: float(value) for name, value in config["costs"].items()}
        history = [{k: float(v) for k, v in row.items()} for row in csv.DictReader((folder / "history.csv").open())]
        return make(Content(config, statistics, tensors, costs, history))
    except NO_MODEL as error:
        raise IntegrityError(f"{folder} does not hold a model that can be read ({error}); {remedy(folder)}") from error


def remedy(folder: Path) -> str:
    """What makes a damaged model whole; a folder that was copied out of its run has to be copied again."""
    run, name = folder.resolve().parent.parent, folder.resolve().name
    if folder.resolve().parent.name != "models":
        return "copy it again, or train the model again"
    return f"`fieldgan train {run} --model {name} --fresh` trains it again"


def history_table(history: Sequence[Mapping[str, float]]) -> str:
    """Rows of a history as CSV; NaN for what a row does not tell, as those that an older version began."""
    text = io.StringIO()
    columns = dict.fromkeys(key for row in history for key in row) or ["step"]
    table = csv.DictWriter(text, list(columns), restval="nan", lineterminator="\n")
    table.writeheader()
    table.writerows(history)
    return text.getvalue()
