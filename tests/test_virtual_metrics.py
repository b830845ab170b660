"""Scores of virtual fields against closed forms."""

import math

import numpy as np
import pytest
from fieldgan.data.virtual_metrics import (
    distance_table,
    energy_of_pairs,
    eof_shares,
    gaussian_fields,
    halvings,
    likeness,
    nearest_distance,
    points,
    share_distance,
)
from scipy.special import gammaln

ONE_CELL = np.ones((1, 1))


def energy(x: np.ndarray, y: np.ndarray, fair: bool = True) -> float:
    return energy_of_pairs(distance_table(x, y), distance_table(x, x), distance_table(y, y), fair)


def test_energy_distance_of_two_normal_numbers() -> None:
    """X ~ N(0, 1), Y ~ N(μ, s²): X − Y is normal, and the mean of its size is that of a folded normal."""
    rng, shift, width = np.random.default_rng(1), 1.5, 2.0
    x, y = rng.standard_normal((2000, 1)), shift + width * rng.standard_normal((2000, 1))
    spread = math.hypot(1, width)
    ratio = shift / spread
    apart = spread * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + shift * math.erf(ratio / math.sqrt(2))
    exact = 2 * apart - 2 / math.sqrt(math.pi) - 2 * width / math.sqrt(math.pi)
    assert energy(x, y) == pytest.approx(exact, rel=0.05)


def test_energy_distance_of_one_distribution_is_zero_on_average_only_without_own_pairs() -> None:
    """White noise on 16 cells, 20 fields: with the distance of each field to itself, 2 E‖X − X'‖/n is left over.

    √16 ‖X − X'‖/√2 has a chi distribution, of mean √2 Γ(17/2)/Γ(8).
    """
    rng, n, cells = np.random.default_rng(2), 20, 16
    fields = (points(rng.standard_normal((n, 4, 4)), np.ones((4, 4))) for _ in range(600))
    fair, plain = np.mean([[energy(x, y, True), energy(x, y, False)] for x, y in zip(fields, fields, strict=False)], axis=0)
    mean_distance = math.sqrt(2 / cells) * math.sqrt(2) * math.exp(gammaln((cells + 1) / 2) - gammaln(cells / 2))
    assert abs(fair) < 0.01
    assert plain == pytest.approx(2 * mean_distance / n, rel=0.03)


def test_points_are_as_far_apart_as_the_weighted_rms_says() -> None:
    fields = np.array([[[0.0, 0.0], [0.0, 0.0]], [[3.0, 1.0], [1.0, 1.0]]])
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert distance_table(*2 * [points(fields, weights)])[0, 1] == pytest.approx(math.sqrt((9 * 1 + 2 + 3 + 4) / 10))


@pytest.mark.parametrize("copies", [1, 40])
def test_eofs_have_the_variances_they_were_made_with(copies: int) -> None:
    """Orthogonal patterns with orthogonal amplitudes of variance 9, 4, 1: shares 9/14, 4/14, 1/14, with few fields or many."""
    time = np.arange(8) * 2 * np.pi / 8
    amplitudes = np.stack([3 * np.cos(time), 2 * np.sin(time), np.cos(2 * time)], axis=1)
    patterns = np.linalg.qr(np.random.default_rng(3).standard_normal((100, 3)))[0].T
    shares = eof_shares(np.tile(5 + amplitudes @ patterns, (copies, 1)))
    np.testing.assert_allclose(shares[:4], [9 / 14, 4 / 14, 1 / 14, 0], atol=1e-12)
    assert shares.sum() == pytest.approx(1)


def test_distance_of_shares() -> None:
    assert share_distance(np.array([0.5, 0.5]), np.array([0.5, 0.25, 0.25])) == 0.25
    assert share_distance(np.array([1.0]), np.array([0.0, 1.0])) == 1


def test_fields_of_one_sample_stay_in_one_half() -> None:
    samples = np.repeat([4, 7, 9, 12], 3)
    for one, other in halvings(samples, np.random.default_rng(0)):
        assert len(one) == len(other) == 6
        assert not set(samples[one]) & set(samples[other])


def drawn(rng: np.random.Generator, n: int, scale: float = 1.0) -> np.ndarray:
    """Fields with two patterns of variance 4 and 1."""
    y, x = np.meshgrid(*2 * [np.linspace(0, np.pi, 8)], indexing="ij")
    patterns = np.stack([np.cos(y), np.cos(x)])
    return points(scale * np.tensordot(rng.standard_normal((n, 2)) * [2, 1], patterns, axes=1), np.ones((8, 8)))


def test_other_draws_of_the_same_distribution_are_as_good_as_truth() -> None:
    rng = np.random.default_rng(4)
    found = likeness(drawn(rng, 400), drawn(rng, 400), np.arange(400), rng)
    assert found.variance_ratio == pytest.approx(1, abs=0.15)
    assert found.energy_distance == pytest.approx(0, abs=0.02)
    assert found.energy_distance_ratio == pytest.approx(1, abs=0.4)
    assert found.repetition == pytest.approx(1, abs=0.2)
    assert found.eof_distance == pytest.approx(found.eof_distance_halves, abs=0.03)


def test_too_little_spread_and_too_few_fields_are_seen() -> None:
    rng = np.random.default_rng(5)
    held_out = drawn(rng, 400)
    dull = likeness(drawn(rng, 400, scale=0.5), held_out, np.arange(400), rng)
    assert dull.variance_ratio == pytest.approx(0.25, rel=0.15)
    assert dull.energy_distance_ratio > 5
    few = likeness(drawn(rng, 40)[np.arange(400) % 40], held_out, np.arange(400), rng)
    assert few.repetition < 1e-6
    assert few.variance_ratio == pytest.approx(1, abs=0.5)


def test_copies_lie_on_training_fields() -> None:
    training = drawn(np.random.default_rng(6), 5000)
    assert nearest_distance(training[[3, 4321]], training).max() < 1e-6
    moved = training[[3, 4321]] + 100
    exact = np.sqrt(((moved[:, None] - training) ** 2).sum(axis=-1)).min(axis=1)
    np.testing.assert_allclose(nearest_distance(moved, training), exact, rtol=1e-9)


def test_normal_fields_have_mean_and_covariance_of_the_training_fields() -> None:
    rng = np.random.default_rng(7)
    training = rng.exponential(size=(50, 1, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    fields = gaussian_fields(training, 40_000, rng)[:, 0]
    np.testing.assert_allclose(fields.mean(axis=0), training[:, 0].mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(fields.T), np.cov(training[:, 0].T), atol=0.06)
