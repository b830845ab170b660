"""Compare every file under a path with the manifests, and make room for what has to be made again."""

from pathlib import Path
from typing import Any

from ..solvers.errors import IntegrityError, UsageError
from .lock import writer
from .shards import read_shard
from .storage import MANIFEST, member, read_manifest, sha256, verify_manifest, write_manifest


def verify(path: str | Path) -> list[str]:
    """Find every changed, missing or unlisted file.

    Args:
        path: a run folder, a folder with a manifest, or one data file.
    Returns:
        One line per problem; none means that every byte is as it was written.
    Raises:
        UsageError: if there is nothing to compare with.
    """
    path = Path(path)
    if path.is_file():
        return _verify_file(path)
    found = verify_folders(path)
    if not found:
        raise UsageError(f"there is no {MANIFEST} in {path}; name a run folder, a data or model folder, or a data file")
    return [problem for problems in found.values() for problem in problems]


def verify_folders(path: Path) -> dict[Path, list[str]]:
    """One line per problem, by the folder whose manifest tells of it."""
    return {folder: _verify_folder(folder) for folder in _folders(path)}


def data_folders(path: Path) -> list[Path]:
    """The folders with generated data at or under a path, whether or not their manifest still stands."""
    return [folder for folder in _folders(path) if folder.name == "data" or folder.resolve().name == "data"]


def repair(path: str | Path) -> list[Path]:
    """Remove what is damaged from data folders, as their only writer, so that `fieldgan generate` makes just that again.

    Returns:
        What was removed.
    Raises:
        UsageError: if another process is writing.
    """
    return [removed for folder in data_folders(Path(path)) for removed in _repair(folder)]


def is_complete(folder: Path) -> bool:
    """Whether a folder's manifest says that nothing is still to come; models have one only when they are finished."""
    return bool(read_manifest(folder).get("complete", True))


def _folders(path: Path) -> list[Path]:
    folders = sorted(manifest.parent for manifest in path.rglob(MANIFEST))
    data = path / "data"
    return [*folders, data] if data.is_dir() and data not in folders else folders


def _verify_folder(folder: Path) -> list[str]:
    try:
        return [*verify_manifest(folder), *(_unlisted(folder) if is_complete(folder) else [])]
    except IntegrityError as error:
        return [str(error)]


def _verify_file(path: Path) -> list[str]:
    try:
        if (path.parent / MANIFEST).is_file():
            entry = read_manifest(path.parent)["files"].get(path.name)
            if entry is not None:
                changed = sha256(member(path.parent, path.name)) != entry["sha256"]
                return [f"{path} was changed: its sha256 differs from the manifest"] if changed else []
        read_shard(path)
    except IntegrityError as error:
        return [str(error)]
    return []


def _unlisted(folder: Path) -> list[str]:
    """Files that nobody vouches for; hidden ones are what killed writers leave behind, which no reader opens."""
    listed = read_manifest(folder)["files"].keys() | {MANIFEST}
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    strangers = [path for name, path in files.items() if name not in listed and not path.name.startswith(".")]
    return [f"{path} is not in the manifest; move it out of the folder" for path in strangers]


def _repair(folder: Path) -> list[Path]:
    with writer(folder.resolve().parent):
        try:
            return _drop_damaged(folder, read_manifest(folder))
        except IntegrityError:
            lost = [folder / MANIFEST] if (folder / MANIFEST).exists() else []
            (folder / MANIFEST).unlink(missing_ok=True)
            return lost


def _drop_damaged(folder: Path, manifest: dict[str, Any]) -> list[Path]:
    """Delete damaged files and their entries; the manifest, now incomplete, is written first."""
    damaged = [
        name
        for name, entry in manifest["files"].items()
        if not member(folder, name).is_file() or sha256(folder / name) != entry["sha256"]
    ]
    if not damaged:
        return []
    files = {name: entry for name, entry in manifest["files"].items() if name not in damaged}
    extra = {key: value for key, value in manifest.items() if key not in ("schema", "files")}
    write_manifest(folder, files, extra | {"complete": False})
    for name in damaged:
        (folder / name).unlink(missing_ok=True)
    return [folder / name for name in damaged]
