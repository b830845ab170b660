"""The frame of reference of each sample of a linear problem: its own offset and scale.

Where the PDE is linear in some of its conditions, T(a θ + b, a q) = a T(θ, q) + b for temperatures θ and
sources q. Measured from its own offset and in its own scale, every sample has the same size, and whatever is
learned is exactly equivariant to a and b.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.scenario import Array, Fields, Variable

SMALLEST = 1e-6  # a scale below this share of the largest value is that of a constant field, and round-off


@dataclass(frozen=True)
class Frame:
    """Offset m and scale s of n samples, each (n,), in the unit of the targets."""

    offset: Array
    scale: Array

    def origin(self, variable: Variable) -> tuple[Array, Array]:
        """(zero, unit) of a variable in the frame, each (n,): what stands for 0 and what counts as 1."""
        zero = self.offset if variable.linearity == "affine" else np.zeros_like(self.offset)
        return zero, self.scale if variable.linearity != "none" else np.ones_like(self.scale)


def is_linear(inputs: Sequence[Variable], targets: Sequence[Variable]) -> bool:
    """Whether samples have frames: the targets shift or scale with some of the conditions."""
    return all(any(v.linearity != "none" for v in side) for side in (inputs, targets))


def frame_of_lift(lift: Fields, targets: Sequence[Variable], weights: Array) -> Frame:
    """Mean and standard deviation of the lift itself, over its affine or else its linear targets.

    Args:
        weights: share of each cell that belongs to the domain, (n, ny, nx) or (1, ny, nx).
    """
    affine = [v for v in targets if v.linearity == "affine"]
    chosen = affine or [v for v in targets if v.linearity == "linear"]
    values = np.concatenate([v.planes(lift[v.name]) for v in chosen], axis=1)
    w = np.broadcast_to((weights / weights.mean(axis=(1, 2), keepdims=True))[:, None], values.shape)
    offset = (w * values).mean(axis=(1, 2, 3)) if affine else np.zeros(len(values))
    deviation = values - offset[:, None, None, None]
    return _guarded(offset, np.sqrt((w * deviation**2).mean(axis=(1, 2, 3))), np.abs(values).max(axis=(1, 2, 3)))


def frame_of_conditions(conditions: Fields, inputs: Sequence[Variable], responses: Mapping[str, float]) -> Frame:
    """Offset and scale without a solve: mean of the affine conditions on their support, and their size about
    it.

    The scale is √(Σ (r rms)²) over all affine and linear conditions, with `responses` r from `fit_responses`.
    """
    affine = [(conditions[v.name], _support(conditions, v)) for v in inputs if v.linearity == "affine"]
    n = len(next(iter(conditions.values())))
    count = sum((_total(mask) for _, mask in affine), np.zeros(n))
    offset = sum((_total(a * mask) for a, mask in affine), np.zeros(n)) / np.maximum(count, 1)
    square, largest = np.zeros(n), np.abs(offset)
    for v in inputs:
        if v.linearity != "none":
            size = _size(conditions, v, offset)
            square += (responses[v.name] * size) ** 2
            largest = np.maximum(largest, responses[v.name] * size)
    return _guarded(offset, np.sqrt(square), largest)


def fit_responses(conditions: Fields, inputs: Sequence[Variable], deviation: float) -> dict[str, float]:
    """How strongly the targets answer each affine or linear condition: 1, and std of targets / rms of the
    source.

    Args:
        deviation: the mean over training samples of the targets' standard deviation.
    """
    n = len(next(iter(conditions.values())))
    responses = {}
    for v in inputs:
        if v.linearity == "affine":
            responses[v.name] = 1.0
        elif v.linearity == "linear":
            size = float(np.sqrt(np.mean(_size(conditions, v, np.zeros(n)) ** 2)))
            responses[v.name] = deviation / size if size > 0 else 0.0
    return responses


def _size(conditions: Fields, variable: Variable, offset: Array) -> Array:
    """Root mean square of a condition on its support, about the offset for affine ones, (n,)."""
    a, mask = conditions[variable.name], _support(conditions, variable)
    shift = offset.reshape(-1, *(1,) * (a.ndim - 1)) if variable.linearity == "affine" else 0.0
    return np.asarray(np.sqrt(_total((a - shift) ** 2 * mask) / np.maximum(_total(mask), 1)))


def _support(conditions: Fields, variable: Variable) -> Array:
    a = conditions[variable.name]
    return (conditions[variable.where] > 0).astype(np.float64) if variable.where else np.ones(a.shape)


def _total(a: Array) -> Array:
    return np.asarray(a.sum(axis=tuple(range(1, a.ndim))))


def _guarded(offset: Array, scale: Array, largest: Array) -> Frame:
    """Scale 1 where the sample is constant up to round-off."""
    return Frame(offset, np.where(scale > SMALLEST * largest, scale, 1.0))
