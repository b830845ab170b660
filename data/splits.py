"""Which samples train, which choose the best model, and which are only ever looked at once."""

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
