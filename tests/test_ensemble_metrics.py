"""Ensemble metrics against scoringrules and closed forms."""

import math

import numpy as np
import pytest
import scoringrules
from fieldgan.data import ensemble_metrics as em

NY, NX = 5, 6
RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(3, NY, NX))
MEMBERS = RNG.normal(0.2, 1.3, size=(3, 7, NY, NX))


def flat(a: np.ndarray) -> np.ndarray:
    return a.reshape(*a.shape[:-2], -1)


def test_crps_is_that_of_scoringrules() -> None:
    expected = scoringrules.crps_ensemble(TRUTH, MEMBERS, m_axis=1, estimator="fair").mean(axis=(1, 2))
    assert em.crps(MEMBERS, TRUTH) == pytest.approx(expected)


def test_crps_of_a_normal_ensemble() -> None:
    """For N(0, 1) and truth 0 the CRPS is (√2 − 1)/√π; the fair form is unbiased."""
    x = np.random.default_rng(1).normal(size=(1, 4, 300, 300))
    expected = (math.sqrt(2) - 1) / math.sqrt(math.pi)
    assert em.crps(x, np.zeros((1, 300, 300))) == pytest.approx(expected, abs=0.01)


def test_one_member_scores_its_absolute_error() -> None:
    mean_absolute = np.abs(MEMBERS[:, 0] - TRUTH).mean(axis=(1, 2))
    assert em.crps(MEMBERS[:, :1], TRUTH) == pytest.approx(mean_absolute)
    rms = np.sqrt(((MEMBERS[:, 0] - TRUTH) ** 2).mean(axis=(1, 2)))
    assert em.energy_score(MEMBERS[:, :1], TRUTH) == pytest.approx(rms)


def test_energy_score_is_that_of_scoringrules() -> None:
    """Theirs has the Euclidean norm, √cells times the root mean square."""
    expected = scoringrules.es_ensemble(flat(TRUTH), flat(MEMBERS), estimator="fair") / math.sqrt(NY * NX)
    assert em.energy_score(MEMBERS, TRUTH) == pytest.approx(expected)


def test_variogram_score_is_that_of_scoringrules() -> None:
    """With the same weights: inverse distance of the cells, up to four apart, in total one."""
    i, j = np.divmod(np.arange(NY * NX), NX)
    apart = np.hypot(i[:, None] - i, j[:, None] - j)
    weights = np.where((apart > 0) & (apart <= 4), 1 / np.where(apart > 0, apart, 1), 0.0)
    weights /= weights.sum()
    expected = scoringrules.vs_ensemble(flat(TRUTH), flat(MEMBERS), w=weights, p=0.5, estimator="nrg")
    assert em.variogram_score(MEMBERS, TRUTH) == pytest.approx(expected)


def test_variogram_score_sees_a_lost_correlation() -> None:
    rng = np.random.default_rng(7)
    smooth = rng.normal(size=(1, 41, 16, 16)).cumsum(axis=-1).cumsum(axis=-2)
    truth, members = smooth[:, 0], smooth[:, 1:]
    shuffled = rng.permuted(members, axis=-1)
    assert em.variogram_score(shuffled, truth) > 1.2 * em.variogram_score(members, truth)


def test_energy_distance_of_two_points() -> None:
    """Ensembles that sit at 0 and at c: 2|c| − 0 − 0."""
    x, y = np.zeros((1, 5, NY, NX)), np.full((1, 8, NY, NX), -0.7)
    assert em.energy_distance(x, y) == pytest.approx(1.4)
    assert em.energy_distance(MEMBERS, MEMBERS) == pytest.approx(np.zeros(3), abs=1e-12)


def test_energy_distance_ratio_is_one_for_the_solver_itself() -> None:
    draws = np.random.default_rng(2).normal(size=(400, 30, 2, 2))
    ratio = em.energy_distance_ratio(draws[:, :10], draws[:, 10:])
    assert np.median(ratio) == pytest.approx(1.0, abs=0.1)
    assert np.median(em.energy_distance_ratio(draws[:, :10] + 1, draws[:, 10:])) > 2


@pytest.mark.parametrize(("spread", "expected"), [(1.0, 1.0), (0.5, 0.5 * math.sqrt(11 / 10 / (1 + 0.025)))])
def test_spread_skill(spread: float, expected: float) -> None:
    """Members N(0, s²) about truth N(0, 1): √((m+1)/m s²) / √(1 + s²/m), which is 1 for s = 1."""
    rng = np.random.default_rng(3)
    x, y = spread * rng.normal(size=(1, 10, 300, 300)), rng.normal(size=(1, 300, 300))
    assert em.spread_skill(x, y) == pytest.approx(expected, rel=0.02)


def test_ranks() -> None:
    rng = np.random.default_rng(4)
    calibrated = em.rank_histogram(rng.normal(size=(1, 4, 300, 300)), rng.normal(size=(1, 300, 300)), rng)
    assert calibrated == pytest.approx(np.full(5, 0.2), abs=0.01)
    assert em.reliability_index(calibrated) < 0.02
    below = em.rank_histogram(MEMBERS, np.full_like(TRUTH, -99.0), rng)
    assert below.tolist() == [1.0, *[0.0] * 7]
    assert em.reliability_index(below) == pytest.approx(2 * 7 / 8)


def test_ties_are_broken_at_random() -> None:
    """Where nothing ever happens, as with concentrations of zero, the histogram is flat."""
    nothing = np.zeros((1, 3, 200, 200))
    found = em.rank_histogram(nothing, nothing[:, 0], np.random.default_rng(5))
    assert found == pytest.approx([0.25] * 4, abs=0.01)


def test_mode_collapse_shows() -> None:
    collapsed = np.repeat(MEMBERS[:, :1], 7, axis=1)
    assert em.variance_ratio(collapsed, MEMBERS) == pytest.approx(np.zeros(3))
    assert em.variance_ratio(2 * MEMBERS, MEMBERS) == pytest.approx(np.full(3, 4.0))
    assert em.z_sensitivity(collapsed) == pytest.approx(np.zeros(3))
    assert (em.z_sensitivity(MEMBERS) > 1).all()


def test_bands() -> None:
    """A band of ±1.2816 about the mean holds 80 % of a normal truth."""
    y = np.random.default_rng(6).normal(size=(1, 400, 400))
    lower, upper = np.full_like(y, -1.2816), np.full_like(y, 1.2816)
    assert em.coverage(lower, upper, y) == pytest.approx(0.8, abs=0.01)
    assert em.width(lower, upper) == pytest.approx(2.5631, abs=1e-3)


def test_weights_leave_cells_out() -> None:
    weights = np.ones((3, NY, NX))
    weights[:, 2] = 0.0
    changed = MEMBERS.copy()
    changed[:, :, 2] = 50.0
    for score in (em.crps, em.energy_score, em.spread_skill):
        assert score(changed, TRUTH, weights) == pytest.approx(score(MEMBERS, TRUTH, weights))
    assert em.energy_distance(changed, MEMBERS, weights) == pytest.approx(np.zeros(3), abs=1e-9)


def test_spread_over_skill_of_halves_of_one_distribution_is_one() -> None:
    """One pattern whose size is normal: ratios to single truths average above 1, the ratio to their mean square does not."""
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(400, 32, 1, 1)) * np.ones((1, 1, 4, 4)) for _ in range(2))
    assert em.spread_skill_of_ensembles(x, y).mean() == pytest.approx(1, abs=0.03)
    assert np.mean([em.spread_skill(x[:20], y[:20, k]) for k in range(32)]) > 1.5
