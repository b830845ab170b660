"""Compare every file under a path with the manifests, and make room for what has to be made again."""

from pathlib import Path

from ..solvers.errors import IntegrityError, UsageError
from .shards import read_shard
from .storage import MANIFEST, member, read_manifest, sha256, verify_manifest, write_manifest


def verify(path: str | Path, repair: bool = False) -> list[str]:
    """Find every changed, missing or unlisted file.

    Args:
        path: a run folder, a folder with a manifest, or one data file.
        repair: remove what is damaged from data folders, so that `fieldgan generate` makes just that again.
    Returns:
        One line per problem; none means that every byte is as it was written.
    Raises:
        UsageError: if there is nothing to compare with.
    """
    path = Path(path)
    if path.is_file():
        return _verify_file(path)
    folders = sorted(manifest.parent for manifest in path.rglob(MANIFEST))
    data = path / "data"
    if data.is_dir() and data not in folders:
        folders.append(data)
    if not folders:
        raise UsageError(
            f"there is no {MANIFEST} in {path}; name a run folder, a data or model folder, or a data file"
        )
    return [problem for folder in folders for problem in _verify_folder(folder, repair)]


def _verify_folder(folder: Path, repair: bool) -> list[str]:
    try:
        problems = [*verify_manifest(folder), *_unlisted(folder)]
    except IntegrityError as error:
        if repair and _is_data(folder):
            (folder / MANIFEST).unlink(missing_ok=True)
        return [str(error)]
    if repair and problems and _is_data(folder):
        _drop_damaged(folder)
    return problems


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
    listed = read_manifest(folder)["files"]
    return [
        f"{path} is not in the manifest"
        for path in sorted(folder.glob("shard-*.nc"))
        if path.name not in listed
    ]


def _is_data(folder: Path) -> bool:
    return folder.name == "data"


def _drop_damaged(folder: Path) -> None:
    """Delete damaged files and their entries; the manifest, now incomplete, is written first."""
    manifest = read_manifest(folder)
    damaged = {
        name
        for name, entry in manifest["files"].items()
        if not member(folder, name).is_file() or sha256(folder / name) != entry["sha256"]
    }
    files = {name: entry for name, entry in manifest["files"].items() if name not in damaged}
    extra = {key: value for key, value in manifest.items() if key not in ("schema", "files")}
    write_manifest(folder, files, extra | {"complete": False})
    for name in damaged:
        (folder / name).unlink(missing_ok=True)
