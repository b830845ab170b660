"""Wrong input: one clear line on stderr, the documented exit code, never a traceback, nothing written."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from fieldgan.pipelines.cli import call
from fieldgan.pipelines.environment import set_threads
from fieldgan.pipelines.machine import cores
from small_run import SETTINGS, copied, fieldgan, finished_run, waves_by_name

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def named() -> Iterator[None]:
    with waves_by_name():
        yield


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    def run(code: int, *arguments: object) -> str:
        assert call([str(a) for a in arguments]) == code
        out, err = capsys.readouterr()
        lines = [line for line in err.splitlines() if not line.startswith("plan: ")]
        assert len(lines) == 1, err
        assert lines[0].startswith("fieldgan: ")
        assert "Traceback" not in out + err
        return lines[0]

    return run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "waevs", "-o", "new"), "did you mean waves?"),
        (
            ("run", "plasma", "-o", "new"),
            "unknown scenario 'plasma'; known are cavity, climate, heat, plume, plume-mean, wake, waves, weather",
        ),
        (("rnu",), "Did you mean 'run'?"),
        (("run", "waves"), "Missing option '--output'"),
        (("run", "waves", "-o", "new", "--sede", "3"), "--seed"),
        (("run", "waves", "-o", "new", "--seed", "three"), "Invalid value for '--seed'"),
        (("run", "waves", "-o", "new", "--preset", "quik"), "did you mean quick?"),
        (("run", "waves", "-o", "new", "--set", "training.stepps=3"), "did you mean training.steps?"),
        (("run", "waves", "-o", "new", "--set", "training"), "is not section.key=value"),
        (("run", "waves", "-o", "new", "--set", "training.steps=1e-4"), "training.steps=0.0001"),
        (("run", "waves", "-o", "new", "--set", "training.learning_rate=nan"), "training.learning_rate=nan"),
        (("run", "waves", "-o", "new", "--set", "scenario.amplitude=-1"), "use 0 to 10"),
        (("run", "waves", "-o", "new", "--set", "data.sämples=3"), "did you mean data.samples?"),
        (("run", "waves", "-o", "new", "--set", "model.padding=größer"), 'model.padding="größer"'),
        (("run", "waves", "-o", "new", "--model", "cgna"), "did you mean cgan?"),
        (("run", "waves", "-o", "new", "--config", "missing.toml"), "cannot read missing.toml"),
        (("run", "waves", "-o", "new", "--threads", "4096"), "--threads 4096"),
        (("run", "waves", "-o", "new", "--device", "tpu"), 'training.device="tpu": where the networks train: auto, cpu'),
        (("run", "waves", "-o", ""), "names no folder"),
        (("train", "own.nc", "-o", ""), "names no folder"),
        (("run", "waves", "-o", "/dev/null"), "/dev/null is a file; name a folder"),
        (("run", "waves", "-o", "/dev/null/new"), "/dev/null is a file; name a folder"),
        (("run", "waves", "-o", "new", "--set", "model.lift_resolution=5"), "does not coarsen the 8×8 grid; use 4"),
        (("generate", "waves", "-o", "new", "--scheduler", "nonsense"), "give tcp://HOST:PORT"),
        (("generate", "waves", "-o", "new", "--scheduler", "tcp://127.0.0.1:1"), "no Dask scheduler answers"),
        (("run", "heat", "-o", "new", "--set", "scenario.contrast=1e6"), "use 1 to 1000"),
        (("generate", "waves", "-o", "new", "-n", "0"), "data.samples=0"),
        (("generate", "waves", "-o", "new", "--seed", "-1"), "seed=-1"),
        (("generate", "waves", "-o", "new", "--workers", "0"), "--workers"),
        (("train", "nothing"), "name the run folder with -o RUN"),
        (("train", "nothing.nc", "-o", "new"), "nothing.nc"),
        (("compare", "nothing"), "nothing does not exist"),
        (("inspect", "nothing"), "nothing does not exist"),
        (("verify", "nothing"), "nothing does not exist"),
        (("lint", "nothing"), "nothing does not exist"),
        (("predict", "nothing", "c.nc", "-o", "out.nc"), "nothing holds no trained model"),
        (("sample", "waves", "-n", "2", "-o", "no/such/folder.nc"), "make it first"),
        (("solve", "waves", "missing.nc", "-o", "out.nc"), "missing.nc does not exist"),
        (("validate", "haet"), "did you mean heat?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(
    arguments: tuple[str, ...], told: str, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(2, *arguments)
    assert not list(tmp_path.iterdir())


def test_a_trillion_samples_are_refused_within_two_seconds(tmp_path: Path) -> None:
    fieldgan("generate", "heat", "-o", "run", "-n", "2", "--dry-run", cwd=tmp_path)  # compiled and in the file cache
    start = time.perf_counter()
    done = fieldgan("generate", "heat", "-o", "run", "-n", "1000000000000", cwd=tmp_path)
    assert time.perf_counter() - start < 10  # two on a quiet machine
    assert done.returncode == 2
    assert "disk space" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_told_before_anything_is_generated(refused: Refused, tmp_path: Path) -> None:
    assert "cuda is not available" in refused(2, "run", "waves", "-o", tmp_path / "run", "--device", "cuda", *SETTINGS)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_else_is_left_alone(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    told = refused(2, "generate", "waves", "-o", tmp_path, *SETTINGS, "--fresh")
    assert "thesis.txt" in told
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_config_of_another_scenario(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[scenario]\ncontrast = 5\n")
    told = refused(2, "run", "waves", "-o", tmp_path / "run", "--config", tmp_path / "c.toml")
    assert "unknown setting 'scenario.contrast'" in told


def test_a_record_that_is_no_json(refused: Refused, finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    (run / "run.json").write_text('{"schema": ')
    assert "not valid JSON" in refused(3, "inspect", run)


def test_a_newer_record_says_upgrade(refused: Refused, finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"schema": "fieldgan-run/9"}))
    assert "upgrade" in refused(3, "compare", run)


@pytest.mark.parametrize("name", ["data/shard-00000.nc", "models/cgan/model.safetensors", "models/cgan/config.json"])
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_truncated_artefacts_are_found_before_use(
    name: str, share: float, refused: Refused, finished: Path, tmp_path: Path
) -> None:
    run = copied(finished, tmp_path)
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[: int(len(content) * share)])
    assert Path(name).name in refused(3, "compare", run, "--fresh")


def test_an_evil_pickle_in_place_of_weights(refused: Refused, finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    proof = tmp_path / "executed"
    evil = f"cposix\nsystem\n(S'touch {proof}'\ntR.".encode()
    (run / "models" / "cgan" / "model.safetensors").write_bytes(evil)
    assert call(["sample", "waves", "-n", "1", "-o", str(tmp_path / "c.nc"), "-q"]) == 0
    refused(3, "predict", run, tmp_path / "c.nc", "-o", tmp_path / "out.nc")
    assert not proof.exists()
    assert not (tmp_path / "out.nc").exists()


@pytest.mark.parametrize("content", [b"", b"text", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_foreign_files_as_conditions(content: bytes, refused: Refused, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "c.nc").write_bytes(content)
    assert "cannot be read" in refused(3, "predict", finished, tmp_path / "c.nc", "-o", tmp_path / "out.nc")


def test_conditions_that_do_not_fit(refused: Refused, finished: Path, tmp_path: Path) -> None:
    good, bad, out = tmp_path / "good.nc", tmp_path / "bad.nc", tmp_path / "out.nc"
    assert call(["sample", "waves", "-n", "2", "-o", str(good), "-q"]) == 0
    conditions = xr.load_dataset(good)
    conditions.drop_vars("offset").to_netcdf(bad)
    assert "lacks the conditions offset" in refused(3, "predict", finished, bad, "-o", out)
    conditions.isel(x=slice(4)).to_netcdf(bad)
    assert "grid (8, 4)" in refused(3, "predict", finished, bad, "-o", out)
    conditions.where(conditions.x > conditions.x[0], np.nan).to_netcdf(bad)
    assert "not finite" in refused(3, "predict", finished, bad, "-o", out)
    assert "does not divide" in refused(2, "solve", "waves", good, "-o", out, "--resolution", "3")
    assert not out.exists()


def test_members_of_the_run_with_an_unknown_model(refused: Refused, finished: Path, tmp_path: Path) -> None:
    told = refused(2, "predict", finished, "c.nc", "-o", tmp_path / "out.nc", "--model", "cgna")
    assert "did you mean cgan?" in told


def test_unexpected_failures_are_one_line_too(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldgan.data.scenarios.known", lambda: 1 / 0)
    assert "unexpected ZeroDivisionError: division by zero; -v shows the traceback" in refused(1, "scenarios")


def test_verbose_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("fieldgan.data.scenarios.known", lambda: 1 / 0)
    assert call(["scenarios", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams and locales")
class TestSurroundings:
    def test_a_reader_that_leaves(self, tmp_path: Path) -> None:
        command = f"{sys.executable} -m fieldgan scenarios | true"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
        assert done.stderr == ""

    def test_closed_streams(self, finished: Path) -> None:
        command = f"{sys.executable} -m fieldgan inspect {finished} >&-"
        done = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (1, "fieldgan: stdout: it is closed; give it a file or a pipe\n")
        assert subprocess.run(["bash", "-c", f"{command} 2>&-"]).returncode == 1

    def test_a_closed_stderr_does_not_spill_into_stdout(self, tmp_path: Path) -> None:
        command = f"{sys.executable} -m fieldgan compare nothing 2>&-"
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
    @pytest.mark.parametrize("command", ["config heat", "--version"])  # fails at once, and when the buffer is written out
    def test_a_full_disk_behind_stdout_is_told(self, command: str) -> None:
        done = subprocess.run(["bash", "-c", f"{sys.executable} -m fieldgan {command} > /dev/full"], stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (1, b"fieldgan: output: No space left on device\n")

    def test_no_home_no_colour_and_a_plain_locale(self, finished: Path, tmp_path: Path) -> None:
        bare = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C",
            "LC_ALL": "C",
            "NO_COLOR": "1",
            "PYTHONIOENCODING": "ascii",
        }
        done = fieldgan("inspect", str(finished), env=bare, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        helped = fieldgan("run", "--help", env=bare, cwd=tmp_path)
        assert helped.returncode == 0
        assert "\x1b" not in helped.stdout + done.stdout

    def test_a_missing_home_does_not_stop_a_solve(self, tmp_path: Path) -> None:
        bare = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        done = fieldgan("generate", "heat", "-o", "run", "-n", "1", "--workers", "1", env=bare, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(tmp_path / "run")


def test_mistakes_are_answered_before_torch_is_loaded(tmp_path: Path) -> None:
    script = "import sys; from fieldgan.pipelines.cli import call; print(call(sys.argv[1:]), 'torch' in sys.modules)"
    for wrong in (("-n", "1000000000000"), ("--set", "training.stepps=3"), ("--scheduler", "nonsense"), ("--device", "gpu")):
        command = [sys.executable, "-c", script, "run", "heat", "-o", "run", *wrong]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.stdout == "2 False\n", done.stderr


def test_threads_of_the_environment_are_held_to_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    assert set_threads(None) == cores()
