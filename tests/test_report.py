"""The report: one file, nothing from outside, nothing unescaped, verdicts in words that fit the numbers."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fieldgan.pipelines.describe import described_errors
from fieldgan.pipelines.report import write_report
from fieldgan.pipelines.report_tables import small_batches
from fieldgan.pipelines.report_text import adversary_note, adversary_sentence, advice, evidence, verdict_sentence
from fieldgan.pipelines.wording import count, digits, duration, factor, percent
from screened_poisson import compared, reported

VOID = {"meta", "img", "br", "source"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects addresses and headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "srcset", "href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def outline(folder: Path) -> Outline:
    parsed = Outline()
    text = (folder / "report.html").read_text(encoding="utf-8")
    parsed.feed(re.sub(r"(base64,[A-Za-z0-9+/]{40})[A-Za-z0-9+/=]+", r"\1", text))
    return parsed


def test_report_is_well_formed_and_holds_its_own_images() -> None:
    folder = reported()
    page = outline(folder)
    figures = list((folder / "figures").glob("*.png"))
    assert not page.open
    assert len(page.addresses) == 2 * len(figures) == 10
    assert all(address.startswith("data:image/png;base64,iVBOR") for address in page.addresses)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in figures)


def test_report_names_no_address_outside() -> None:
    text = (reported() / "report.html").read_text(encoding="utf-8")
    without_images = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<script|<link|<iframe", without_images)
    assert "default-src 'none'" in text


def test_markup_in_names_is_shown_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldgan.pipelines.report.figures", lambda comparison: {})
    comparison = compared()
    scenario = replace(comparison.problems.scenario, summary="<script>alert(1)</script>")
    record = {**comparison.record, "warnings": ["<img src=x onerror=alert(2)>"]}
    evil = replace(comparison, record=record, problems=replace(comparison.problems, scenario=scenario))
    write_report(tmp_path, evil)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.fixture
def lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a report, without figures, of a comparison that is lost."""
    monkeypatch.setattr("fieldgan.pipelines.report.figures", lambda comparison: {})
    write_report(tmp_path, compared(loser=True))
    return tmp_path


def test_first_screens_are_verdict_then_advice(lost: Path) -> None:
    for folder, comparison, word in ((reported(), compared(), "win"), (lost, compared(loser=True), "loss")):
        words = [text for text in outline(folder).text if text]
        assert words[words.index(word) + 1] == verdict_sentence(comparison.entry("cgan"))
        assert words.index("What to do about it") < words.index("Cost against error")


def test_win_and_loss_are_printed_alike(lost: Path) -> None:
    """Same elements, same order, same size: only colours and words differ."""
    pages = [(folder / "report.html").read_text(encoding="utf-8") for folder in (reported(), lost)]
    openings = [re.search(r'<section class="verdict (win|loss)">.*?</h1>', page, re.S) for page in pages]
    shapes = [re.sub(r">[^<]*<", "><", o.group(0)).replace("loss", "win") for o in openings if o]
    assert len(shapes) == 2
    assert shapes[0] == shapes[1]


def test_markdown_says_the_same(lost: Path) -> None:
    text = (lost / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# screened: loss")
    assert verdict_sentence(compared(loser=True).entry("cgan")) in text
    assert all(f"| {r}² |" in text for r in (8, 12, 16, 32, 64))
    for image in re.findall(r"\((figures/.*?)\)", text):
        assert (reported() / image).is_file()


def method(**numbers: Any) -> dict[str, Any]:
    usual = {
        "verdict": "loss",
        "equal_error": 0.1,
        "equal_error_ci95": [0.08, 0.12],
        "bound": "exact",
        "solver_seconds_equal_error": 1e-3,
        "error_ratio_equal_time": 0.25,
        "error_ratio_bound": "exact",
        "break_even_solves": None,
    }
    return {
        "name": "cgan",
        "metrics": {"overall": {"vrmse": {"mean": 0.02}}},
        "seconds_per_sample": {"batch_1": {"median": 1e-2}},
        "training_seconds": 60.0,
        "generation_seconds": 30.0,
        "speedup": usual | numbers,
        "speedup_batch_32": usual,
    }


RECORD = {
    "envelope": [
        {"resolution": 32, "scheme": "multigrid", "error": 0.05, "seconds": 4e-4},
        {"resolution": 64, "scheme": "multigrid", "error": 0.015, "seconds": 2e-3},
    ]
}


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({}, "the solver is 10.0 times faster than cgan."),
        ({"bound": "upper"}, "the solver is at least 10.0 times faster than cgan."),
        ({"verdict": "win", "equal_error": 4.0}, "cgan is 4.00 times faster than the solver."),
        (
            {"verdict": "win", "equal_error": 4.0, "bound": "lower"},
            "cgan is at least 4.00 times faster than the solver.",
        ),
        ({"verdict": "tie", "equal_error": 0.9}, "take the same time within the uncertainty."),
        ({"verdict": "tie", "equal_error": 9.0, "bound": "upper"}, "out of the range of the solver's."),
    ],
)
def test_verdict_sentences(numbers: dict[str, Any], sentence: str) -> None:
    assert verdict_sentence(method(**numbers)).endswith(sentence)


@pytest.mark.parametrize(("bound", "start"), [("exact", "At the same error (2.00 %)"), ("upper", "At no more error (2.00 %)")])
def test_a_rung_of_less_error_is_not_called_equal(bound: str, start: str) -> None:
    sentence = plain([verdict_sentence(method(bound=bound))])[0]
    assert sentence.startswith(start)
    assert ("for the same error" in evidence(method(bound=bound))) == (bound == "exact")


def test_useless_baselines_are_out_of_range_everywhere(tmp_path: Path) -> None:
    """The mean is fast and beyond the ladder: its speed-up is no more than a bound, in page, text and `inspect`."""
    text = (reported() / "report.md").read_text(encoding="utf-8")
    assert re.search(r"^\| mean \| out of range \|.*\| ≤ ", text, re.M)
    assert '<span class="tag tie">out of range</span>' in (reported() / "report.html").read_text(encoding="utf-8")
    assert described_errors(compared().record)["mean"].endswith("; out of range")


def test_other_measures_stand_in_both_reports() -> None:
    expected = digits(compared().entry("cgan")["metrics"]["temperature"]["rmse"]["mean"])
    assert f"| cgan | {expected} |" in (reported() / "report.md").read_text(encoding="utf-8")
    assert f"<td>cgan</td><td>{expected}</td>" in (reported() / "report.html").read_text(encoding="utf-8")


def test_error_ratios_carry_their_bound(lost: Path) -> None:
    """A cgan that takes longer than the finest rung: the solver's error in that time is at most that of the rung."""
    numbers = compared(loser=True).entry("cgan")["speedup"]
    assert numbers["error_ratio_bound"] == "upper"
    ratio = f"≤ {digits(numbers['error_ratio_equal_time'])}"
    assert f"<b>{ratio}×</b>" in (lost / "report.html").read_text(encoding="utf-8")
    assert f"equal time | {ratio} |" in (lost / "report.md").read_text(encoding="utf-8")


def test_small_batches_are_told() -> None:
    record = {
        "methods": [
            {"kind": "solver", "resolution": n, "seconds_per_sample": {"batch_32": {"samples": size}}}
            for n, size in ((128, 32), (256, 8), (512, 2))
        ]
    }
    assert small_batches(record) == ["8 on 256²", "2 on 512²"]


def test_adversary_note_says_what_is_equal_and_what_is_not_in_the_interval() -> None:
    note = plain([adversary_note(compared().record)])[0]
    assert "number of training steps, which took 60.0 s with the critic and 60.0 s without" in note
    assert "one seed" in note
    assert note in plain([(reported() / "report.md").read_text(encoding="utf-8")])[0]


def test_a_loss_names_the_solver_to_use_instead() -> None:
    lines = plain(advice(RECORD, method()))
    assert lines[0] == (
        "Use the multigrid solver on 64² cells: 1.50 % error in 2.00 ms per solve, where cgan has 2.00 % in 10.0 ms."
    )
    assert "reaches an error of 0.500 %." in lines[1]
    assert "if it took 1.00 ms" in lines[2]
    assert "never pays back" in lines[3]


def test_a_win_says_when_it_pays() -> None:
    lines = plain(advice(RECORD, method(verdict="win", equal_error=4.0, break_even_solves=12_345.0)))
    assert lines[1] == "Generating data and training took 90.0 s; that is paid back after 13,000 solves."


def test_a_win_below_the_ladder_names_the_truth_for_less_error() -> None:
    truth = {"resolution": 128, "seconds_per_sample": {"batch_1": {"median": 0.03}}}
    rungs = [rung | {"error": 2 * rung["error"]} for rung in RECORD["envelope"]]
    won = method(verdict="win", equal_error=4.0, bound="lower", break_even_solves=12_345.0)
    assert plain(advice({"envelope": rungs, "truth": truth}, won))[2] == (
        "Where less error is asked for, use the solver on more than 64² cells, which leave 3.00 %; that of the truth, "
        "on 128², takes 30.0 ms."
    )
    assert "use the multigrid solver on 64² cells: 1.50 %" in plain(advice(RECORD, won))[2]


def test_a_tie_below_the_ladder_asks_for_a_finer_one() -> None:
    lines = plain(advice(RECORD, method(verdict="tie", bound="lower")))
    assert lines[0].startswith("Extend the ladder: the solver was run up to 64² cells")


def test_evidence_carries_the_interval() -> None:
    assert plain([evidence(method())])[0].endswith("a speed-up of 0.100 (95 % interval 0.0800 to 0.120).")


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ([0.001, 0.002], "No: the critic raises"),
        ([-0.002, -0.001], "Yes: the critic lowers"),
        ([-1, 1], "No difference"),
        ([1e-9, 2e-9], "No difference"),
    ],
)
def test_adversary_sentences(interval: list[float], start: str) -> None:
    line = {"vrmse": {"with": 0.03 + np.mean(interval), "without": 0.03, "ci95_of_difference": interval}}
    assert adversary_sentence(line).startswith(start)
    assert adversary_sentence(None).startswith("Not measured")


def plain(lines: list[str]) -> list[str]:
    return [line.replace("\u00a0", " ") for line in lines]


def test_numbers_read_well() -> None:
    assert [digits(x) for x in (0, 0.01234, 1.5, 123.4, 12345.6)] == ["0", "0.0123", "1.50", "123", "12,346"]
    assert plain([percent(0.0123), percent(None)]) == ["1.23 %", "–"]
    assert plain([duration(s) for s in (3e-6, 0.5, 100, 600, 9000)]) == [
        "3.00 µs",
        "500 ms",
        "100 s",
        "10.0 min",
        "2.50 h",
    ]
    assert [count(n) for n in (7.2, 99.1, 12345.0)] == ["8", "100", "13,000"]
    assert factor(1.01) == "as fast as"
    assert factor(0.1) == "10.0 times slower than"
