"""Whether a run is as it was written: its files by their manifests, its folders by its record, and what helps."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ..data import integrity
from ..data.lock import writer
from ..data.storage import MANIFEST
from ..solvers.errors import IntegrityError
from .run_folder import CONFIG, FOLDERS, RECORD, Record, read_record


@dataclass(frozen=True)
class Verdict:
    """What `fieldgan verify` found and did.

    Attributes:
        problems: one line per file that is changed, missing or unlisted.
        unfinished: one line per folder that is still being made, with the command that goes on.
        removed: damaged data files that were removed.
        remedies: the commands that make damaged things again.
    """

    problems: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    removed: tuple[Path, ...] = ()
    remedies: tuple[str, ...] = ()


def verify(path: Path, repair: bool = False) -> Verdict:
    """Compare what stands at a path with what was written.

    Args:
        path: a run folder, a data or model folder, or a data file.
        repair: remove damaged data files, as the only writer.
    Raises:
        UsageError: if there is nothing to compare with, or another process is writing what is to be repaired.
    """
    with ExitStack() as held:
        for folder in integrity.data_folders(path) if repair else ():
            held.enter_context(writer(folder.resolve().parent))
        verdict = _verify_run(path, repair) if (path / RECORD).is_file() else Verdict(tuple(integrity.verify(path)))
        removed = integrity.repair(path) if repair and verdict.problems else []
    return replace(verdict, removed=tuple(removed))


def _verify_run(run: Path, repair: bool) -> Verdict:
    found = integrity.verify_folders(run)
    problems = [problem for lines in found.values() for problem in lines]
    try:
        record = read_record(run)
    except IntegrityError as error:
        return Verdict((*problems, str(error)))
    lost = [folder for folder in _lost(record) if folder not in found]
    problems += [f"{folder} has no {MANIFEST}, though {RECORD} says that it was finished" for folder in lost]
    damaged = [*(folder for folder, lines in found.items() if lines), *lost]
    unfinished = [f"{folder} is unfinished; `{_go_on(record, folder)}` goes on" for folder in _unfinished(record, damaged)]
    return Verdict(tuple(problems), tuple(unfinished), remedies=tuple(_remedy(record, folder, repair) for folder in damaged))


def _lost(record: Record) -> Iterator[Path]:
    """Folders without a manifest that, as the record says, were finished."""
    data, models = (record.folder / FOLDERS[stage] for stage in ("generate", "train"))
    trained = record.values["stages"].get("train", {}).get("models", {})
    for folder in (*([data] if record.state("generate") == "done" else []), *(models / name for name in trained)):
        if not (folder / MANIFEST).is_file():
            yield folder


def _unfinished(record: Record, damaged: Sequence[Path]) -> Iterator[Path]:
    """Folders that are still being made."""
    for folder in (record.folder / FOLDERS["generate"], *sorted((record.folder / FOLDERS["train"]).glob("*/"))):
        finished = (folder / MANIFEST).is_file() and (folder in damaged or integrity.is_complete(folder))
        if folder.is_dir() and folder not in damaged and not finished:
            yield folder


def _remedy(record: Record, folder: Path, repaired: bool) -> str:
    """What makes a damaged folder whole."""
    if folder.name != FOLDERS["generate"]:
        return f"`{_go_on(record, folder)} --fresh` trains it again"
    again = f"`{_go_on(record, folder)}` makes again what is missing"
    return again if repaired else f"`fieldgan verify {record.folder} --repair` removes what is damaged, then {again}"


def _go_on(record: Record, folder: Path) -> str:
    if folder.name != FOLDERS["generate"]:
        return f"fieldgan train {record.folder} --model {folder.name}"
    return f"fieldgan generate {record.scenario} -o {record.folder} --config {record.folder / CONFIG}"
