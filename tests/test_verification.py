"""`verify` finds what is damaged, says what it did, and names a command that helps; each such command is tried."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from fieldgan.pipelines.cli import call
from fieldgan.pipelines.verification import verify
from fieldgan.solvers.errors import UsageError
from small_run import SETTINGS, copied, finished_run, waves_by_name
from test_lock import holder


@pytest.fixture(autouse=True)
def named() -> Iterator[None]:
    with waves_by_name():
        yield


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(finished_run(tmp_path_factory.getbasetemp()), tmp_path)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def recommended(text: str) -> list[str]:
    """The last command that a message names, in backticks."""
    return shlex.split(re.findall(r"`fieldgan ([^`]+)`", text)[-1])


def test_a_finished_run_is_whole(run: Path) -> None:
    assert verify(run).problems == verify(run).unfinished == ()


@pytest.mark.parametrize("name", ["models/cgan", "models/mean", "data"])
def test_a_lost_manifest_is_found_and_what_helps_helps(name: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / name / "manifest.json").unlink()
    assert call(["verify", str(run)]) == 3
    told = capsys.readouterr().err
    assert f"{run / name} has no manifest.json" in told
    assert call([*recommended(told), "-q"]) == 0
    assert call(["verify", str(run)]) == 0


def test_a_lost_model_is_found(run: Path) -> None:
    for path in (run / "models" / "mean").iterdir():
        path.unlink()
    (run / "models" / "mean").rmdir()
    assert len(verify(run).problems) == 1


def test_a_model_in_training_is_unfinished_and_no_fault(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "models" / "cgan" / "manifest.json").unlink()
    record = json.loads((run / "run.json").read_text())
    del record["stages"]["train"]["models"]["cgan"]
    (run / "run.json").write_text(json.dumps(record))
    assert call(["verify", str(run)]) == 0
    told = capsys.readouterr().err
    assert f"{run / 'models' / 'cgan'} is unfinished" in told
    assert call([*recommended(told), "-q"]) == 0
    assert verify(run).unfinished == ()


@pytest.mark.parametrize("name", ["models/cgan/notes.txt", "models/mean/checkpoints/step-00000009.pt", "data/extra.nc"])
def test_files_that_nobody_vouches_for_are_told(name: str, run: Path) -> None:
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text("a stranger")
    assert verify(run).problems == (f"{run / name} is not in the manifest; move it out of the folder",)


def test_data_in_the_making_are_unfinished(run: Path) -> None:
    flip(run / "data" / "shard-00001.nc")
    assert [path.name for path in verify(run, repair=True).removed] == ["shard-00001.nc"]
    assert verify(run).problems == ()
    assert len(verify(run).unfinished) == 1


def test_repair_says_what_it_removed_and_how_to_go_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(run / "data" / "shard-00001.nc")
    assert call(["verify", str(run), "--repair"]) == 3
    told = capsys.readouterr().err
    assert f"1 problem; removed {run / 'data' / 'shard-00001.nc'}" in told
    assert call([*recommended(told), "-q"]) == 0
    assert call(["verify", str(run)]) == 0


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json"])
def test_a_damaged_model_is_trained_again_alone(name: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = run / "models" / "mean" / "manifest.json"
    before = other.stat().st_mtime_ns
    flip(run / "models" / "cgan" / name)
    assert call(["verify", str(run), "--repair"]) == 3
    assert "nothing was removed" in capsys.readouterr().err
    assert call(["compare", str(run), "--fresh", "-q"]) == 3
    told = capsys.readouterr().err
    helps = recommended(told) if "--fresh` trains" in told else ["train", str(run), "--model", "cgan", "--fresh"]
    assert call([*helps, "-q"]) == 0
    assert call(["verify", str(run)]) == 0
    assert other.stat().st_mtime_ns == before
    assert not (run / "comparison").exists()


def test_repair_is_refused_while_another_process_writes(run: Path) -> None:
    flip(run / "data" / "shard-00001.nc")
    process = holder(run)
    try:
        with pytest.raises(UsageError, match=f"process {process.pid}"):
            verify(run, repair=True)
        assert (run / "data" / "shard-00001.nc").exists()
        assert len(verify(run).problems) == 1
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("content", ["", '{"schema": ', '{"schema": "fieldgan-run/1"}', "[]"])
def test_a_damaged_record_can_be_started_over(content: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "run.json").write_text(content)
    assert call(["verify", str(run)]) == 3
    told = capsys.readouterr().err
    assert call(["generate", "waves", "-o", str(run), *SETTINGS, "-q"]) == 3
    helps = ["waves" if part == "SCENARIO" else part for part in recommended(told)]
    assert call([*helps[:1], *helps[1:], "--workers", "1", "-q"]) == 0
    assert call(["verify", str(run)]) == 0


def test_the_record_of_another_program_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("mine")
    (tmp_path / "run.json").write_text("{}")
    assert call(["generate", "waves", "-o", str(tmp_path), *SETTINGS, "--fresh"]) == 3
    assert (tmp_path / "data" / "mine.txt").read_text() == "mine"
