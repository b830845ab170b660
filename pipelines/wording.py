"""Numbers as people read them."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SPACE = "\u00a0"  # between number and unit, where no line breaks
SIGNS = {"exact": "", "lower": "≥ ", "upper": "≤ "}  # of a ratio with a bound


def percent(share: float | None) -> str:
    """A share as per cent."""
    return "–" if share is None else f"{digits(100 * share)}{SPACE}%"


def percent_range(low: float, high: float) -> str:
    """Two shares as per cent."""
    return f"{digits(100 * low)}–{digits(100 * high)}"


def duration(seconds: float | None) -> str:
    """Seconds in the unit that suits them."""
    if seconds is None:
        return "–"
    unit, scale = unit_of(seconds)
    return f"{digits(seconds / scale)}{SPACE}{unit}"


def duration_range(timing: Mapping[str, float]) -> str:
    """Quartiles in the unit of their median."""
    scale = unit_of(timing["median"])[1]
    return f"{digits(timing['q25'] / scale)}–{digits(timing['q75'] / scale)}"


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit that suits a duration, and how many seconds it has."""
    for unit, scale in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= (2 * scale if scale > 1 else scale):
            return unit, scale
    return "µs", 1e-6


def digits(value: float) -> str:
    """Three significant digits without exponents."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def factor(ratio: float) -> str:
    """A ratio of times, always above one: 0.1 reads 10 times slower than."""
    if 0.95 < ratio < 1.05:
        return "as fast as"
    return f"{digits(ratio)} times faster than" if ratio > 1 else f"{digits(1 / ratio)} times slower than"


def spread(interval: Sequence[float]) -> str:
    """An interval."""
    low, high = interval
    return f"{digits(low)} to {digits(high)}"


def grid(resolution: int, width: float = 1.0) -> str:
    """A resolution as a grid, of `width` columns for each row."""
    return f"{resolution}²" if width == 1 else f"{resolution}×{round(resolution * width)}"


def count(number: float) -> str:
    """A number of solves, rounded up to two digits."""
    magnitude = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return f"{math.ceil(number / magnitude) * magnitude:,}"


def verdict_word(speedup: Mapping[str, Any]) -> str:
    """Win, tie or loss; "out of range" where no more than a bound is known and it decides nothing."""
    undecided = speedup["verdict"] == "tie" and speedup["bound"] != "exact"
    return "out of range" if undecided else str(speedup["verdict"])


def bounded(speedup: Mapping[str, Any], write: Callable[[float], str] = digits) -> str:
    """The speed-up at equal error with the sign of its bound."""
    return SIGNS[speedup["bound"]] + write(speedup["equal_error"])


def unit(units: str) -> str:
    """Exponents as superscripts, degrees with their sign: W m-3 becomes W m⁻³, and degC °C."""
    return units.replace("degC", "°C").replace("degrees", "°").translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
