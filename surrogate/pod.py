"""Proper orthogonal decomposition of the targets, with Gaussian-process regression of its coefficients on the
conditions.

    u(x) ≈ ū + Φ a(x),    a(x) = k(x, X) (K + σ² I)⁻¹ A,    k(x, x') = exp(−|x − x'|²/2ℓ²) + c x·x'

with x the principal components of the conditions, each divided by its deviation to the power p. The
hyperparameters (ℓ, σ, c, p) are those of least error on the validation samples. Non-intrusive POD: Guo &
Hesthaven, CMAME 341 (2018) 807.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ..data.scenario import Array
from .components import Components, principal_components
from .encoding import Encoded
from .nearest import features
from .settings import PODSettings

LENGTHS = (0.5, 1.0, 2.0, 4.0)  # in units of the root mean square distance between samples
NOISES = (1e-4, 1e-3, 1e-2, 1e-1)
TRENDS = (0.1, 1.0)  # strength of the linear part beside the Gaussian one
POWERS = (0.0, 0.5, 1.0)
TRIAL = 800  # training samples at most while hyperparameters are chosen
PARTS = ("mean", "basis", "deviations")


@dataclass(frozen=True)
class Kernel:
    """Hyperparameters; `length` and `trend` are relative to the spread of the training samples."""

    length: float
    noise: float
    trend: float
    power: float

    def __call__(self, x: Array, y: Array, spread: float) -> Array:
        """k of all pairs, (n, r), (m, r) -> (n, m); `spread` is the mean of |x|² over training samples."""
        inner = (x @ y.T) / spread
        squares = (x**2).sum(axis=1)[:, None] / spread + (y**2).sum(axis=1)[None] / spread - 2 * inner
        return np.asarray(np.exp(-np.maximum(squares, 0) / (4 * self.length**2)) + self.trend * inner)


USUAL = Kernel(2.0, 1e-2, 1.0, 0.5)


@dataclass(frozen=True)
class POD:
    """A Regressor: components of conditions and targets, training samples at `places` (n, r), weights."""

    conditions: Components
    modes: Components
    kernel: Kernel
    places: Array
    coefficients: Array
    shape: tuple[int, int, int]

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """Corrections (n, 1, targets, ny, nx)."""
        x = _scaled(self.conditions.coordinates(features(encoded)), self.conditions.deviations, self.kernel.power)
        a = self.kernel(x, self.places, _spread(self.places)) @ self.coefficients
        return self.modes.samples(a.astype(np.float32)).reshape(len(x), 1, *self.shape)

    def tensors(self) -> Mapping[str, Array]:
        """All arrays by name."""
        k = self.kernel
        return {
            "places": self.places,
            "coefficients": self.coefficients,
            "kernel": np.array([k.length, k.noise, k.trend, k.power]),
            "shape": np.array(self.shape),
            **{f"conditions.{name}": getattr(self.conditions, name) for name in PARTS},
            **{f"modes.{name}": getattr(self.modes, name) for name in PARTS},
        }


def fit_pod(training: Encoded, corrections: Array, validation: Encoded, wanted: Array, settings: PODSettings) -> POD:
    """Fit to training samples, with the hyperparameters of least error on validation samples (or the usual
    ones, without any).

    Args:
        corrections, wanted: of the training and validation samples, (n, targets, ny, nx).
    """
    x, flat = features(training), corrections.reshape(len(corrections), -1)
    conditions = principal_components(x, settings.components)
    modes = principal_components(flat, settings.modes)
    inputs, outputs = conditions.coordinates(x), modes.coordinates(flat)
    kernel = USUAL
    if len(wanted):
        trial = (
            conditions.coordinates(features(validation)),
            modes.coordinates(wanted.reshape(len(wanted), -1)),
        )
        kernel = _choose(inputs[:TRIAL], outputs[:TRIAL], *trial, conditions.deviations)
    places = _scaled(inputs, conditions.deviations, kernel.power)
    shape = (corrections.shape[1], corrections.shape[2], corrections.shape[3])
    return POD(conditions, modes, kernel, places, np.ascontiguousarray(_regress(kernel, places, outputs), np.float32), shape)


def restore_pod(tensors: Mapping[str, Array]) -> POD:
    """From stored arrays."""
    conditions, modes = (Components(*(tensors[f"{side}.{name}"] for name in PARTS)) for side in ("conditions", "modes"))
    targets, ny, nx = map(int, tensors["shape"])
    kernel = Kernel(*map(float, tensors["kernel"]))
    return POD(conditions, modes, kernel, tensors["places"], tensors["coefficients"], (targets, ny, nx))


def _choose(x: Array, a: Array, trial: Array, wanted: Array, deviations: Array) -> Kernel:
    """The kernel of least mean error ‖a(x) − a‖ over trial samples."""
    errors: dict[Kernel, float] = {}
    for power, length, trend, noise in product(POWERS, LENGTHS, TRENDS, NOISES):
        kernel = Kernel(length, noise, trend, power)
        places, at = _scaled(x, deviations, power), _scaled(trial, deviations, power)
        guess = kernel(at, places, _spread(places)) @ _regress(kernel, places, a)
        errors[kernel] = float(np.linalg.norm(guess - wanted, axis=1).mean())
    return min(errors, key=errors.__getitem__)


def _regress(kernel: Kernel, places: Array, a: Array) -> Array:
    """(K + σ² I)⁻¹ A."""
    gram = kernel(places, places, _spread(places)).astype(np.float64)
    gram[np.diag_indices_from(gram)] += kernel.noise
    return np.asarray(cho_solve(cho_factor(gram, overwrite_a=True, check_finite=False), a, check_finite=False))


def _scaled(coordinates: Array, deviations: Array, power: float) -> Array:
    return np.asarray(coordinates / deviations**power)


def _spread(places: Array) -> float:
    return max(float((places**2).sum(axis=1).mean()), 1e-30)
