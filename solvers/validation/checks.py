"""One comparison of a computed number with a known one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Check:
    """A number that the solvers computed, and what it should be.

    Attributes:
        case: the problem that was solved.
        quantity: what was measured, with its unit where it has one.
        value, reference, tolerance: passed if abs(value − reference) ≤ tolerance.
        source: where the reference comes from.
    """

    case: str
    quantity: str
    value: float
    reference: float
    tolerance: float
    passed: bool
    source: str


def check(case: str, quantity: str, value: float, reference: float, tolerance: float, source: str) -> Check:
    """Compare a value with its reference."""
    passed = bool(abs(value - reference) <= tolerance)
    return Check(case, quantity, float(value), float(reference), float(tolerance), passed, source)


def observed_order(steps: Sequence[float], errors: Sequence[float]) -> float:
    """Slope of log(error) over log(step), by least squares."""
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def error_and_order(case: str, error: Callable[[int], float], n: int, tolerance: float, source: str) -> tuple[Check, Check]:
    """Bound the error on n cells a side, and hold its order over n/4, n/2 and n cells against two."""
    grids = (n // 4, n // 2, n)
    errors = [error(m) for m in grids]
    order = observed_order([1 / m for m in grids], errors)
    return (
        check(case, f"largest error at {n} cells", errors[-1], 0.0, tolerance, source),
        check(case, "order in space", order, 2.0, 0.15, source),
    )
