"""What a data folder holds so far, and its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .card import CARD
from .identity import refuse_difference
from .statistics import STATISTICS
from .storage import MANIFEST, PARTIAL, member, read_manifest, sha256, write_manifest, writing


@dataclass
class Stock:
    """Manifest entries of the files that are sound, the samples that failed, and whether that is all."""

    folder: Path
    identity: Mapping[str, Any]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    complete: bool = False

    def save(self) -> None:
        """Write the manifest; its `seconds` are those that the workers have spent on all shards [s]."""
        failed = [{"sample": index, "reason": self.failures[index]} for index in sorted(self.failures)]
        seconds = sum(entry.get("seconds", 0.0) for entry in self.files.values())
        known = {"kind": "data", "complete": self.complete, "identity": dict(self.identity), "failed": failed}
        write_manifest(self.folder, self.files, known | {"seconds": round(seconds, 6)})


def take_stock(folder: Path, identity: Mapping[str, Any]) -> Stock:
    """Check a data folder against its manifest, or begin a new one; changed and lost files are left out.

    Raises:
        UsageError: if it holds data of another identity; shows the difference.
        IntegrityError: if the manifest itself is damaged.
    """
    stock = Stock(folder, identity)
    if not (folder / MANIFEST).exists():
        stock.save()
        return stock
    manifest = read_manifest(folder)
    refuse_difference(manifest.get("identity", {}), identity, folder)
    stock.files = {name: entry for name, entry in manifest["files"].items() if _is_sound(folder, name, entry)}
    stock.failures = {failed["sample"]: failed["reason"] for failed in manifest["failed"]}
    stock.complete = manifest["complete"] and len(stock.files) == len(manifest["files"])
    return stock


def sweep(folder: Path, everything: bool) -> None:
    """Remove what killed writers left under temporary names; with `everything` also the data set."""
    owned = (MANIFEST, "shard-*.nc", STATISTICS, CARD) if everything else ()
    with writing(folder):
        for pattern in (f".*{PARTIAL}", *owned):
            for path in folder.glob(pattern):
                path.unlink()


def _is_sound(folder: Path, name: str, entry: Mapping[str, Any]) -> bool:
    path = member(folder, name)
    return path.is_file() and sha256(path) == entry["sha256"]
