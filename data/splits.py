"""Which samples train, which choose the best model, and which are only ever looked at once."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def split_of(index: int) -> Split:
    """The split of a sample: 80 % train, 10 % validation, 10 % test, by a hash of its index alone.

    Data sets of different length agree on it, and neighbours in the sequence fall into different splits.
    """
    tenth = int.from_bytes(sha256(str(index).encode()).digest()[:8]) % 10
    return "train" if tenth < 8 else "validation" if tenth == 8 else "test"


def fewest(wanted: Mapping[Split, int]) -> int:
    """The smallest number of samples that puts at least so many into each split."""
    left, samples = dict(wanted), 0
    while any(n > 0 for n in left.values()):
        split = split_of(samples)
        left[split] = left.get(split, 0) - 1
        samples += 1
    return samples
