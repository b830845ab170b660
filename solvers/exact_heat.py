"""Exact solutions of the heat equation, as series and closed forms; all non-dimensional.

Source: Carslaw & Jaeger, Conduction of Heat in Solids (1959), unless a docstring says otherwise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

Array = NDArray[Any]
TERMS = 400


def plate_one_hot_side(x: ArrayLike, y: ArrayLike) -> Array:
    """∇²T = 0 on the unit square, T = 1 on y = 1 and 0 on the other sides.

    T = ∑_{n odd} 4/(nπ) sin(nπx) sinh(nπy)/sinh(nπ)
    """
    x, y, n = _with_terms(x, y, np.arange(1, TERMS, 2))
    ratio = np.exp(-n * np.pi * (1 - y)) * (1 - np.exp(-2 * n * np.pi * y)) / (1 - np.exp(-2 * n * np.pi))
    return np.asarray((4 / (n * np.pi) * np.sin(n * np.pi * x) * ratio).sum(axis=-1))


def source_square(x: ArrayLike, y: ArrayLike) -> Array:
    """−∇²T = 1 on the unit square, T = 0 on its sides; its mean is a quarter of the torsion constant 0.1405770.

    T = x(1−x)/2 − ∑_{n odd} 4/(nπ)³ sin(nπx) cosh(nπ(y−½))/cosh(nπ/2)
    """
    x, y, n = _with_terms(x, y, np.arange(1, TERMS, 2))
    far = np.abs(y - 0.5)
    ratio = np.exp(-n * np.pi * (0.5 - far)) * (1 + np.exp(-2 * n * np.pi * far)) / (1 + np.exp(-n * np.pi))
    series = (4 / (n * np.pi) ** 3 * np.sin(n * np.pi * x) * ratio).sum(axis=-1)
    return np.asarray(x[..., 0] * (1 - x[..., 0]) / 2 - series)


def two_layer_slab(x: ArrayLike, k_left: float, k_right: float, interface: float) -> tuple[Array, float]:
    """Steady slab with T(0) = 1, T(1) = 0 and a jump of the conductivity: temperature and flux."""
    x = np.asarray(x, dtype=np.float64)
    flux = 1 / (interface / k_left + (1 - interface) / k_right)
    return np.where(x < interface, 1 - flux * x / k_left, flux * (1 - x) / k_right), flux


def biot_slab(x: ArrayLike, time: float, biot: float) -> Array:
    """Slab of half-thickness 1 from θ = 1 on: ∂θ/∂x = 0 at 0 and −∂θ/∂x = Bi θ at 1; time in Fourier numbers.

        θ = ∑ C exp(−ζ² Fo) cos(ζ x),   ζ tan ζ = Bi,   C = 4 sin ζ/(2ζ + sin 2ζ)

    Source: Incropera & DeWitt, Fundamentals of Heat and Mass Transfer, §5.5 and Table 5.1.
    """

    def root(n: int) -> float:
        low = n * np.pi
        return float(brentq(lambda z: z * np.sin(z) - biot * np.cos(z), low, low + np.pi / 2, xtol=1e-14))

    zeta = np.array([root(n) for n in range(60)])
    x, zeta = _with_terms(x, zeta)
    amplitude = 4 * np.sin(zeta) / (2 * zeta + np.sin(2 * zeta))
    return np.asarray((amplitude * np.exp(-(zeta**2) * time) * np.cos(zeta * x)).sum(axis=-1))


def spreading_gaussian(r: ArrayLike, time: float, width: float, diffusivity: float) -> Array:
    """Free plane, T = exp(−r²/2σ²) at first: T = σ²/s² exp(−r²/2s²) with s² = σ² + 2κt."""
    spread = width**2 + 2 * diffusivity * time
    return np.asarray(width**2 / spread * np.exp(-(np.asarray(r) ** 2) / (2 * spread)))


class Manufactured(NamedTuple):
    """Conductivity, temperature and source that belong together, −∇·(k ∇T) = f."""

    conductivity: Array
    temperature: Array
    source: Array


def manufactured(x: ArrayLike, y: ArrayLike) -> Manufactured:
    """T = sin πx sin 2πy + xy with k = 1 + ½ sin 2πx cos 2πy on the unit square; T = xy on its sides."""
    x, y = np.asarray(x), np.asarray(y)
    pi, two = np.pi, 2 * np.pi
    k = 1 + 0.5 * np.sin(two * x) * np.cos(two * y)
    k_x, k_y = pi * np.cos(two * x) * np.cos(two * y), -pi * np.sin(two * x) * np.sin(two * y)
    t_x = pi * np.cos(pi * x) * np.sin(two * y) + y
    t_y = two * np.sin(pi * x) * np.cos(two * y) + x
    wave = np.sin(pi * x) * np.sin(two * y)
    return Manufactured(k, wave + x * y, -(k_x * t_x + k_y * t_y - 5 * pi**2 * k * wave))


def _with_terms(*arrays: ArrayLike) -> tuple[Array, ...]:
    """Arrays broadcast against each other, the last one, of the terms, along a new last axis."""
    points = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays[:-1]))
    return (*(p[..., None] for p in points), np.asarray(arrays[-1]))
