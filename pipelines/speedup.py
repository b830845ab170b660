"""Speed against a solver at equal error, and error at equal time, with bootstrap intervals.

The solver is the lower Pareto envelope of its ladder: of all rungs (error e_r, seconds t_r) those that no
other rung beats in both, joined by straight lines in (log e, log t). A surrogate of error e that takes t has

    speedup_equal_error = t_ladder(e) / t        error_ratio_equal_time = e_ladder(t) / e

Beyond its ends the envelope says no more than a bound: above the coarsest rung's error a solver is at least
as fast as that rung ("upper" bound of the speedup), below the finest rung's at least as slow ("lower").
Source: McGreivy & Hakim, Nature Machine Intelligence 6 (2024) 1256.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bound = Literal["exact", "lower", "upper"]
Verdict = Literal["win", "tie", "loss"]

MATERIAL = 0.01  # relative; smaller differences of errors are none
ROUND_OFF = 1e-9  # relative; smaller differences of times are none
SMALLEST = 1e-300  # keeps the logarithm of a vanishing error finite


@dataclass(frozen=True)
class Envelope:
    """The rungs that no other rung beats; seconds ascend while errors descend."""

    errors: Array
    seconds: Array

    def seconds_at(self, error: float) -> tuple[float, Bound]:
        """Seconds the solver takes for this error, and how they bound the speedup."""
        if error > self.errors[0]:
            return float(self.seconds[0]), "upper"
        if error < self.errors[-1]:
            return float(self.seconds[-1]), "lower"
        return interpolate(error, self.errors[::-1], self.seconds[::-1]), "exact"

    def error_at(self, seconds: float) -> tuple[float, Bound]:
        """Error the solver reaches in these seconds, and how it bounds the error ratio."""
        if seconds < self.seconds[0]:
            return float(self.errors[0]), "lower"
        if seconds > self.seconds[-1]:
            return float(self.errors[-1]), "upper"
        return interpolate(seconds, self.seconds, self.errors), "exact"


def interpolate(x: float, xs: Array, ys: Array) -> float:
    """Straight lines in (log x, log y)."""
    return float(np.exp(np.interp(np.log(x), np.log(xs), np.log(ys))))


def envelope(errors: Array, seconds: Array) -> Envelope:
    """Lower Pareto envelope of rungs with these errors and seconds, (rungs,) each.

    A slower rung has to lower the error by 1 % at least: two schemes on one grid differ by their tolerances only, and
    the slower one would make the solver seem slow there.
    """
    errors = np.maximum(errors, SMALLEST)
    kept: list[int] = []
    for rung in np.lexsort((errors, seconds)):
        if not kept or errors[rung] < (1 - MATERIAL) * errors[kept[-1]]:
            kept.append(int(rung))
    return Envelope(errors[kept], seconds[kept])


@dataclass(frozen=True)
class Measured:
    """Errors and seconds of one or more methods: (…, samples) and (…, repeats)."""

    errors: Array
    seconds: Array

    def resample(self, rng: np.random.Generator, draws: int) -> tuple[Array, Array]:
        """Mean errors and median seconds of bootstrap draws over samples and repeats, (…, draws) each.

        Equal generators draw equal samples and repeats, which pairs the methods of one comparison.
        """
        samples, repeats = self.errors.shape[-1], self.seconds.shape[-1]
        chosen = rng.integers(samples, size=(draws, samples))
        timed = rng.integers(repeats, size=(draws, repeats))
        return self.errors[..., chosen].mean(axis=-1), np.median(self.seconds[..., timed], axis=-1)


@dataclass(frozen=True)
class Speedup:
    """The numbers of one surrogate against the solver; see METRICS 5."""

    naive: float
    equal_error: float
    equal_error_ci95: tuple[float, float]
    bound: Bound
    error_ratio_equal_time: float
    error_ratio_bound: Bound
    solver_seconds_equal_error: float
    break_even_solves: float | None
    verdict: Verdict

    def record(self) -> dict[str, Any]:
        """As in metrics.json."""
        return {**vars(self), "equal_error_ci95": list(self.equal_error_ci95)}


def speedup(method: Measured, ladder: Measured, naive_seconds: float, upfront_seconds: float, draws: int) -> Speedup:
    """Compare one method with the envelope of the ladder.

    Args:
        method: errors (samples,) and seconds (repeats,).
        ladder: errors (rungs, samples) and seconds (rungs, repeats), of the same samples and repeats.
        naive_seconds: seconds of the solver at the resolution of the truth.
        upfront_seconds: data generation and training.
        draws: bootstrap draws over samples and repeats.
    """
    solver = envelope(ladder.errors.mean(axis=-1), np.median(ladder.seconds, axis=-1))
    error, seconds = max(float(method.errors.mean()), SMALLEST), float(np.median(method.seconds))
    rival_seconds, bound = solver.seconds_at(error)
    rival_error, error_bound = solver.error_at(seconds)
    ratios, bounds = resampled_ratios(method, ladder, draws)
    return Speedup(
        naive=naive_seconds / seconds,
        equal_error=rival_seconds / seconds,
        equal_error_ci95=(float(np.percentile(ratios, 2.5)), float(np.percentile(ratios, 97.5))),
        bound=bound,
        error_ratio_equal_time=rival_error / error,
        error_ratio_bound=error_bound,
        solver_seconds_equal_error=rival_seconds,
        break_even_solves=break_even(upfront_seconds, rival_seconds, seconds, bound),
        verdict=verdict(ratios, bounds),
    )


def resampled_ratios(method: Measured, ladder: Measured, draws: int) -> tuple[Array, list[Bound]]:
    """speedup_equal_error of bootstrap draws, and what each of them bounds."""
    errors, seconds = method.resample(np.random.default_rng(0), draws)
    rung_errors, rung_seconds = ladder.resample(np.random.default_rng(0), draws)
    rivals = [envelope(rung_errors[:, k], rung_seconds[:, k]).seconds_at(max(errors[k], SMALLEST)) for k in range(draws)]
    return np.array([rival for rival, _ in rivals]) / seconds, [bound for _, bound in rivals]


def verdict(ratios: Array, bounds: list[Bound]) -> Verdict:
    """Whether the 95 % interval lies above 1, holds 1, or lies below; a bound leaves its end open."""
    lowest = np.where(np.equal(bounds, "upper"), 0.0, ratios)
    highest = np.where(np.equal(bounds, "lower"), np.inf, ratios)
    if np.percentile(lowest, 2.5, method="lower") > 1 + ROUND_OFF:
        return "win"
    return "loss" if np.percentile(highest, 97.5, method="higher") < 1 - ROUND_OFF else "tie"


def break_even(upfront_seconds: float, rival_seconds: float, seconds: float, bound: Bound) -> float | None:
    """Solves after which generation and training are paid back; None where no saving per solve is shown."""
    saved = rival_seconds - seconds
    return upfront_seconds / saved if saved > ROUND_OFF * seconds and bound != "upper" else None


def mean_interval(values: Array, draws: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over samples."""
    chosen = np.random.default_rng(0).integers(values.size, size=(draws, values.size))
    low, high = np.percentile(values[chosen].mean(axis=-1), [2.5, 97.5])
    return float(low), float(high)
