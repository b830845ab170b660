"""The data lint finds data that do not mean what they say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import poisson as module
import pytest
import xarray as xr
from fieldgan.data.datasets import open_dataset
from fieldgan.data.generation import generate
from fieldgan.data.lint import Finding, lint
from fieldgan.data.lint_samples import to_solve_again
from fieldgan.data.netcdf import encode
from fieldgan.data.scenario import Array, Fields, Scenario, Variable
from fieldgan.data.scenarios.heat import heat
from fieldgan.data.storage import describe, read_manifest, write_manifest
from fieldgan.solvers.errors import UsageError
from poisson import poisson

SAMPLES = 64


def findings(scenario: Scenario, folder: Path, checked_with: Scenario | None = None) -> list[Finding]:
    generate(scenario, folder, 12, 3)
    return lint(folder, checked_with or scenario)


def faults(found: list[Finding]) -> set[tuple[str, str]]:
    """Check and subject of what failed, summaries shortened to what they are of."""
    return {(f.check, f.subject.partition(",")[0]) for f in found if not f.passed}


def test_sound_data_pass(tmp_path: Path) -> None:
    found = findings(replace(poisson(), boundary_error=lambda c, t: 0.0), tmp_path)
    assert faults(found) == set()
    assert {f.check for f in found} == {"number", "split", "resolution", "seed", "residual", "boundary", "stored", "effect"}
    assert all("0 faults in 12 of 12 samples" in f.subject for f in found if f.check not in ("effect", "constant"))


def test_a_solver_that_misses_the_equation(tmp_path: Path) -> None:
    def wrong(conditions: Fields, seed: int) -> Fields:
        return {"potential": 1.001 * module.simulate(conditions, seed)["potential"]}

    found = [f for f in findings(poisson(simulate=wrong), tmp_path) if f.check == "residual"]
    assert [f.passed for f in found] == [False] * 6  # five by name, then the summary
    assert found[0].value == pytest.approx(0.001, rel=1e-6)
    assert str(found[0]) == "FAILED: residual of truth in sample 0 is 0.001, limit 1e-06"
    assert "12 faults in 12 of 12 samples" in str(found[-1])


def test_boundary_values_that_do_not_hold(tmp_path: Path) -> None:
    found = findings(replace(poisson(), boundary_error=lambda c, t: 0.5), tmp_path)
    assert {check for check, _ in faults(found)} == {"boundary"}


def test_data_of_a_solver_that_has_changed_since(tmp_path: Path) -> None:
    def before(conditions: Fields, seed: int) -> Fields:
        return {"potential": module.simulate(conditions, seed)["potential"] + 0.01}

    found = findings(poisson(simulate=before), tmp_path, poisson())
    assert faults(found) == {("stored", f"potential in sample {i}") for i in range(5)} | {("stored", "potential")}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    generate(poisson(), folder, SAMPLES, 3, shard_size=SAMPLES)
    return folder


def scaled(data: xr.Dataset, row: int) -> None:
    data["potential"][row] *= 1.5


def shifted_but_one(data: xr.Dataset, row: int) -> None:
    data["potential"][np.arange(SAMPLES) != row] += 10


def one_cell(data: xr.Dataset, row: int) -> None:
    data["potential"][row, 3, 4] += 0.1


def other_source(data: xr.Dataset, row: int) -> None:
    data["source"][row] *= 3


def other_offset(data: xr.Dataset, row: int) -> None:
    data["offset"][row] += 0.5


def swapped(data: xr.Dataset, row: int) -> None:
    for name in ("source", "offset", "potential"):
        data[name].values[[row, row - 1]] = data[name].values[[row - 1, row]]


def other_seed(data: xr.Dataset, row: int) -> None:
    data["seed"][row] = 99


def all_train(data: xr.Dataset, row: int) -> None:
    data["split"][:] = "train"


def one_number_twice(data: xr.Dataset, row: int) -> xr.Dataset:
    numbers = data["sample"].values.copy()
    numbers[row] = numbers[row - 1]
    return data.assign_coords(sample=data["sample"].copy(data=numbers))


def one_missing(data: xr.Dataset, row: int) -> xr.Dataset:
    return data.isel(sample=np.arange(SAMPLES) != row)


def tampered(sound: Path, folder: Path, change: Callable[[xr.Dataset, int], xr.Dataset | None], row: int) -> Path:
    """A copy of the data with one change, its manifest sealed again, as if it had been generated so."""
    folder.mkdir()
    manifest = read_manifest(sound / "data")
    with xr.open_dataset(sound / "data" / "shard-00000.nc") as file:
        data = file.load()
    kept = change(data, row)
    (folder / "shard-00000.nc").write_bytes(encode(data if kept is None else kept))
    files = {"shard-00000.nc": describe(folder / "shard-00000.nc")}
    write_manifest(folder, files, {k: v for k, v in manifest.items() if k not in ("schema", "files")})
    return folder


@pytest.mark.parametrize("budget", [SAMPLES, 8])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (scaled, ("stored", "potential")),
        (shifted_but_one, ("stored", "potential")),
        (other_source, ("stored", "source")),
        (other_offset, ("stored", "offset")),
        (swapped, ("stored", "source")),
        (other_seed, ("seed", "sample")),
        (all_train, ("split", "sample")),
        (one_number_twice, ("number", "sample")),
        (one_missing, ("number", "missing sample")),
    ],
)
def test_tampering_is_found_anywhere(
    change: Callable[[xr.Dataset, int], xr.Dataset | None], expected: tuple[str, str], budget: int, sound: Path, tmp_path: Path
) -> None:
    """Also where only 8 of 64 samples are solved again: the others are compared with a solve on the stored grid."""
    for attempt, row in enumerate(np.random.default_rng(budget).choice(SAMPLES, 3, replace=False)):
        assert expected in faults(lint(tampered(sound, tmp_path / str(attempt), change, int(row)), poisson(), budget))


def test_a_single_cell_is_found_where_all_are_solved_again(sound: Path, tmp_path: Path) -> None:
    assert ("stored", "potential in sample 41") in faults(lint(tampered(sound, tmp_path / "data", one_cell, 41), poisson()))


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plates")
    generate(heat(), folder, 24, 3, shard_size=24)
    return folder


@pytest.mark.parametrize("change", [lambda t: 1.5 * t, lambda t: t + 10])
def test_a_plate_that_was_altered_stands_out_among_the_others(
    change: Callable[[Array], Array], plates: Path, tmp_path: Path
) -> None:
    """The stored-grid solve has an error of its own here; two of 24 plates are solved again, one for its distance from it."""

    def alter(data: xr.Dataset, row: int) -> None:
        data["temperature"][row] = change(data["temperature"].values[row])

    assert faults(lint(plates, budget=2)) == set()
    for row in (0, 11, 23):
        found = faults(lint(tampered(plates, tmp_path / str(row), alter, row), budget=2))
        assert ("stored", f"temperature in sample {row}") in found


def test_it_says_how_many_were_solved_again(sound: Path) -> None:
    told = [str(f) for f in lint(sound, poisson(), budget=8) if f.check in ("residual", "stored")]
    assert len([line for line in told if "0 faults in 8 of 64 samples" in line]) == 2  # of the truth and what is stored
    assert len([line for line in told if "0 faults in 64 of 64 samples" in line]) == 2  # conditions


@pytest.mark.parametrize(("seconds", "solved"), [(0.01, 64), (2.5, 48), (60.0, 16), (np.nan, 64)])
def test_where_solves_take_long_fewer_are_made_again(sound: Path, seconds: float, solved: int) -> None:
    """Two minutes of them, and 16 in any case."""
    dataset = open_dataset(sound)
    dataset["solve_seconds"] = ("sample", np.full(SAMPLES, seconds))
    assert len(to_solve_again(poisson(), dataset, 256, 0)) == solved
    assert len(to_solve_again(poisson(), dataset, 8, 0)) == 8


def test_a_file_of_a_data_set_is_checked_without_its_neighbours(sound: Path) -> None:
    assert faults(lint(sound / "data" / "shard-00000.nc", poisson())) == set()


def with_idle(render_idle: Callable[[float], float]) -> Scenario:
    """The scenario with one more condition, which its solver ignores."""
    idle = Variable("idle", "1", "a number without effect", scalar=True)

    def render(waves: module.Waves, resolution: int) -> Fields:
        return module.render(waves, resolution) | {"idle": np.asarray(render_idle(waves.offset))}

    return replace(poisson(render=render), inputs=(*poisson().inputs, idle))


def test_a_condition_without_effect(tmp_path: Path) -> None:
    assert faults(findings(with_idle(lambda offset: offset), tmp_path)) == {("effect", "idle")}


def test_a_constant_condition_is_reported_but_no_fault(tmp_path: Path) -> None:
    found = findings(with_idle(lambda offset: 1.0), tmp_path)
    assert faults(found) == set()
    assert [f.subject for f in found if f.check == "constant"] == ["idle"]


def test_data_of_an_unknown_scenario(tmp_path: Path) -> None:
    generate(poisson(), tmp_path, 4)
    with pytest.raises(UsageError, match="unknown scenario 'poisson'"):
        lint(tmp_path)
