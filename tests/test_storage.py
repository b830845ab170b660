"""Files are whole or absent, and a manifest tells which bytes are as they were written."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fieldgan.data import storage
from fieldgan.solvers.errors import FieldganError, IntegrityError


def folder_with_manifest(folder: Path) -> Path:
    storage.write_text(folder / "a.txt", "alpha")
    storage.write_text(folder / "b.bin", "beta" * 100)
    storage.write_manifest(folder, {n: storage.describe(folder / n) for n in ("a.txt", "b.bin")}, {"note": 1})
    return folder


def test_sha256_of_published_vector(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert storage.sha256(tmp_path / "abc") == expected


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "f"
    storage.write_text(target, "old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError("midway")

    with pytest.raises(ValueError, match="midway"):
        storage.write_whole(target, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("point", ["after-temporary", "before-rename"])
def test_killed_writer_leaves_the_old_file(tmp_path: Path, point: str) -> None:
    target = tmp_path / "f"
    storage.write_text(target, "old")
    program = f"from fieldgan.data.storage import *; write_text(Path({str(target)!r}), 'new')"
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"FIELDGAN_FAULT": point})
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.glob("*") if not p.name.startswith(".")] == ["f"]


def test_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    program = (
        "import resource; from fieldgan.data.storage import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"try: write_text(Path({str(tmp_path / 'f')!r}), 'x' * 5000)\n"
        "except FieldganError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "cannot write" in done.stdout
    assert "File too large" in done.stdout
    assert done.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FieldganError, match=r"cannot write .*file/f: ") as caught:
        storage.write_text(tmp_path / "file" / "f", "x")
    assert "\n" not in str(caught.value)


def test_nan_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        storage.write_json(tmp_path / "f", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_manifest_round_trip(tmp_path: Path) -> None:
    manifest = storage.read_manifest(folder_with_manifest(tmp_path))
    assert manifest["note"] == 1
    assert set(manifest["files"]) == {"a.txt", "b.bin"}
    assert storage.verify_manifest(tmp_path) == []


@pytest.mark.parametrize("name", ["a.txt", "b.bin"])
def test_one_flipped_bit_is_found(tmp_path: Path, name: str) -> None:
    folder_with_manifest(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / name).write_bytes(content)
    assert [name in line for line in storage.verify_manifest(tmp_path)] == [True]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_truncation_is_found(tmp_path: Path, share: float) -> None:
    folder_with_manifest(tmp_path)
    content = (tmp_path / "b.bin").read_bytes()
    (tmp_path / "b.bin").write_bytes(content[: int(share * len(content))])
    assert len(storage.verify_manifest(tmp_path)) == 1


def test_every_flipped_bit_of_the_manifest_is_found(tmp_path: Path) -> None:
    path = folder_with_manifest(tmp_path) / storage.MANIFEST
    content = path.read_bytes()
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(IntegrityError):
            storage.read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../f", "/etc/hostname", "a/../../f", "..", "", "c:f", "a\\f"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    storage.write_manifest(tmp_path, {name: {"sha256": "0"}}, {})
    with pytest.raises(IntegrityError, match="leads out"):
        storage.verify_manifest(tmp_path)


def test_links_are_refused(tmp_path: Path) -> None:
    folder_with_manifest(tmp_path / "run")
    (tmp_path / "elsewhere").write_text("alpha")
    (tmp_path / "run" / "a.txt").unlink()
    (tmp_path / "run" / "a.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match="symbolic link"):
        storage.verify_manifest(tmp_path / "run")


@pytest.mark.parametrize(
    ("schema", "message"),
    [("fieldgan-manifest/2", "upgrade fieldgan"), ("other/1", "another kind"), ("fieldgan-manifest/x", "another kind")],
)
def test_other_schemas_are_refused(schema: str, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        storage.check_schema(schema, "fieldgan-manifest/1", "f")


def test_the_version_before_is_read_and_older_ones_are_not() -> None:
    storage.check_schema("fieldgan-data/2", "fieldgan-data/3", "f")
    with pytest.raises(IntegrityError, match="too old"):
        storage.check_schema("fieldgan-data/1", "fieldgan-data/3", "f")


def test_a_manifest_of_another_shape_is_refused(tmp_path: Path) -> None:
    for content in ([], {}, {"files": []}, {"files": {}, "schema": 3}):
        (tmp_path / storage.MANIFEST).write_text(json.dumps(content))
        with pytest.raises(IntegrityError):
            storage.read_manifest(tmp_path)
