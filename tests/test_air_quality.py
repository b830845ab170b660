"""Measures of concentrations against numbers worked out by hand, and those of Chang & Hanna's own relations."""

import numpy as np
import pytest
from fieldgan.data.air_quality import concentration_metrics, fac2, fractional_bias, nmse
from fieldgan.pipelines.record import summary

TRUTH = np.array([[[8.0, 4.0], [2.0, 0.0]]])  # mean 3.5


def test_by_hand() -> None:
    """Ratios 0.5, 2.5 and 1 where either counts, and a fourth cell where only the prediction does: two of four."""
    predicted = np.array([[[4.0, 10.0], [2.0, 1.0]]])  # mean 4.25
    found = concentration_metrics(predicted, TRUTH)
    assert found["fac2"] == pytest.approx([0.5])
    assert found["fractional_bias"] == pytest.approx([2 * (3.5 - 4.25) / (3.5 + 4.25)])
    assert found["nmse"] == pytest.approx([(16 + 36 + 0 + 1) / 4 / (3.5 * 4.25)])


@pytest.mark.parametrize(("factor", "bias"), [(1.0, 0.0), (0.5, 2 / 3), (2.0, -2 / 3)])
def test_a_factor_everywhere(factor: float, bias: float) -> None:
    """Source: Chang & Hanna (2004): FB = ±0.67 for a mean bias by a factor of two."""
    assert fac2(factor * TRUTH, TRUTH) == pytest.approx([1.0])
    assert fractional_bias(factor * TRUTH, TRUTH) == pytest.approx([bias])
    assert fac2(1.001 * max(factor, 2) * TRUTH, TRUTH) == pytest.approx([0.0])


def test_a_systematic_bias_gives_the_least_nmse() -> None:
    """NMSE ≥ 4 FB² / (4 − FB²), with equality for uniform fields. Source: Chang & Hanna (2004)."""
    even = np.full((1, 3, 3), 2.0)
    bias = fractional_bias(3 * even, even)
    np.testing.assert_allclose(nmse(3 * even, even), 4 * bias**2 / (4 - bias**2))
    np.testing.assert_array_less(4 * bias**2 / (4 - bias**2), nmse(3 * even + np.arange(-4.0, 5).reshape(1, 3, 3), even))


def test_what_is_below_a_hundredth_of_the_largest_does_not_count() -> None:
    truth = np.array([[[100.0, 0.9]]])
    assert fac2(np.array([[[100.0, 0.1]]]), truth) == pytest.approx([1.0])
    assert fac2(np.array([[[100.0, 1.1]]]), np.array([[[100.0, 0.4]]])) == pytest.approx([0.5])


def test_weights_and_times() -> None:
    """Cells of no weight neither count nor set the threshold; measures of several times are averaged."""
    truth, predicted = np.array([[[1.0, 1.0, 1000.0]]]), np.array([[[1.0, 9.0, 0.0]]])
    assert fac2(predicted, truth, np.array([[3.0, 1.0, 0.0]])) == pytest.approx([0.75])
    both = np.stack([TRUTH, 2 * TRUTH], axis=1)
    found = concentration_metrics(np.stack([TRUTH, TRUTH], axis=1), both, np.ones((1, 2, 2)))
    assert found["fractional_bias"] == pytest.approx([1 / 3])


def test_clean_air() -> None:
    nothing = np.zeros((1, 2, 2))
    assert {name: float(a[0]) for name, a in concentration_metrics(nothing, nothing).items()} == {
        "fac2": 1.0,
        "fractional_bias": 0.0,
        "nmse": 0.0,
    }
    assert float(fac2(TRUTH, nothing)[0]) == 0
    assert np.isinf(nmse(TRUTH, nothing)[0])


def test_the_worst_sample_has_the_fewest_right_cells_or_the_largest_bias() -> None:
    values = np.linspace(-0.5, 0.3, 9)
    assert summary("fac2", values + 0.5, 50)["worst"] == pytest.approx(0.0)
    assert summary("fac2", values + 0.5, 50)["p90"] == pytest.approx(0.08)
    assert summary("fractional_bias", values, 50)["worst"] == pytest.approx(0.5)
    assert summary("fractional_bias", values, 50)["mean"] == pytest.approx(-0.1)
