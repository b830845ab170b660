"""Equal-error arithmetic against envelopes, ratios and intervals worked out by hand."""

import numpy as np
import pytest
from fieldgan.pipelines.speedup import Measured, break_even, envelope, mean_interval, speedup, verdict
from hypothesis import given
from hypothesis import strategies as st

DRAWS = 800


def constant(error: float | list[float], seconds: float | list[float]) -> Measured:
    """The same error for each of 30 samples and the same time in each of 9 repeats."""
    return Measured(np.multiply.outer(error, np.ones(30)), np.multiply.outer(seconds, np.ones(9)))


# two rungs, a hundred times slower for a tenth of the error: t = 1 ms (e / 0.1)⁻²
LADDER = constant([0.1, 0.01], [1e-3, 1e-1])


def test_envelope_drops_rungs_that_another_beats_in_both() -> None:
    best = envelope(np.array([0.1, 0.05, 0.06, 0.05]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert best.errors.tolist() == [0.1, 0.05]
    assert best.seconds.tolist() == [1.0, 2.0]


def test_envelope_takes_the_faster_of_equally_accurate_schemes() -> None:
    best = envelope(np.array([0.1, 0.1, 0.01]), np.array([2.0, 1.0, 5.0]))
    assert best.seconds.tolist() == [1.0, 5.0]


def test_envelope_takes_no_slower_rung_for_an_error_that_is_the_same_within_a_tolerance() -> None:
    best = envelope(np.array([0.1, 0.00535, 0.00534]), np.array([1e-3, 7e-3, 0.28]))
    assert best.seconds.tolist() == [1e-3, 7e-3]
    assert best.seconds_at(0.005) == (7e-3, "lower")


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1e3)), min_size=1, max_size=12))
def test_no_rung_lies_below_the_envelope(rungs: list[tuple[float, float]]) -> None:
    errors, seconds = np.array(rungs).T
    best = envelope(errors, seconds)
    assert (np.diff(best.errors) < 0).all()
    assert (np.diff(best.seconds) >= 0).all()
    for error, time in rungs:
        assert best.seconds[best.errors <= error / 0.99][0] <= time


def test_numbers_worked_out_by_hand() -> None:
    surrogate = constant(10**-1.5, 2e-3)
    numbers = speedup(surrogate, LADDER, naive_seconds=0.4, upfront_seconds=80.0, draws=DRAWS)
    assert numbers.solver_seconds_equal_error == pytest.approx(10e-3)
    assert numbers.equal_error == pytest.approx(5.0)
    assert numbers.equal_error_ci95 == pytest.approx((5.0, 5.0))
    assert numbers.bound == "exact"
    assert numbers.error_ratio_equal_time == pytest.approx(0.1 * 2**-0.5 / 10**-1.5)
    assert numbers.naive == pytest.approx(200.0)
    assert numbers.break_even_solves == pytest.approx(80 / 8e-3)
    assert numbers.verdict == "win"


def test_a_rung_against_itself_is_a_tie_at_ratio_one() -> None:
    numbers = speedup(constant(0.01, 1e-1), LADDER, 1.0, 10.0, DRAWS)
    assert numbers.equal_error == pytest.approx(1.0)
    assert numbers.error_ratio_equal_time == pytest.approx(1.0)
    assert numbers.verdict == "tie"
    assert numbers.break_even_solves is None


@pytest.mark.parametrize(
    ("error", "seconds", "bound", "ratio", "expected"),
    [
        (0.5, 1e-4, "upper", 10.0, "tie"),  # at most 10 times faster shows nothing
        (0.5, 1e-2, "upper", 0.1, "loss"),
        (0.001, 1e-2, "lower", 10.0, "win"),
        (0.001, 1.0, "lower", 0.1, "tie"),  # at least a tenth shows nothing
        (0.05, 1.0, "exact", 4e-3, "loss"),
    ],
)
def test_bounds_beyond_the_ladder(error: float, seconds: float, bound: str, ratio: float, expected: str) -> None:
    numbers = speedup(constant(error, seconds), LADDER, 1.0, 10.0, DRAWS)
    assert (numbers.bound, numbers.verdict) == (bound, expected)
    assert numbers.equal_error == pytest.approx(ratio)


def test_error_ratio_is_bounded_beyond_the_ladders_times() -> None:
    assert speedup(constant(0.05, 1.0), LADDER, 1.0, 0.0, DRAWS).error_ratio_bound == "upper"
    assert speedup(constant(0.05, 1e-4), LADDER, 1.0, 0.0, DRAWS).error_ratio_bound == "lower"


def test_interval_agrees_with_the_normal_theory_of_the_mean() -> None:
    """speedup ∝ ē⁻², so its relative deviation is twice that of the mean error, σ/√n."""
    rng = np.random.default_rng(3)
    errors = 0.03 * (1 + 0.2 * rng.standard_normal(400))
    surrogate = Measured(errors, np.full(9, 1e-3))
    low, high = speedup(surrogate, constant_for(400, [0.1, 0.01], [1e-3, 1e-1]), 1.0, 0.0, 4000).equal_error_ci95
    centre = 1e-3 * (errors.mean() / 0.1) ** -2 / 1e-3
    expected = 2 * 2 * 1.96 * errors.std() / errors.mean() / np.sqrt(400) * centre
    assert high - low == pytest.approx(expected, rel=0.06)


def constant_for(samples: int, error: list[float], seconds: list[float]) -> Measured:
    return Measured(np.multiply.outer(error, np.ones(samples)), np.multiply.outer(seconds, np.ones(9)))


def test_methods_are_resampled_in_pairs() -> None:
    """Hard samples that are hard for all alike, and slow rounds that slow all alike, leave no uncertainty."""
    rng = np.random.default_rng(0)
    hard, slow = rng.lognormal(0, 0.8, 30), rng.lognormal(0, 0.8, 9)
    ladder = Measured(np.multiply.outer([0.1, 0.01], hard), np.multiply.outer([1e-3, 1e-1], slow))
    numbers = speedup(Measured(10**-1.5 * hard, 2e-3 * slow), ladder, 1.0, 0.0, DRAWS)
    assert numbers.equal_error_ci95 == pytest.approx((5.0, 5.0))


def test_noisy_times_make_a_tie() -> None:
    seconds = np.array([1.0, 2.0, 5.0, 20.0, 40.0]) * 1e-3
    ladder = Measured(np.multiply.outer([0.1, 0.01], np.ones(30)), np.multiply.outer([1e-3, 1e-1], np.ones(5)))
    numbers = speedup(Measured(np.full(30, 10**-1.5), seconds), ladder, 1.0, 0.0, DRAWS)
    assert numbers.equal_error == pytest.approx(2.0)
    assert numbers.verdict == "tie"


def test_verdict_counts_the_draws_at_open_ends() -> None:
    ratios = np.full(1000, 2.0)
    bounds = ["exact"] * 960 + ["upper"] * 40  # 4 % of the draws are bounds only: more than 2.5 %
    assert verdict(ratios, bounds) == "tie"  # type: ignore[arg-type]
    assert verdict(ratios, ["exact"] * 980 + ["upper"] * 20) == "win"  # type: ignore[list-item]


def test_break_even_needs_a_saving_that_is_shown() -> None:
    assert break_even(100.0, 3e-3, 1e-3, "exact") == pytest.approx(50_000)
    assert break_even(100.0, 1e-3, 1e-3, "exact") is None
    assert break_even(100.0, 3e-3, 1e-3, "upper") is None


def test_mean_interval_of_a_coin() -> None:
    """A hundred fair coins: mean 0.5, deviation 0.05."""
    low, high = mean_interval(np.repeat([0.0, 1.0], 50), 8000)
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.05, 0.5 + 1.96 * 0.05), abs=0.011)
