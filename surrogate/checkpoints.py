"""Checkpoints: everything from which training goes on as if it had never stopped.

Order, augmentation and noise are functions of (seed, step) alone, so that no random state needs storing:
networks, averaged weights, optimisers, history and the best model so far do. The state is written under its
step's name, then `latest.json` names it with its sha256; whatever kills the process, one whole checkpoint
stands.
"""

from pathlib import Path
from typing import Any

import torch

from ..data.storage import check_schema, member, read_json, sha256, write_json, write_whole
from ..solvers.errors import IntegrityError

SCHEMA = "fieldgan-checkpoint/1"
LATEST = "latest.json"
State = dict[str, Any]


def save_checkpoint(folder: Path, step: int, state: State, configuration: dict[str, Any]) -> None:
    """Write a checkpoint whole, and drop those before it.

    Args:
        state: tensors, numbers, text, and dicts and lists of them.
        configuration: what a run that goes on from here must agree with.
    """
    path = folder / f"step-{step:08d}.pt"
    write_whole(path, lambda temporary: torch.save(state, temporary))
    entry = {"schema": SCHEMA, "file": path.name, "sha256": sha256(path), "step": step}
    write_json(folder / LATEST, {**entry, "configuration": configuration})
    for old in folder.glob("step-*.pt"):
        if old != path:
            old.unlink()


def latest_configuration(folder: Path) -> dict[str, Any] | None:
    """What the checkpoint in a folder was trained with, or None where there is none."""
    if not (folder / LATEST).is_file():
        return None
    configuration: dict[str, Any] = _latest(folder)["configuration"]
    return configuration


def load_checkpoint(folder: Path) -> State | None:
    """The last checkpoint, or None where there is none.

    Raises:
        IntegrityError: if its bytes are not those that were written, or it holds more than data.
    """
    if not (folder / LATEST).is_file():
        return None
    latest = _latest(folder)
    path = member(folder, str(latest["file"]))
    if not path.is_file() or sha256(path) != latest["sha256"]:
        raise IntegrityError(f"{path} is missing or was changed; delete {folder} to train from the start")
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise IntegrityError(f"{path} is not a checkpoint; delete {folder} to train from the start") from error
    return state


def _latest(folder: Path) -> dict[str, Any]:
    latest = read_json(folder / LATEST)
    if not isinstance(latest, dict) or not {"schema", "file", "sha256", "configuration"} <= latest.keys():
        raise IntegrityError(f"{folder / LATEST} does not name a checkpoint; delete {folder} to train from the start")
    check_schema(str(latest["schema"]), SCHEMA, folder / LATEST)
    return latest
