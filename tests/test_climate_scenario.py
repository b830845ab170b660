"""The scenario `climate`: what it draws, its exact symmetries, what it measures, and that its rungs keep their promises."""

import numpy as np
import pytest
from fieldgan.data.samples import sample_rng
from fieldgan.data.scenario import Symmetry
from fieldgan.data.scenarios.climate import climate, quantities
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.sphere import global_mean

SCENARIO = climate()
Named = dict[str, np.ndarray]


def planet(seed: int, resolution: int = 12) -> Named:
    return dict(SCENARIO.render(SCENARIO.draw(sample_rng(seed, 0)), resolution))


def mirrored(fields: Named, symmetry: Symmetry, shift: int) -> Named:
    """Fields under a symmetry, by its definition."""

    def one(name: str, a: np.ndarray) -> np.ndarray:
        if a.ndim:
            a = a[..., ::-1, :] if symmetry.flip_y else a
            a = a[..., ::-1] if symmetry.flip_x else a
            a = np.roll(a, shift, axis=-1)
        if a.ndim == 3:
            a = np.roll(a, symmetry.roll.get("month", 0), axis=0)
        return a * symmetry.sign.get(name, 1.0)

    return {name: one(name, a) for name, a in fields.items() if name != "start"}


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(global_mean((a - b) ** 2).mean()))


def test_what_is_drawn_can_be_solved() -> None:
    for seed in range(40):
        SCENARIO.check(planet(seed))  # type: ignore[misc]


@pytest.mark.parametrize("symmetry", SCENARIO.symmetries)
@pytest.mark.parametrize("seed", [1, 2])
def test_symmetries_are_exact(symmetry: Symmetry, seed: int) -> None:
    conditions = planet(seed)
    wanted = mirrored(dict(SCENARIO.simulate(conditions, 0)), symmetry, 5)
    found = SCENARIO.simulate(mirrored(conditions, symmetry, 5), 0)
    assert distance(found["temperature"], wanted["temperature"]) < 2e-3
    assert distance(found["ice_cover"], wanted["ice_cover"]) < 2e-4


@pytest.mark.parametrize("seed", [3, 4])
def test_both_schemes_reach_the_same_climate(seed: int) -> None:
    conditions = planet(seed, 18)
    fast, slow = (scheme(conditions, 0)["temperature"] for scheme in SCENARIO.schemes.values())
    assert distance(fast, slow) < 0.1


def test_rungs_approach_the_truth() -> None:
    shape = SCENARIO.domain.shape(SCENARIO.stored_resolution)
    drawn = SCENARIO.draw(sample_rng(5, 0))
    truth = SCENARIO.render(drawn, 72)
    wanted = SCENARIO.transfer(SCENARIO.simulate(truth, 0), truth, shape)["temperature"]
    errors = []
    for resolution in (9, 18, 36):
        conditions = SCENARIO.render(drawn, resolution)
        rung = SCENARIO.schemes["accelerated"](conditions, 0)
        errors.append(distance(SCENARIO.transfer(rung, conditions, shape)["temperature"], wanted))
    assert errors[0] > 1.7 * errors[1] > 1.7**2 * errors[2]
    assert errors[2] < 0.5


def test_the_truth_is_periodic() -> None:
    conditions = planet(6, 18)
    assert SCENARIO.residual(conditions, SCENARIO.simulate(conditions, 0)) < 1e-5  # type: ignore[misc]


def test_ice_edges_and_ranges_are_those_of_geometry() -> None:
    """Ice poleward of 60°N and 45°S all year, and a sinus of seasons north of 30°N."""
    nlat = 36
    phi = (np.arange(nlat) + 0.5) * 180 / nlat - 90
    ice = np.broadcast_to(((phi > 60) | (phi < -45)).astype(float)[:, None], (12, nlat, 2 * nlat))
    season = np.cos(2 * np.pi * np.arange(12) / 12)[:, None, None]
    warmth = 15.0 - 10 * season * (phi > 30)[:, None] + np.zeros((12, nlat, 2 * nlat))
    found = quantities({}, {"temperature": warmth, "ice_cover": ice})
    assert found["ice_edge_north"] == pytest.approx(60)
    assert found["ice_edge_south"] == pytest.approx(45)
    assert found["seasonal_range"] == pytest.approx(20)
    assert found["global_temperature"] == pytest.approx(15)


def test_a_snowball_is_a_result() -> None:
    frozen = SCENARIO.simulate(planet(7) | {"solar_constant": np.array(1000.0)}, 0)
    assert frozen["ice_cover"].min() > 0.99
    assert frozen["temperature"].max() < -15


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("solar_constant", 0.0, "solar_constant has the value 0; use 1 to 10000"),
        ("diffusivity", -0.5, "diffusivity has the value -0.5; use 0 to 100"),
        ("ice_albedo", 1.2, "ice_albedo has the value 1.2; use 0 to 1"),
        ("log_co2", np.nan, "log_co2 has the value nan; use 0 to 12"),
    ],
)
def test_impossible_physics_is_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("-", "."), check=lambda e: str(e).startswith(name)):
        SCENARIO.check(planet(8) | {name: np.array(value)})  # type: ignore[misc]
