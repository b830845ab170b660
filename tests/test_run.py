"""The main job from Python, its record, and its plan."""

import json
from pathlib import Path

import pytest
from fieldgan.pipelines.config import parse_assignments, resolve
from fieldgan.pipelines.plan import plan
from fieldgan.pipelines.run import Run, run
from fieldgan.pipelines.run_folder import Record, open_record, read_record
from fieldgan.solvers.errors import IntegrityError, UsageError
from small_run import TINY, waves

CONFIG = resolve({"amplitude": 1.0}, parse_assignments(TINY), {"models": ["mean"]})


def record_of(folder: Path, **changes: object) -> Record:
    config = resolve({"amplitude": 1.0}, CONFIG.model_dump(mode="json"), changes)
    return open_record(folder, "waves", config, {"cpu": "a processor"})


def test_options_of_a_scenario_that_is_made_already_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"leave the section \[scenario\] out"):
        run(waves(2.0), tmp_path / "run", settings={"scenario": {"amplitude": 3.0}})


def test_stages_record_how_they_end(tmp_path: Path) -> None:
    record = record_of(tmp_path)
    with pytest.raises(KeyboardInterrupt), record.stage("generate"):
        raise KeyboardInterrupt
    assert read_record(tmp_path).state("generate") == "interrupted"
    with pytest.raises(ZeroDivisionError), record.stage("generate"):
        raise ZeroDivisionError
    assert read_record(tmp_path).state("generate") == "failed"
    with record.stage("generate"):
        assert read_record(tmp_path).state("generate") == "running"
    assert read_record(tmp_path).state("generate") == "done"


@pytest.mark.parametrize(
    ("began", "changes", "refused"),
    [
        ("generate", {"data": {"samples": 61}}, True),
        ("generate", {"seed": 1}, True),
        ("generate", {"training": {"steps": 7}}, False),  # no model stands yet
        ("train", {"training": {"steps": 7}}, True),
        ("train", {"training": {"device": "auto"}}, False),  # where, not what
        ("train", {"models": ["mean", "pod"]}, False),
        ("train", {"comparison": {"draws": 300}}, False),
        ("compare", {"comparison": {"draws": 300}}, True),
    ],
)
def test_settings_of_a_stage_that_began_stay(began: str, changes: dict[str, object], refused: bool, tmp_path: Path) -> None:
    record_of(tmp_path).note(began, state="interrupted")
    if refused:
        with pytest.raises(UsageError, match="made with other settings"):
            record_of(tmp_path, **changes)
    else:
        assert record_of(tmp_path, **changes).state(began) == "interrupted"


def test_a_setting_that_came_later_had_its_default(tmp_path: Path) -> None:
    """Runs that were begun before there was such a setting go on."""
    record = record_of(tmp_path)
    record.note("train", state="interrupted")
    del record.values["config"]["training"]["truths"]
    record.save()
    assert record_of(tmp_path).state("train") == "interrupted"
    with pytest.raises(UsageError, match=r"training.truths: 1 -> 2"):
        record_of(tmp_path, training={"truths": 2})


def test_another_scenario_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    record_of(tmp_path).note("generate", state="done")
    with pytest.raises(UsageError, match="scenario: waves -> heat"):
        open_record(tmp_path, "heat", CONFIG, {})


def test_command_lines_accumulate(tmp_path: Path) -> None:
    record_of(tmp_path)
    assert len(record_of(tmp_path).values["commands"]) == 2


def test_records_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run folder"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"schema": "fieldgan-run/1"}))
    with pytest.raises(IntegrityError, match="not the record of a run"):
        read_record(tmp_path)


def test_plan_refuses_what_cannot_fit(tmp_path: Path) -> None:
    config = resolve({"amplitude": 1.0}, CONFIG.model_dump(mode="json"), {"data": {"samples": 10**13}})
    job = Run(tmp_path, waves(), config)
    with pytest.raises(UsageError, match="of disk space"):
        plan(job, ["generate"])
    with pytest.raises(UsageError, match="of memory"):
        plan(job, ["train"])


def test_plan_counts_bytes(tmp_path: Path) -> None:
    planned = plan(Run(tmp_path, waves(), CONFIG), ["generate", "train"]).as_json()
    fields = 60 * 4 * (2 * 8 * 8 + 1)  # float32: source and potential on 8 x 8 cells, and a scalar
    assert fields < planned["generate"]["bytes"] < 2 * fields + 60 * 200
    assert planned["train"]["steps"] == 0  # the mean needs none
