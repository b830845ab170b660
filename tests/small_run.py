"""A run of a few seconds, for tests of the command line: a tiny scenario by name, and tiny settings."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fieldgan.data.scenario import Scenario
from fieldgan.data.scenarios import SCENARIOS
from fieldgan.pipelines.cli import call
from fieldgan.pipelines.environment import THREAD_VARIABLES
from fieldgan.solvers.errors import UsageError
from poisson import poisson, render

TINY = (
    "data.samples=60",
    "data.shard_size=16",
    "model.widths=8,8",
    "model.critic_widths=8,8",
    "model.lift_resolution=4",
    "training.steps=6",
    "training.batch=4",
    "training.validate_every=3",
    "training.checkpoint_every=3",
    "comparison.samples=4",
    "comparison.repeats=3",
    "comparison.batch_repeats=3",
    "comparison.truth_samples=1",
    "comparison.draws=200",
)
SETTINGS = [part for setting in TINY for part in ("--set", setting)]


def waves(amplitude: float = 1.0) -> Scenario:
    """The screened Poisson equation with sources of some amplitude, 0 to 10."""
    if not 0 < amplitude <= 10:
        raise UsageError(f"scenario.amplitude={amplitude} is out of range; use 0 to 10")

    def scaled(parameters, resolution):
        fields = render(parameters, resolution)
        return {**fields, "source": amplitude * fields["source"]}

    return replace(poisson(), name="waves", render=scaled, ladder=(4, 8, 16), options={"amplitude": amplitude})


@contextmanager
def waves_by_name() -> Iterator[None]:
    """Within this block, `waves` is a scenario like those that are shipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCENARIOS, "waves", waves)
        for name in THREAD_VARIABLES:
            patch.setenv(name, "1")
        yield


def finished_run(base: Path) -> Path:
    """A finished run of `waves` with two models; made once per test session, whose folder is `base`."""
    folder = base / "waves"
    if (folder / "comparison" / "report.html").exists():
        return folder
    with waves_by_name():
        command = ["run", "waves", "-o", str(folder), "--workers", "1", "--model", "cgan", "--model", "mean"]
        assert call([*command, *SETTINGS, "-q"]) == 0
    return folder


def plugin(folder: Path) -> dict[str, str]:
    """The environment of a process in which an installed package offers `waves` by its entry point."""
    metadata = folder / "waves-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: waves\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[fieldgan.scenarios]\nwaves = small_run:waves\n")
    path = os.pathsep.join([str(folder), str(Path(__file__).parent)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def fieldgan(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "fieldgan", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)  # type: ignore[call-overload]


def copied(run: Path, folder: Path) -> Path:
    """A copy of a run that a test may damage."""
    return Path(shutil.copytree(run, folder / "run"))
