"""Which samples train, which choose the best model, and which are only ever looked at once.

All of it by a hash of a sample's index alone: data sets of different length agree on it, and neighbours in the sequence fall into
different splits.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def split_of(index: int, one_in: int = 1) -> Split:
    """The split of a sample: 80 % train, 10 % validation, 10 % test, of those that may be any of these; the others train.

    Args:
        one_in: see `Rough`.
    """
    tenth = _hash(index) % 10
    return "train" if tenth < 8 or learns_only(index, one_in) else "validation" if tenth == 8 else "test"


def learns_only(index: int, one_in: int) -> bool:
    """Whether a sample is not the one of so many that may validate or test; see `Rough`."""
    return _hash(index) // 10 % one_in != 0


def is_exact(index: int, one_in: int, exact_one_in: int) -> bool:
    """Whether a sample that trains is the one of so many that is exact; none, if these are 0. See `Rough`."""
    return exact_one_in > 0 and _hash(index) // 10 // one_in % exact_one_in == 0


def fewest(wanted: Mapping[Split, int], one_in: int = 1) -> int:
    """The smallest number of samples that puts at least so many into each split."""
    left, samples = dict(wanted), 0
    while any(n > 0 for n in left.values()):
        split = split_of(samples, one_in)
        left[split] = left.get(split, 0) - 1
        samples += 1
    return samples


def _hash(index: int) -> int:
    return int.from_bytes(sha256(str(index).encode()).digest()[:8])
