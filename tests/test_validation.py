"""The validation of heat: its series against the stored tables, its checks, and that wrong schemes fail them."""

from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import discretise, exact_heat, implicit
from fieldgan.solvers.validation import VALIDATIONS
from fieldgan.solvers.validation.checks import check

REFERENCE = Path(__file__).parent / "reference"


def table(name):
    lines = (REFERENCE / f"heat_{name}.csv").read_text().splitlines()
    assert lines[0].startswith("# exact series")
    rows = [line for line in lines[2:] if not line.startswith(("max", "mean"))]
    return np.array([[float(v) for v in row.split(",")] for row in rows]).T


def test_series_of_the_plate_with_one_hot_side():
    x, y, t = table("plate_one_hot_side")
    np.testing.assert_allclose(exact_heat.plate_one_hot_side(x, y), t, atol=1e-8)


def test_series_of_the_heated_square():
    x, y, t = table("source_square")
    np.testing.assert_allclose(exact_heat.source_square(x, y), t, atol=1e-8)


def test_two_layer_slab():
    for k1, k2, a, x, t, flux in table("two_layer").T:
        exact, exact_flux = exact_heat.two_layer_slab(x, k1, k2, a)
        assert exact == pytest.approx(t, abs=1e-8)
        assert exact_flux == pytest.approx(flux, abs=1e-7)


def test_series_of_the_biot_slab():
    for biot, _, _, time, x, theta in table("biot_slab").T:
        assert exact_heat.biot_slab(x, time, biot) == pytest.approx(theta, abs=1e-7)


def test_spreading_gaussian():
    t, r, value = table("gaussian")
    np.testing.assert_allclose([exact_heat.spreading_gaussian(*p, 0.05, 0.01) for p in zip(r, t, strict=True)], value, atol=1e-8)


def test_manufactured_solution():
    x, y, k, t, f = table("mms_variable_kappa")
    exact = exact_heat.manufactured(x, y)
    np.testing.assert_allclose(exact.conductivity, k, atol=1e-7)
    np.testing.assert_allclose(exact.temperature, t, atol=1e-7)
    np.testing.assert_allclose(exact.source, f, atol=1e-6)


def failures():
    return {c.case for c in VALIDATIONS["heat"]() if not c.passed}


def test_all_checks_of_heat_pass():
    checks = VALIDATIONS["heat"]()
    assert [c for c in checks if not c.passed] == []
    assert len({c.case for c in checks}) >= 10
    assert all(c.source for c in checks)


@pytest.fixture
def assembled_wrongly(monkeypatch):
    """Let the stencil be changed after its assembly."""

    def change(mutate):
        right = discretise.assemble

        def wrong(arena, k, *rest):
            stencil = right(arena, k, *rest)
            mutate(stencil, k)
            return stencil

        monkeypatch.setattr(discretise, "assemble", wrong)

    return change


def test_arithmetic_faces_fail(assembled_wrongly):
    def arithmetic(stencil, k):
        stencil.west[1:-1, 2:-1] = (k[:, 1:] + k[:, :-1]) / 2
        stencil.south[2:-1, 1:-1] = (k[1:] + k[:-1]) / 2

    assembled_wrongly(arithmetic)
    assert any("two-layer slab" in case for case in failures())


def test_walls_a_whole_cell_away_fail(assembled_wrongly):
    def first_order_walls(stencil, k):
        stencil.sink[:] /= 2
        stencil.supply[:] = np.where(stencil.sink > 0, stencil.supply / 2, stencil.supply)

    assembled_wrongly(first_order_walls)
    assert {"plate with one hot side", "source in a square", "manufactured, variable conductivity"} <= failures()


def test_a_first_order_scheme_in_time_fails(monkeypatch):
    def backward_euler(arena, stencil, t, inertia, steps, tolerance):
        from fieldgan.solvers.conjugate_gradient import load_residual, workspace
        from fieldgan.solvers.scaled import scale

        sink = stencil.sink.copy()
        sink[1:-1, 1:-1] += inertia * implicit.GAMMA * stencil.body
        scaled = scale(arena, stencil.west, stencil.south, sink, stencil.periodic_x, stencil.periodic_y)
        work = workspace(arena, *stencil.body.shape)
        for _ in range(steps):
            load_residual(stencil, t, scaled.root, work)
            implicit.pcg(scaled, work, tolerance, 100, False)
            t += scaled.root * work.x
        return steps

    monkeypatch.setattr(implicit, "_march", backward_euler)
    failed = failures()
    assert "decaying mode, held sides, implicit" in failed
    assert "Biot slab, Bi = 1, Fo = 0.2" in failed


def test_a_check_passes_within_its_tolerance_only():
    assert check("case", "quantity", 1.05, 1.0, 0.06, "source").passed
    assert not check("case", "quantity", 1.07, 1.0, 0.06, "source").passed
    assert not check("case", "quantity", float("nan"), 1.0, 0.06, "source").passed
