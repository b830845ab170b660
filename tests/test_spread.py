"""The training log tells of a spread that dies: once, with what to do, and not of one that has yet to grow."""

import pytest
from fieldgan.pipelines.console import set_verbosity
from fieldgan.pipelines.spread import SpreadWatch


@pytest.fixture(autouse=True)
def _heard() -> None:
    set_verbosity("normal")


def followed(ratios: list[float], reconstruction: str = "crps") -> list[str]:
    watch = SpreadWatch("train cgan", reconstruction)
    return [watch(k + 1, len(ratios), {"reconstruction": 0.5, "variance_ratio": ratio}) for k, ratio in enumerate(ratios)]


def test_a_spread_that_is_lost_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    notes = followed([0.05, 0.9, 0.1, 0.05, 0.3, 0.1, 1.0, 1.0])
    assert capsys.readouterr().err.splitlines() == [
        "train cgan: warning: the spread dies: at step 3 members have 10 % of the variance they should have, less than 20 %; "
        "use a lower training.critic_weight"
    ]
    assert notes[2] == "loss 0.5, variance ratio 0.10"


def test_one_that_never_grows_is_told_at_half_time(capsys: pytest.CaptureFixture[str]) -> None:
    followed([0.0] * 8, "l1")
    (line,) = capsys.readouterr().err.splitlines()
    assert "at step 5 " in line
    assert line.endswith("use training.reconstruction=crps")


def test_nothing_is_said_of_one_that_grows_or_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    followed([0.0, 0.1, 0.15, 0.5, 0.9, 1.1])
    assert SpreadWatch("train unet", "l2")(5, 5, {"reconstruction": 0.5}) == "loss 0.5"
    assert capsys.readouterr().err == ""
