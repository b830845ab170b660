"""The IDX files of MNIST: pictures and labels as their authors distribute them, plain or gzipped.

    00 00, type, number of axes, length of each axis (four bytes each, big-endian), values

Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits.
"""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import xarray as xr

from ..solvers.errors import IntegrityError, UsageError
from .digits import picture_dataset
from .scenario import Array
from .splits import split_of

BYTES = 0x08  # the type of unsigned bytes
PARTS = {"train": "train", "test": "t10k"}


def mnist(folder: Path) -> xr.Dataset:
    """The four files of MNIST, or of a data set in its form, as a field dataset.

    The official test pictures are the test split; a ninth of the others, by a hash of their number, is for validation.

    Raises:
        UsageError: if a file is missing.
        IntegrityError: if one is not an IDX file, is cut short, or pictures and labels do not belong together.
    """
    pictures, labels, splits = [], [], []
    for split, prefix in PARTS.items():
        images, digits = (read_idx(_file(folder, f"{prefix}-{kind}-ubyte"), axes) for kind, axes in KINDS.items())
        if len(images) != len(digits):
            raise IntegrityError(f"{folder} has {len(images)} {prefix} pictures and {len(digits)} labels; get the files again")
        pictures.append(images)
        labels.append(digits)
        splits += [split if split == "test" else _learning(i) for i in range(len(images))]
    if pictures[0].shape[1:] != pictures[1].shape[1:]:
        raise IntegrityError(f"{folder} has pictures of {pictures[0].shape[1:]} and {pictures[1].shape[1:]} cells; use one set")
    return picture_dataset(np.concatenate(pictures), np.concatenate(labels), np.array(splits), "MNIST pictures from IDX files")


KINDS = {"images-idx3": 3, "labels-idx1": 1}


def read_idx(path: Path, axes: int) -> Array:
    """The unsigned bytes of an IDX file with so many axes.

    Raises:
        IntegrityError: if it is something else, or its length is not the one that its head tells.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{path} cannot be read ({error}); get it again") from None
    head = 4 + 4 * axes
    if len(content) < head or content[:4] != bytes([0, 0, BYTES, axes]):
        raise IntegrityError(f"{path} is not an IDX file of bytes with {axes} axes; get the official file")
    lengths = struct.unpack(f">{axes}I", content[4:head])
    if len(content) - head != int(np.prod(lengths)):
        raise IntegrityError(f"{path} holds {len(content) - head} values, its head says {lengths}; get it again")
    return np.frombuffer(content, np.uint8, offset=head).reshape(lengths)


def _learning(index: int) -> str:
    return "validation" if split_of(index) == "validation" else "train"


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz", folder / name.replace("-idx", ".idx")):
        if path.is_file():
            return path
    raise UsageError(f"{folder} has neither {name} nor {name}.gz; put the official files there, nothing is downloaded")
