"""Pictures of digits: what scikit-learn ships, and IDX files written here byte by byte."""

import builtins
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.digits import small_digits
from fieldgan.data.idx import mnist, read_idx
from fieldgan.data.schema import validate
from fieldgan.pipelines.cli import call
from fieldgan.solvers.errors import IntegrityError, UsageError

PICTURES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes([0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250])
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of 2×3 cells for training, plain, and the same two for test, gzipped."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(PICTURES)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(LABELS)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(PICTURES))
    (tmp_path / "t10k-labels.idx1-ubyte").write_bytes(LABELS)
    return tmp_path


def test_idx_files_are_read_as_their_head_says(folder: Path) -> None:
    data = mnist(folder)
    assert data["image"].dims == ("sample", "y", "x")
    assert data["image"].values[1].tolist() == [[255, 254, 253], [252, 251, 250]]
    assert data["label"].values.tolist() == [7, 3, 7, 3]
    assert data["split"].values.tolist() == ["train", "train", "test", "test"]
    assert data["y"].values.tolist() == [1.5, 0.5]
    validate(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PICTURES[:-1], "holds 11 values, its head says"),
        (PICTURES[:10], "not an IDX file of bytes with 3 axes"),
        (LABELS, "not an IDX file of bytes with 3 axes"),
        (b"", "not an IDX file"),
        (PICTURES[:2] + bytes([13]) + PICTURES[3:], "not an IDX file"),
    ],
)
def test_what_is_no_whole_idx_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(content)
    with pytest.raises(IntegrityError, match=message):
        read_idx(tmp_path / "pictures", 3)


def test_a_cut_archive_and_a_missing_file_are_told(folder: Path) -> None:
    archive = folder / "t10k-images-idx3-ubyte.gz"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(IntegrityError, match="cannot be read"):
        mnist(folder)
    archive.unlink()
    with pytest.raises(UsageError, match=r"neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte\.gz"):
        mnist(folder)


def test_pictures_and_labels_belong_together(folder: Path) -> None:
    (folder / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    with pytest.raises(IntegrityError, match="2 train pictures and 1 labels"):
        mnist(folder)


def test_the_digits_of_scikit_learn() -> None:
    """1797 pictures; how many of each digit is told in the UCI repository's description of the test set."""
    pytest.importorskip("sklearn")
    data = small_digits()
    assert data["image"].shape == (1797, 28, 28)
    assert np.bincount(data["label"].values.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (data["image"].values.min(), data["image"].values.max()) == (0, 16)
    assert "8×8, upsampled" in data.attrs["title"]
    validate(data)


def test_import_writes_a_field_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "mnist.nc"
    assert call(["import", "--mnist-dir", str(folder), "-o", str(out)]) == 0
    with xr.open_dataset(out) as data:
        assert data["image"].attrs["role"] == "target"
        assert data["image"].values[0].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert data.attrs["Conventions"] == "CF-1.11"
    capsys.readouterr()
    assert call(["import", "-o", str(out)]) == 2
    assert call(["import", "--digits", "--mnist-dir", str(folder), "-o", str(out)]) == 2
    assert capsys.readouterr().err.splitlines() == 2 * ["fieldgan: name one source: --digits, or --mnist-dir DIR"]


def test_without_scikit_learn_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert call(["import", "--digits", "-o", str(tmp_path / "digits.nc")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install fieldgan[digits]" in line
    assert not (tmp_path / "digits.nc").exists()
