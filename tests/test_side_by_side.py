"""Models trained side by side: the weights of models trained in turn, whatever happens to any of the processes."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock

import psutil
import pytest
from fieldgan.data.scenarios import scenario
from fieldgan.data.scenarios.chimney import draw_chimney
from fieldgan.data.storage import sha256
from fieldgan.pipelines.config import resolve
from fieldgan.pipelines.machine import cores
from fieldgan.pipelines.presets import preset
from fieldgan.pipelines.run import Run
from fieldgan.pipelines.side_by_side import LONG, at_once, in_order, needs_unet
from fieldgan.solvers.errors import NumericalError
from small_run import SETTINGS, fieldgan, plugin

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
    pytest.mark.skipif(cores() < 2, reason="one core trains one network at a time"),
]

LASTING = (f"training.steps={LONG}", "training.checkpoint_every=20", "training.validate_every=100")
MODELS = ["--set", "models=unet,cgan,mean"]
CHOSEN = [*SETTINGS, *(part for name in LASTING for part in ("--set", name))]
PLUME = Run(Path("run"), scenario("plume"), resolve(scenario("plume").options, preset("standard", "plume")), threads=2)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return plugin(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def data(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose data are there."""
    folder = tmp_path_factory.mktemp("data")
    done = fieldgan("generate", "waves", "-o", "run", "--workers", "1", *MODELS, *CHOSEN, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="module")
def in_turn(data: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Weights of networks trained one after the other."""
    folder = copied(data, tmp_path_factory.mktemp("turn"))
    done = fieldgan("train", str(folder), "--threads", "1", env=environment)
    assert done.returncode == 0, done.stderr
    return weights(folder)


def copied(run: Path, into: Path) -> Path:
    subprocess.run(["cp", "-r", str(run), str(into / "run")], check=True)
    return into / "run"


def weights(run: Path) -> dict[str, str]:
    return {path.parent.name: sha256(path) for path in run.glob("models/*/model.safetensors")}


def start(run: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fieldgan", "train", str(run), "--threads", "2"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def both_begun(run: Path, process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that train, once each has saved its first checkpoint."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        if all((run / "models" / name / "checkpoints" / "latest.json").is_file() for name in ("unet", "cgan")):
            children = psutil.Process(process.pid).children()
            assert len(children) == 2
            return children
        time.sleep(0.01)
    raise AssertionError(process.stderr and process.stderr.read())


def test_weights_are_those_of_training_in_turn(
    data: Path, in_turn: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    run = copied(data, tmp_path)
    done = fieldgan("train", str(run), "--threads", "2", env=environment)
    assert done.returncode == 0, done.stderr
    assert weights(run) == in_turn
    assert set(in_turn) == {"unet", "cgan", "mean"}
    for name in in_turn:
        assert f"train {name}: trained in" in done.stderr
    assert f"train cgan: {LONG}/{LONG} steps" in done.stderr
    strangers = [line for line in done.stderr.splitlines() if not line.startswith(("plan:", "train ", "fieldgan:"))]
    assert not strangers


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)])
def test_a_signal_stops_all_with_their_state_saved(
    number: int, code: int, data: Path, in_turn: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    run = copied(data, tmp_path)
    process = start(run, environment)
    trained = both_begun(run, process)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    assert "run the same command again to go on" in told.splitlines()[-1]
    assert "Traceback" not in told
    assert not any(child.is_running() for child in trained)
    assert fieldgan("train", str(run), "--threads", "2", env=environment).returncode == 0
    assert weights(run) == in_turn


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["parent", "child"])
def test_a_process_that_is_killed_leaves_no_other_behind(
    whom: str, data: Path, in_turn: dict[str, str], environment: dict[str, str], tmp_path: Path
) -> None:
    run = copied(data, tmp_path)
    process = start(run, environment)
    trained = both_begun(run, process)
    os.kill(process.pid if whom == "parent" else trained[0].pid, signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    if whom == "child":
        assert process.returncode == 1, told
        assert "ended by signal 9" in told.splitlines()[-1]
        assert "run the same command again to go on" in told.splitlines()[-1]
    _, alive = psutil.wait_procs(trained, timeout=20)
    assert not alive
    assert fieldgan("train", str(run), "--threads", "2", env=environment).returncode == 0
    assert weights(run) == in_turn


def test_what_goes_wrong_in_one_is_told_in_one_line(data: Path, environment: dict[str, str], tmp_path: Path) -> None:
    run = copied(data, tmp_path)
    wild = ["--set", "training.learning_rate=1", "--set", "training.clip=1e6", "--set", "training.warmup=0"]
    done = fieldgan("train", str(run), "--threads", "2", *wild, env=environment)
    assert done.returncode == NumericalError.exit_code
    assert "training diverged at step" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_networks_go_first_and_what_learns_from_the_regression_waits_for_it() -> None:
    order = in_order(PLUME)
    assert sorted(order) == sorted(PLUME.models)
    assert set(order[:4]) == {"unet", "cgan", "cgan-nocritic", "cgan-nonoise"}
    assert [name for name in order if not needs_unet(PLUME, name)] == ["unet", "cgan-nonoise"]


def test_side_by_side_where_it_pays() -> None:
    def one() -> float:
        return 1e9

    assert at_once(PLUME, one) == 2
    assert at_once(PLUME, lambda: 2.0 * psutil.virtual_memory().total) == 1
    assert at_once(replace(PLUME, threads=1), one) == 1
    assert at_once(replace(PLUME, only=("cgan", "mean")), one) == 1
    short = PLUME.config.training.model_copy(update={"steps": LONG - 1})
    assert at_once(replace(PLUME, config=PLUME.config.model_copy(update={"training": short})), one) == 1
    locked = replace(PLUME, scenario=replace(scenario("plume"), draw=partial(draw_chimney, lock=Lock())))
    assert at_once(locked, one) == 1


SCRIPT = """
from dataclasses import replace

import fieldgan
from small_run import waves


def draw(rng):
    return waves().draw(rng)


own = replace(waves(), draw=draw)
quick = {"model": {"widths": [8, 8], "critic_widths": [8, 8], "lift_resolution": 4}, "training": {"steps": 500, "batch": 4}}
few = {"samples": 4, "repeats": 3, "batch_repeats": 3, "truth_samples": 1, "draws": 200}
settings = {"models": ["cgan", "unet"], "data": {"samples": 60}, "comparison": few} | quick
print(fieldgan.run(own, "run", settings=settings))
"""


@pytest.mark.slow
def test_a_script_without_a_guard_trains_its_own_scenario(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("report.html")
    assert set(weights(tmp_path / "run")) == {"cgan", "unet"}


DEAF = """
import signal
from pathlib import Path

from fieldgan.pipelines.run import reopen
from fieldgan.pipelines.side_by_side import Trainer, stop

signal.signal(signal.SIGTERM, signal.SIG_IGN)  # which the process inherits
trainer = Trainer(reopen(Path("run"), [], threads=1), 1, lambda title: lambda done, total, note="": None)
stop([trainer])
print(trainer.process.returncode)
"""


def test_a_process_that_missed_its_signal_ends_with_its_orders(data: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEAF], cwd=data.parent, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "0", done.stderr
