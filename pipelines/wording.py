"""Numbers as people read them."""

import math


def percent(share: float | None) -> str:
    """A share as per cent, two or three digits."""
    return "–" if share is None else f"{digits(100 * share)} %"


def duration(seconds: float | None) -> str:
    """Seconds in the unit that suits them."""
    if seconds is None:
        return "–"
    for unit, scale in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= (2 * scale if scale > 1 else scale):
            return f"{digits(seconds / scale)} {unit}"
    return f"{digits(seconds / 1e-6)} µs"


def digits(value: float) -> str:
    """Three significant digits without exponents."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def factor(ratio: float) -> str:
    """A ratio of times, always above one: 0.1 reads 10 times slower."""
    if 0.95 < ratio < 1.05:
        return "as fast"
    return f"{digits(ratio)} times faster" if ratio > 1 else f"{digits(1 / ratio)} times slower"


def grid(resolution: int) -> str:
    """A resolution as a grid."""
    return f"{resolution}²"


def count(number: float) -> str:
    """A number of solves, rounded up to two digits."""
    magnitude = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return f"{math.ceil(number / magnitude) * magnitude:,}"
