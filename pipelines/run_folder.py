"""run.json and config.toml: what a run is, how far it got, and whether a configuration still fits it."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from ..data.storage import check_schema, read_json, write_json, write_text
from ..solvers.errors import IntegrityError, UsageError
from .config import RunConfig, completed, differences, to_toml
from .machine import installed_versions

SCHEMA = "fieldgan-run/1"
RECORD = "run.json"
CONFIG = "config.toml"
STAGES = ("generate", "train", "compare")
FOLDERS = {"generate": "data", "train": "models", "compare": "comparison"}

DECIDES = {  # the settings that a stage's results depend on
    "generate": ("seed", "scenario", "data"),
    "train": ("seed", "model", "training", "pod"),
    "compare": ("comparison",),
}
HARMLESS = ("training.device",)  # where something is computed, not what


@dataclass
class Record:
    """The contents of run.json, written whole after every change."""

    folder: Path
    values: dict[str, Any]

    @property
    def scenario(self) -> str:
        """Name of the scenario; "" for data of the user's own."""
        return str(self.values["scenario"])

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return dict(self.values["config"])

    def state(self, stage: str) -> str:
        """How far a stage is: "" before it began, then running, done, interrupted or failed."""
        return str(self.values["stages"].get(stage, {}).get("state", ""))

    def save(self) -> None:
        """Write run.json."""
        write_json(self.folder / RECORD, self.values)

    def note(self, stage: str, **values: Any) -> None:
        """Add to what is known of a stage."""
        self.values["stages"].setdefault(stage, {}).update(values)
        self.save()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Record when a stage begins and how it ends."""
        start, outcome = perf_counter(), "failed"
        self.note(name, state="running", started=_now())
        try:
            yield
            outcome = "done"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            seconds = self.values["stages"][name].get("seconds", 0.0) + perf_counter() - start
            self.note(name, state=outcome, ended=_now(), seconds=round(seconds, 3))


def read_record(folder: Path) -> Record:
    """The record of a run.

    Raises:
        UsageError: if the folder is not a run folder.
        IntegrityError: if run.json is damaged, or of another version.
    """
    path = folder / RECORD
    if not path.is_file():
        what = "does not exist" if not folder.exists() else f"is not a run folder, for it has no {RECORD}"
        raise UsageError(f"{folder} {what}; make one with `fieldgan run SCENARIO -o {folder}`")
    values = read_json(path, _remedy(folder))
    kinds = {"schema": str, "scenario": str, "config": dict, "stages": dict, "commands": list}
    if not isinstance(values, dict) or not all(isinstance(values.get(name), kind) for name, kind in kinds.items()):
        raise IntegrityError(f"{path} is not the record of a run; {_remedy(folder)}")
    check_schema(str(values["schema"]), SCHEMA, path)
    return Record(folder, values)


def open_record(
    folder: Path,
    scenario: str,
    config: RunConfig,
    machine: Mapping[str, Any],
    *,
    own: Mapping[str, Any] | None = None,
    fresh_from: str | None = None,
    only: Sequence[str] = (),
) -> Record:
    """The record of a run that is about to begin or to go on; run.json and config.toml are written.

    Args:
        own: what the data are, where they come from no scenario.
        fresh_from: the first stage whose results are removed; a damaged run.json is replaced.
        only: the models that are removed, where the first stage is to train just those.
    Raises:
        UsageError: if the folder holds something else, or results of other settings; the difference is shown.
    """
    before = _existing(folder, replaceable=fresh_from is not None)
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "scenario": scenario,
        "own_data": own,
        "config": config.model_dump(mode="json"),
        "seed": config.seed,
        "versions": installed_versions(),
        "machine": dict(machine),
        "stages": before.values["stages"] if before else {},
        "commands": [*(before.values["commands"] if before else []), command_line()],
    }
    if before and fresh_from:
        remove_results(before, fresh_from, only)
    if before:
        refuse_changes(before, values)
    record = Record(folder, values)
    record.save()
    write_text(
        folder / CONFIG,
        to_toml(config, f"fieldgan {values['versions']['fieldgan']}, {scenario or 'own data'}"),
    )
    return record


def _existing(folder: Path, replaceable: bool) -> Record | None:
    """The record that stands in a folder; an empty one in place of a damaged one that may be replaced."""
    if (folder / RECORD).exists():
        try:
            return read_record(folder)
        except IntegrityError:
            if not (replaceable and _is_ours(folder)):
                raise
            return Record(folder, {"scenario": "", "config": {}, "stages": {}, "commands": []})
    strangers = [path.name for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []
    if strangers:
        raise UsageError(f"{folder} is not a run folder but holds {strangers[0]}; choose an empty or a new folder")
    return None


def _is_ours(folder: Path) -> bool:
    """Whether fieldgan has made this folder, even where its record cannot be read any more."""
    config = folder / CONFIG
    return config.is_file() and config.read_bytes().startswith(b"# fieldgan ")


def _remedy(folder: Path) -> str:
    """What helps where the record of a run is damaged."""
    if not _is_ours(folder):
        return "restore it, or choose another folder"
    return f"restore it, or start over: `fieldgan run SCENARIO -o {folder} --config {folder / CONFIG} --fresh`"


def remove_results(record: Record, first: str, only: Sequence[str] = ()) -> None:
    """Remove the results of a stage, or only some of its models, and of all stages that follow from it."""
    stages = STAGES[STAGES.index(first) :]
    if only and _others_remain(record, only):
        stages = stages[1:]
    for stage in stages:
        record.values["stages"].pop(stage, None)
        record.save()
        shutil.rmtree(record.folder / FOLDERS[stage], ignore_errors=True)


def _others_remain(record: Record, models: Sequence[str]) -> bool:
    """Remove some models; whether that leaves any."""
    trained = record.values["stages"].get("train", {}).get("models", {})
    for name in models:
        trained.pop(name, None)
        record.save()
        shutil.rmtree(record.folder / FOLDERS["train"] / name, ignore_errors=True)
    return any((record.folder / FOLDERS["train"]).glob("*/"))


def refuse_changes(before: Record, values: Mapping[str, Any]) -> None:
    """Refuse settings that differ from those of results that stand.

    Raises:
        UsageError: naming each setting, its old and its new value.
    """
    began = [stage for stage in STAGES if before.state(stage)]
    identity = [name for name in ("scenario", "own_data") if before.values.get(name) != values[name]] if began else []
    changed = {name: f"{before.values.get(name)} -> {values[name]}" for name in identity}
    sections = {section for stage in began for section in DECIDES[stage]}
    for key, change in differences(completed(before.config), values["config"]).items():
        if key.partition(".")[0] in sections and key not in HARMLESS:
            changed[key] = change
    if changed:
        shown = "; ".join(f"{key}: {change}" for key, change in changed.items())
        first = next((s for s in began if {key.partition(".")[0] for key in changed} & {*DECIDES[s]}), began[0])
        remedy = f"use another folder, or `fieldgan {first} … --fresh` to make everything from there on again"
        raise UsageError(f"{before.folder} was made with other settings ({shown}); {remedy}")


def command_line() -> str:
    """The command that is running, so that it can be typed again."""
    program = Path(sys.argv[0]).name
    return shlex.join(["fieldgan" if program == "__main__.py" else program, *sys.argv[1:]])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
