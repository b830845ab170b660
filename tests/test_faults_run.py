"""A run that is stopped or killed: its exit code, the line on how to go on, and equal results afterwards."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from fieldgan.data.datasets import open_dataset
from fieldgan.data.schema import content_hash
from fieldgan.data.storage import sha256
from fieldgan.pipelines.cli import call
from small_run import SETTINGS, fieldgan, plugin, waves_by_name

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

LONGER = ("training.steps=150", "training.checkpoint_every=20", "training.validate_every=50")
CHOSEN = [*SETTINGS, *(part for name in LONGER for part in ("--set", name))]
MODELS = ["--model", "cgan", "--model", "mean"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return plugin(tmp_path_factory.mktemp("site"))


def start(folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    run = ["run", "waves", "-o", "run", "--workers", "1", *MODELS, *CHOSEN]
    command = [sys.executable, "-m", "fieldgan", *run]
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.exists(), process.stderr and process.stderr.read()


def results(run: Path) -> dict[str, str]:
    """Hashes of stored values and final weights."""
    weights = {path.parent.name: sha256(path) for path in run.glob("models/*/model.safetensors")}
    return weights | {"data": content_hash(open_dataset(run))}


def complete(run: Path) -> dict[str, str]:
    """Generate and train what is missing, with the one thread that the processes of these tests have."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with waves_by_name():
            assert call(["generate", "waves", "-o", str(run), "--workers", "1", *CHOSEN, "-q"]) == 0
            assert call(["train", str(run), *MODELS, "-q"]) == 0
    finally:
        torch.set_num_threads(threads)
    return results(run)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return complete(tmp_path_factory.mktemp("undisturbed") / "run")


@pytest.mark.parametrize(
    ("number", "code", "reached"),
    [
        (signal.SIGTERM, 143, "run.json"),
        (signal.SIGTERM, 143, "models/cgan/checkpoints/latest.json"),
        (signal.SIGINT, 130, "models/cgan/checkpoints/latest.json"),
    ],
)
def test_signals_end_with_their_code_and_how_to_go_on(
    number: int,
    code: int,
    reached: str,
    environment: dict[str, str],
    undisturbed: dict[str, str],
    tmp_path: Path,
) -> None:
    process = start(tmp_path, environment)
    wait_for(tmp_path / "run" / reached, process)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    assert "run the same command again to go on" in told.splitlines()[-1]
    assert "Traceback" not in told
    assert complete(tmp_path / "run") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(10))
def test_a_run_killed_at_a_random_moment_completes_to_the_same_values(
    attempt: int, environment: dict[str, str], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    process = start(tmp_path, environment)
    wait_for(tmp_path / "run" / "run.json", process)
    time.sleep(random.Random(attempt).uniform(0, 6))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert complete(tmp_path / "run") == undisturbed


def test_a_second_writer_is_refused_with_pid(environment: dict[str, str], tmp_path: Path) -> None:
    process = start(tmp_path, environment)
    try:
        wait_for(tmp_path / "run" / "run.json", process)
        second = fieldgan("train", "run", env=environment, cwd=tmp_path)
        assert second.returncode == 2
        assert str(process.pid) in second.stderr
    finally:
        process.kill()
        process.communicate()
