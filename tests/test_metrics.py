"""Deterministic metrics against closed forms."""

import math

import numpy as np
import pytest
import xarray as xr
from fieldgan.data import metrics, spectra
from fieldgan.data.domains import Globe
from fieldgan.data.ensemble_metrics import crps, each_time
from fieldgan.data.schema import mock
from hypothesis import given
from hypothesis import strategies as st
from poisson import poisson

N = 48
CENTRES = (np.arange(N) + 0.5) / N
X, Y = CENTRES[None, :], CENTRES[:, None]
ZERO = np.zeros((1, N, N))


def wave(kx: int, ky: int = 0) -> np.ndarray:
    return np.cos(2 * np.pi * (kx * X + ky * Y))[None]


def test_a_wave_against_twice_the_wave() -> None:
    """v = 2u, u = cos: the error is cos, with ⟨cos²⟩ = 1/2 and ⟨|cos|⟩ = 2/π."""
    top = math.cos(3 * math.pi / N)  # at the cell centre next to the crest
    u = wave(3)
    found = metrics.field_metrics(2 * u, u)
    assert found["rmse"] == pytest.approx(math.sqrt(0.5))
    assert found["vrmse"] == pytest.approx(1.0, abs=1e-6)
    assert found["nrmse"] == pytest.approx(1.0)
    assert found["relative_l2"] == pytest.approx(1.0)
    assert found["h1"] == pytest.approx(1.0)
    assert found["mae"] == pytest.approx(2 / math.pi, rel=0.01)
    assert found["max"] == pytest.approx(top)
    assert found["mae_percent"] == pytest.approx(50 * found["mae"] / top)


def test_predicting_the_mean_has_vrmse_one() -> None:
    u = np.random.default_rng(0).normal(5, 2, (4, 9, 7))
    mean = u.mean(axis=(1, 2), keepdims=True) + 0 * u
    assert metrics.vrmse(mean, u) == pytest.approx(np.ones(4))


def test_vrmse_of_uniform_truth_is_finite() -> None:
    """√(0.1² / 1e-7), the floor of The Well."""
    assert metrics.vrmse(ZERO + 3.1, ZERO + 3.0) == pytest.approx(0.1 / math.sqrt(1e-7))


@given(st.floats(0.01, 100), st.floats(-100, 100))
def test_relative_metrics_know_no_unit(scale: float, shift: float) -> None:
    u, v = wave(1, 2), wave(1, 2) + 0.1 * wave(4)
    for metric in (metrics.mae_percent, metrics.vrmse):
        assert metric(scale * v + shift, scale * u + shift) == pytest.approx(metric(v, u), rel=1e-2)


def test_gradient_part_of_h1() -> None:
    """Against u = x, with ⟨u²⟩ = 1/3 and |∇u| = 1, an error cx gives c, an error e gives e/√(1/3 + 1)."""
    u = np.broadcast_to(X, (1, N, N))
    h = (1 / N, 1 / N)
    assert metrics.h1(1.25 * u, u, spacing=h) == pytest.approx(0.25)
    assert metrics.h1(u + 0.3, u, spacing=h) == pytest.approx(0.3 / math.sqrt(1 / 3 + 1), rel=1e-3)


def test_h1_weighs_a_wave_by_its_wavenumber() -> None:
    """‖∇ cos 2πkx‖² = (2πk)² ‖cos‖², up to the error of the difference quotient."""
    expected = math.sqrt((1 + (4 * math.pi) ** 2) / (1 + (2 * math.pi) ** 2))
    assert metrics.h1(wave(1) + wave(2), wave(1), spacing=(1 / N, 1 / N)) == pytest.approx(expected, rel=0.02)


def test_boundary_cells_only() -> None:
    inner, rim = ZERO.copy(), ZERO + 2.0
    inner[:, 1:-1, 1:-1] = 7.0
    rim[:, 1:-1, 1:-1] = 0.0
    assert metrics.brmse(inner, ZERO) == 0
    assert metrics.brmse(rim, ZERO) == pytest.approx(2.0)


def test_bias_is_the_difference_of_means() -> None:
    assert metrics.bias(wave(2) + 0.7, ZERO) == pytest.approx(0.7)


def test_cells_of_weight_zero_do_not_count() -> None:
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(2, 3, 32, 32))
    hole = np.zeros((3, 32, 32))
    hole[0, 4:7, 5:9] = hole[2, :, 0] = 1.0
    elsewhere = np.where(hole > 0, 1e3, v)
    before = metrics.field_metrics(v, u, 1 - hole, spacing=(0.1, 0.2))
    after = metrics.field_metrics(elsewhere, u, 1 - hole, spacing=(0.1, 0.2))
    for name, values in before.items():
        assert after[name] == pytest.approx(values, rel=1e-12), name


def test_weights_of_any_sum_and_of_the_sphere() -> None:
    """On a sphere ⟨sin²φ⟩ = 1/3; a plain mean over latitudes would give 1/2."""
    latitude = np.linspace(-89.5, 89.5, 180)
    u = np.broadcast_to(np.sin(np.radians(latitude))[:, None], (1, 180, 4))
    sphere = xr.Dataset(
        {"t": (("sample", "lat", "lon"), u, {"role": "target"})},
        coords={"lat": latitude, "lon": [0.0, 90, 180, 270]},
    )
    weights = metrics.cell_weights(sphere)
    assert metrics.rmse(u, 0 * u, weights) == pytest.approx(math.sqrt(1 / 3), rel=1e-3)
    assert metrics.rmse(u, 0 * u, 5 * weights) == pytest.approx(metrics.rmse(u, 0 * u, weights))
    dy, dx = metrics.grid_spacing(sphere)
    assert dy == pytest.approx(math.pi / 180)
    assert np.asarray(dx)[90, 0] == pytest.approx(math.pi / 2, rel=1e-3)


@pytest.mark.parametrize(("k", "band", "shells"), [(2, 0, 4), (7, 1, 8), (15, 2, 22)])
def test_a_wave_lies_in_one_band(k: int, band: int, shells: int) -> None:
    """a cos 2πkx has E(k) = a²/2; √(mean E) over the band's shells, k = 12 … 33 for the high one at 48²."""
    found = spectra.frmse(0.3 * wave(k), ZERO)
    assert found[band] == pytest.approx(0.3 / math.sqrt(2 * shells))
    assert [f[0] > 1e-12 for f in found] == [b == band for b in range(3)]


def test_waves_in_any_direction_count_by_the_full_plane() -> None:
    """Waves along y and along (3, ±4), of length 5, count as one along x does."""
    for kx, ky in ((5, 0), (0, 5), (3, 4), (3, -4)):
        assert spectra.frmse(wave(kx, ky), ZERO)[1] == pytest.approx(1 / math.sqrt(2 * 8))


def test_parseval() -> None:
    """The shells together hold the mean square of the error."""
    v = np.random.default_rng(2).normal(size=(2, 31, 18))
    low, mid, high = spectra.frmse(v, 0 * v)
    count = math.floor(math.hypot(15, 9)) - 11
    assert 4 * low**2 + 8 * mid**2 + count * high**2 == pytest.approx((v**2).mean(axis=(1, 2)))


def test_a_band_beyond_the_grid_is_undefined() -> None:
    low, mid, high = spectra.frmse(np.ones((1, 6, 6)), np.zeros((1, 6, 6)))
    assert (low[0], mid[0]) == pytest.approx((0.5, 0.0))
    assert np.isnan(high[0])


def test_spectral_distance_of_a_damped_field() -> None:
    """v = 0.1 u lowers every shell by two decades; the shape alone, whatever the phases, gives zero."""
    u = np.random.default_rng(3).normal(size=(3, 32, 32))
    for edges in ("open", "periodic"):
        assert spectra.lsd(0.1 * u, u, edges=edges) == pytest.approx(np.full(3, 2.0))
        assert spectra.lsd(u[:, ::-1], u, edges=edges) == pytest.approx(np.zeros(3), abs=1e-12)


def test_spectrum_of_cosines() -> None:
    """cos(πkx) is one mode of the DCT and cos(2πkx) two of the FFT, with mean square 1/2 both."""
    half = spectra.radial_spectrum(np.cos(np.pi * 5 * X) + 0 * Y)
    assert half[5] == pytest.approx(0.5)
    assert half.sum() == pytest.approx(0.5)
    assert spectra.radial_spectrum(wave(5)[0], edges="periodic")[5] == pytest.approx(0.5)


def test_a_ramp_has_no_seam_for_the_cosine_transform() -> None:
    """x − 1/2 = −(4/π²) Σ cos(πkx)/k² over odd k: energies 8/(π⁴k⁴)."""
    found = spectra.radial_spectrum(np.broadcast_to(X - 0.5, (N, N)))
    for k in (1, 3, 5):
        assert found[k] == pytest.approx(8 / (math.pi * k) ** 4, rel=0.03)


def test_divergence() -> None:
    """(x, −y) has none; (x, y) has 2, and ‖v‖² = 2/3."""
    x, y = np.broadcast_to(X, (N, N)), np.broadcast_to(Y, (N, N))
    assert metrics.divergence(x, -y, (1 / N, 1 / N)) == pytest.approx(0, abs=1e-12)
    assert metrics.divergence(x, y, (1 / N, 1 / N)) == pytest.approx(2 / N / math.sqrt(2 / 3), rel=1e-3)


def test_times_are_averaged_but_for_relative_l2() -> None:
    u = np.stack([wave(1), 3 * wave(1)], axis=1)
    v = u + np.array([0.1, 0.3])[None, :, None, None]
    found = metrics.field_metrics(v, u)
    assert found["rmse"] == pytest.approx(0.2)
    assert found["relative_l2"] == pytest.approx(math.sqrt((0.01 + 0.09) / (0.5 + 4.5)))


def test_datasets() -> None:
    truth = mock(poisson(), n=5)
    prediction = truth[["potential"]] + 0.5
    found = metrics.evaluate(prediction, truth, conserved=["potential"])
    assert found["rmse"].dims == ("variable", "sample")
    assert found.sel(variable="potential")["rmse"].values == pytest.approx(np.full(5, 0.5))
    assert found.sel(variable="potential")["crmse"].values == pytest.approx(np.full(5, 0.5))
    assert set(found) >= {"mae", "max", "mae_percent", "nrmse", "vrmse", "relative_l2", "h1", "brmse", "lsd"}


def test_an_exact_prediction_of_nothing_is_no_error() -> None:
    assert metrics.nrmse(ZERO, ZERO) == 0
    assert metrics.nrmse(ZERO + 1, ZERO) == np.inf


def test_divergence_of_face_velocities_with_a_streamfunction_is_round_off() -> None:
    """Random ψ on corners, u and v on faces, means over opposite faces; and not where a cell outside the domain is touched."""
    psi = np.random.default_rng(0).normal(size=(N + 1, N + 1))
    u, v = np.diff(psi, axis=0) * N, -np.diff(psi, axis=1) * N
    u, v = (u[:, 1:] + u[:, :-1]) / 2, (v[1:] + v[:-1]) / 2
    assert metrics.divergence(u, v, (1 / N, 1 / N)) < 1e-13
    u[5, 5] += 1000.0
    weights = np.ones((N, N))
    weights[5, 5] = 0.5
    assert metrics.divergence(u, v, (1 / N, 1 / N)) > 0.1
    assert metrics.divergence(u, v, (1 / N, 1 / N), weights) < 1e-13


def on_sphere(field: str, n: int) -> tuple[np.ndarray, xr.Dataset]:
    """A spherical harmonic of degree 1 or 2 at n × 2n cell centres."""
    coords = Globe().coords(n)
    phi, lam = (np.radians(c.values) for c in coords.values())
    values = {"x": np.cos(phi)[:, None] * np.cos(lam), "xz": (np.sin(phi) * np.cos(phi))[:, None] * np.cos(lam)}[field][None]
    return values, xr.Dataset({"t": (("sample", "lat", "lon"), values, {"role": "target"})}, coords)


def test_gradients_on_the_sphere() -> None:
    """‖∇Y‖² = l(l+1) ‖Y‖²: an error Y₂ against a truth Y₁ has h1 = √7/√3 for equal sizes, wherever the date line is."""
    u, data = on_sphere("x", 90)
    v, _ = on_sphere("xz", 90)
    weights, spacing = metrics.cell_weights(data), metrics.grid_spacing(data)
    error = v * math.sqrt(metrics.cell_mean(u**2, weights)[0] / metrics.cell_mean(v**2, weights)[0])
    found = metrics.h1(u + error, u, weights, spacing, "globe")
    assert found == pytest.approx(math.sqrt(7 / 3), rel=1e-3)
    shifted = (np.roll(a, 45, axis=-1) for a in (u + error, u))
    assert metrics.h1(*shifted, weights, spacing, "globe") == pytest.approx(found, rel=1e-12)


def test_a_globe_has_spectra_without_seams_and_no_boundary() -> None:
    """cos φ cos λ is the one wave (1, 1) of the closed globe, of mean square 1/4; the fields are compared at each shell."""
    u, _ = on_sphere("x", 24)
    energy = spectra.radial_spectrum(u, "globe")[0]
    assert energy[1] == pytest.approx(0.25)
    assert energy.sum() == pytest.approx(0.25)
    found = metrics.field_metrics(1.1 * u, u, np.ones((24, 48)), (0.1, 0.1), "globe")
    assert "brmse" not in found
    assert found["frmse_low"] == pytest.approx(0.1 * 0.5 / 2)
    assert found["frmse_high"] == pytest.approx(0, abs=1e-12)
    assert spectra.lsd(u[:, ::-1], u, edges="globe") == pytest.approx(0, abs=1e-6)


def test_ensembles_of_times_are_scored_time_by_time() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 5, 12, 4, 6)), rng.normal(size=(3, 12, 4, 6))
    alone = np.stack([crps(x[:, :, k], y[:, k]) for k in range(12)])
    assert each_time(crps, x, y, None) == pytest.approx(alone.mean(axis=0))
    assert each_time(crps, x[:, :, 0], y[:, 0], None) == pytest.approx(alone[0])
