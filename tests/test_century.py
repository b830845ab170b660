"""A century of virtual months: its statistics against a solver's second century, its files and its refusals."""

from pathlib import Path

import numpy as np
import pytest
from fieldgan.data.samples import sample_rng
from fieldgan.data.scenario import Fields
from fieldgan.data.scenarios.weather import draw_moment
from fieldgan.pipelines.century import Century, century_dataset, make_century, solve_century, statistics
from fieldgan.pipelines.century_animation import write_animation
from fieldgan.pipelines.cli import call
from fieldgan.solvers.errors import UsageError
from PIL import Image

YEARS = 20


class Drawn:
    """Members of independent cells with a deviation of one kelvin."""

    def fields(self, conditions: Fields, members: int = 1, seed: int = 0) -> Fields:
        months, nlat, nlon = conditions["land"].shape
        assert conditions["month_cosine"].shape == (months,)
        return {"temperature": np.random.default_rng(seed).normal(size=(months, members, nlat, nlon))}


@pytest.fixture(scope="module")
def solved() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    moment = draw_moment(sample_rng(0, 0))
    calm, first = solve_century(moment, YEARS, 1)
    return calm, first, solve_century(moment, YEARS, 2)[1]


def test_a_second_century_of_the_solver_passes(solved: tuple[np.ndarray, ...]) -> None:
    calm, first, second = solved
    found = statistics(Century(calm, second, first))
    assert found["variance_ratio"] == pytest.approx(1, abs=0.3)
    assert found["energy_distance_ratio"] < 2
    assert found["virtual"]["month_to_month"] == pytest.approx(found["solved"]["month_to_month"], abs=0.25)


def test_months_without_weather_have_no_variance(solved: tuple[np.ndarray, ...]) -> None:
    calm, first, _ = solved
    found = statistics(Century(calm, np.tile(calm, (YEARS, 1, 1)) + 1e-9 * first, first))
    assert found["variance_ratio"] < 1e-12
    assert found["energy_distance_ratio"] > 3


def test_white_members_are_told_from_weather() -> None:
    """Independent cells of one kelvin: the deviation of the globe is that of a mean of many, and there is no memory."""
    made = make_century(Drawn(), sample=0, years=YEARS)  # type: ignore[arg-type]
    found = statistics(made)
    assert made.virtual.shape == made.solved.shape == (12 * YEARS, 24, 48)
    assert found["virtual"]["deviation_of_a_cell"] == pytest.approx(1, rel=0.02)
    assert found["virtual"]["deviation_of_the_globe"] < 0.05
    assert abs(found["virtual"]["month_to_month"]) < 0.2
    assert found["solved"]["month_to_month"] > 0.5
    assert century_dataset(made)["virtual"].dims == ("time", "lat", "lon")
    with pytest.raises(UsageError, match="years=1 has no spread; use 2 or more"):
        make_century(Drawn(), sample=0, years=1)  # type: ignore[arg-type]


def test_the_animation_has_a_frame_a_month(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_animation(Century(np.zeros((12, 6, 12)), *rng.normal(size=(2, 24, 6, 12))), tmp_path / "century.gif")
    with Image.open(tmp_path / "century.gif") as image:
        assert image.n_frames == 24


def test_a_run_of_another_scenario_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert call(["century", str(tmp_path), "-o", str(tmp_path / "out")]) != 0
    assert "run" in capfd.readouterr().err
