"""One comparison of a computed number with a known one."""

from collections.abc import Sequence
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
