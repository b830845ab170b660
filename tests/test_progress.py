"""Progress: plain lines without a terminal, few of them, with rate and remaining time."""

import pytest
from fieldgan.pipelines import progress as module
from fieldgan.pipelines.console import set_verbosity
from fieldgan.pipelines.progress import Lines, duration, progress, size


class Clock:
    """Seconds that pass only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def test_rate_and_remaining_time_do_not_count_what_was_done_before(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines("generate", "samples")
    lines(100, 200)  # resumed
    clock.now = 20
    lines(140, 200)
    assert capsys.readouterr().err.splitlines() == [
        "generate: 100/200 samples",
        "generate: 140/200 samples, 2 samples/s, 30 s left",
    ]


def test_lines_are_at_least_ten_seconds_apart_but_the_last_is_shown(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines("train", "steps")
    for step in range(1, 101):
        clock.now = 0.25 * step  # 25 seconds in all
        lines(step, 100, "loss 0.5")
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 4  # at 0, 10, 20 and 25 seconds
    assert shown[-1] == "train: 100/100 steps, loss 0.5"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    set_verbosity("quiet")
    try:
        with progress("generate", "samples") as advance:
            advance(1, 1)
    finally:
        set_verbosity("normal")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 B"), (1.5e6, "1.5 MB"), (2e15, "2e+03 TB")])
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text
