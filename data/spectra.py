"""Spectra by shells of equal wavenumber, and the metrics that compare them.

Fields are (…, ny, nx); a shell k holds the modes with k ≤ √(k_y² + k_x²) < k + 1. In cells of
weight zero (holes) the prediction is taken to be right. On a globe k counts waves per full turn, along parallels and
meridians alike.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.fft import dctn, fft2

from .scenario import Array

BANDS = ((0, 4), (4, 12), (12, 10**9))  # low, mid, high
Edges = Literal["open", "periodic", "globe"]
SPECTRAL_FLOOR = 1e-12  # of the truth's energy: what float32 fields resolve


def frmse(v: Array, u: Array, weights: Array | None = None, edges: Edges = "open") -> tuple[Array, Array, Array]:
    """Error in three bands of wavenumbers, √mean E(k) over k < 4, 4 ≤ k < 12 and k ≥ 12, in the field's unit.

    E(k) is the shell sum of |FFT(v−u)|² over the full plane, the FFT divided by the number of cells, so that
    all E(k) together are ⟨(v−u)²⟩. A band without a shell, on a small grid, gives NaN.
    Source: PDEBench (Takamoto et al. 2022).
    """
    error = _inside(v, u, weights) - u
    error = closed_globe(error) if edges == "globe" else error
    energy = np.abs(fft2(error, norm="forward")) ** 2
    numbers, order, starts = _shells(*error.shape[-2:], True)
    shells = _shell_sums(energy, order, starts)
    low, mid, high = (_band(shells, (numbers >= a) & (numbers < b)) for a, b in BANDS)
    return low, mid, high


def lsd(v: Array, u: Array, weights: Array | None = None, edges: Edges = "open") -> Array:
    """Log-spectral distance √mean_k (log₁₀ E_v(k) − log₁₀ E_u(k))², over the shells k ≥ 1 that are whole.

    Energies below 1e-12 of the truth's fluctuations count as that floor: float32 fields hold nothing finer.
    """
    truth = radial_spectrum(u, edges)[..., 1:]
    prediction = radial_spectrum(_inside(v, u, weights), edges)[..., 1:]
    floor = SPECTRAL_FLOOR * truth.sum(axis=-1, keepdims=True) + np.finfo(float).tiny
    distance = np.log10(np.maximum(prediction, floor)) - np.log10(np.maximum(truth, floor))
    return np.asarray(np.sqrt((distance**2).mean(axis=-1)))


def lsd_of_means(x: Array, y: Array, edges: Edges = "open") -> Array:
    """The same between the mean spectra of two ensembles (n, members, …, ny, nx): chance in single members is no error."""
    generated, truth = (radial_spectrum(a, edges).mean(axis=1)[..., 1:] for a in (x, y))
    floor = SPECTRAL_FLOOR * truth.sum(axis=-1, keepdims=True) + np.finfo(float).tiny
    distance = np.log10(np.maximum(generated, floor)) - np.log10(np.maximum(truth, floor))
    return np.asarray(np.sqrt((distance**2).mean(axis=-1)))


def radial_spectrum(field: Array, edges: Edges = "open") -> Array:
    """Energy per whole shell, (…, shells); the sum over all modes is the mean square of the field.

    Periodic fields go through the FFT, k in waves per domain, and so do those of a globe, closed over the poles; others through
    the DCT, k in half waves.
    """
    field, periodic = (closed_globe(field) if edges == "globe" else field), edges != "open"
    ny, nx = field.shape[-2:]
    modes = fft2(field, norm="forward") if periodic else dctn(field, axes=(-2, -1), norm="ortho") / np.sqrt(ny * nx)
    _, order, starts = _shells(ny, nx, periodic)
    whole = min(ny, nx) // 2 + 1 if periodic else min(ny, nx)
    return _shell_sums(np.abs(modes) ** 2, order, starts)[..., :whole]


def closed_globe(field: Array) -> Array:
    """A latitude-longitude field (…, ny, nx) as a smooth doubly periodic one, (…, 2ny, nx).

    Meridians go on over the pole and down the other side. Cells count alike here, not by area.
    Source: double Fourier sphere; Merilees, Atmosphere 11 (1973) 13.
    """
    beyond = np.roll(field[..., ::-1, :], field.shape[-1] // 2, axis=-1)
    return np.concatenate([field, beyond], axis=-2)


def _inside(v: Array, u: Array, weights: Array | None) -> Array:
    if weights is None:
        return v
    counts = weights[:, None] if weights.ndim == 3 and u.ndim == 4 else weights
    return np.where(counts > 0, v, u)


@lru_cache(maxsize=16)
def _shells(ny: int, nx: int, periodic: bool) -> tuple[Array, Array, Array]:
    """Numbers of the shells, the order that sorts modes by shell, and where each begins in it."""
    ky = np.fft.fftfreq(ny, 1 / ny) if periodic else np.arange(ny)
    kx = np.fft.fftfreq(nx, 1 / nx) if periodic else np.arange(nx)
    shell = np.floor(np.hypot(ky[:, None], kx) + 1e-9).astype(int).ravel()
    order = np.argsort(shell, kind="stable")
    numbers, starts = np.unique(shell[order], return_index=True)
    return numbers, order, starts


def _shell_sums(energy: Array, order: Array, starts: Array) -> Array:
    flat = energy.reshape(*energy.shape[:-2], -1)
    return np.add.reduceat(flat[..., order], starts, axis=-1)


def _band(shells: Array, chosen: Array) -> Array:
    if not chosen.any():
        return np.full(shells.shape[:-1], np.nan)
    return np.asarray(np.sqrt(shells[..., chosen].mean(axis=-1)))
