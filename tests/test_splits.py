"""Splits depend on the index alone."""

from hashlib import sha256

from fieldgan.data.splits import SPLITS, fewest, split_of


def test_shares_are_within_four_standard_deviations() -> None:
    n = 20_000
    found = [split_of(i) for i in range(n)]
    for split, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        assert abs(found.count(split) - n * share) < 4 * (n * share * (1 - share)) ** 0.5


def test_first_splits_are_fixed_for_ever() -> None:
    """By hand: the first 16 digits of `printf 0 | sha256sum`, modulo ten, and so on; data sets rely on it."""
    digits = {0: 0x5FECEB66FFC86F38, 5: 0xEF2D127DE37B942B, 7: 0x7902699BE42C8A8E}
    for index, leading in digits.items():
        assert sha256(str(index).encode()).hexdigest().startswith(f"{leading:016x}")
        tenth = leading % 10
        assert split_of(index) == ("train" if tenth < 8 else "validation" if tenth == 8 else "test")


def test_the_fewest_samples_that_fill_the_splits() -> None:
    assert [i for i in range(42) if split_of(i) == "test"] == [6, 41]
    assert fewest({"train": 1}) == 1
    assert fewest({"test": 1}) == 7
    assert fewest({"test": 2}) == 42
    assert fewest({"train": 1, "validation": 1}) == 12
    assert fewest({}) == 0
