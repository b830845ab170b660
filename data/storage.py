"""Files that are either whole or absent, and manifests that tell whether a byte has changed.

Every artefact is written under a temporary name in its own folder, flushed to disk and renamed; the folder's
manifest, which holds the sha256 of every file and of itself, is written last.
"""

import hashlib
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ..solvers.errors import FieldganError, IntegrityError

MANIFEST = "manifest.json"
SCHEMA = "fieldgan-manifest/1"
PARTIAL = ".partial"  # temporary names end in this, so that no pattern for data matches them


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file so that no reader ever sees a part of it.

    Args:
        path: the final name; its folder is made where it is missing.
        write: writes the content to the temporary name that it is given.
    Raises:
        FieldganError: if the disk is full or the folder cannot be written; nothing is left behind.
    """
    commit(stage(path, write), path)


def stage(path: Path, write: Callable[[Path], None]) -> Path:
    """Write the content of `path` under a temporary name beside it, flushed to disk, and return that name."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}{PARTIAL}")
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(temporary)
            fault("after-temporary", path)
            _flush(temporary)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return temporary


def commit(temporary: Path, path: Path) -> None:
    """Give a staged file its final name, and flush the folder so that the name survives a power cut."""
    with writing(path):
        fault("before-rename", path)
        os.replace(temporary, path)
        if os.name == "posix":
            _flush(path.parent)


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write bytes whole."""
    write_whole(path, lambda temporary: _save(temporary, content))


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole, in one fixed layout; NaN is refused, for it is not JSON."""
    write_text(path, _layout(value))


def read_json(path: Path, remedy: str = "restore it, or make it again") -> Any:
    """Read JSON.

    Raises:
        IntegrityError: if the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IntegrityError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise IntegrityError(f"{path} is not valid JSON ({error}); {remedy}") from None


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(path: Path) -> dict[str, Any]:
    """A file's entry in a manifest."""
    return {"sha256": sha256(path), "bytes": path.stat().st_size}


def write_manifest(folder: Path, files: Mapping[str, Mapping[str, Any]], extra: Mapping[str, Any]) -> None:
    """Write the manifest of a folder, to be called after all its files stand.

    Args:
        files: {relative name: its `describe` entry}.
        extra: whatever else the folder's reader has to know, as JSON values.
    """
    manifest = {"schema": SCHEMA, **extra, "files": {name: dict(files[name]) for name in sorted(files)}}
    fault("before-manifest", folder / MANIFEST)
    write_json(folder / MANIFEST, {**manifest, "seal": _seal(manifest)})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder, its seal and the names in it checked.

    Raises:
        IntegrityError: if it is missing, changed, of a newer schema, or names files outside the folder.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise IntegrityError(f"{folder} has no {MANIFEST}; it is not a finished fieldgan folder")
    manifest = read_json(path)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise IntegrityError(f"{path} is not a fieldgan manifest")
    check_schema(str(manifest.get("schema")), SCHEMA, path)
    seal = manifest.pop("seal", None)
    if seal != _seal(manifest) or path.read_bytes() != _layout({**manifest, "seal": seal}).encode():
        raise IntegrityError(f"{path} was changed after it was written; `fieldgan verify` of its run tells what helps")
    for name, entry in manifest["files"].items():
        member(folder, name)
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise IntegrityError(f"{path} has no sha256 for {name!r}")
    return manifest


def verify_manifest(folder: Path) -> list[str]:
    """Compare every file of a folder with its manifest; one line for each that is missing or changed.

    Raises:
        IntegrityError: if the manifest itself cannot be trusted.
    """
    problems = []
    for name, entry in read_manifest(folder)["files"].items():
        path = member(folder, name)
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif path.stat().st_size != entry.get("bytes", path.stat().st_size):
            problems.append(f"{path} has {path.stat().st_size} bytes, the manifest says {entry['bytes']}")
        elif sha256(path) != entry["sha256"]:
            problems.append(f"{path} was changed: its sha256 differs from the manifest")
    return problems


def member(folder: Path, name: str) -> Path:
    """The path of a file named in a manifest.

    Raises:
        IntegrityError: for absolute names, `..`, and links, which could lead out of the folder.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ":" in name or ".." in parts:
        raise IntegrityError(f"{folder / MANIFEST} names {name!r}, which leads out of its folder; do not trust it")
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise IntegrityError(f"{path} is a symbolic link; replace it by the file itself")
    return path


def check_schema(found: str, known: str, path: Path | str) -> None:
    """Refuse an artefact of another kind, or of a newer version than this program reads (N and N−1).

    Raises:
        IntegrityError: naming both versions, and whether to upgrade.
    """
    kind, _, version = found.partition("/")
    known_kind, _, newest = known.partition("/")
    if kind != known_kind or not version.isdigit():
        raise IntegrityError(f"{path} has schema {found!r}, expected {known!r}; it is another kind of file")
    if int(version) > int(newest):
        raise IntegrityError(f"{path} has schema {found}, this version reads up to {known}; upgrade fieldgan")
    if int(version) < int(newest) - 1:
        raise IntegrityError(f"{path} has schema {found}, too old for this version ({known}); make it again")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an operating system error into one clear line that names file, reason and remedy."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "free space or choose another folder, then run it again"
        raise FieldganError(f"cannot write {path}: {reason}; {remedy}") from None


def fault(point: str, path: Path) -> None:
    """Die here by SIGKILL if the environment asks for it, as tests of recovery do.

    FIELDGAN_FAULT is `point`, or `point:file name` for one file only; points are after-temporary,
    before-rename and before-manifest.
    """
    if os.environ.get("FIELDGAN_FAULT") in (point, f"{point}:{path.name}"):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _save(path: Path, content: bytes | memoryview) -> None:
    path.write_bytes(content)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _layout(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _seal(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(_layout(manifest).encode()).hexdigest()
