"""The validation of flow: its constants against the stored tables, its checks, and that wrong schemes fail them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import flow as solver
from fieldgan.solvers.validation import VALIDATIONS, flow_cavity, flow_cylinder, flow_exact, flow_heated, flow_shear, ghia
from fieldgan.solvers.validation.staggered import across, extrema

REFERENCE = Path(__file__).parent / "reference"


def rows(name):
    lines = [line for line in (REFERENCE / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def failed(checks):
    return {(c.case, c.quantity) for c in checks if not c.passed}


@pytest.mark.parametrize(("name", "place", "column"), [("u", "y", ghia.u_on_the_vertical), ("v", "x", ghia.v_on_the_horizontal)])
def test_ghias_tables_as_printed(name, place, column):
    suspect = {(r["Re"], r["coord"]) for r in rows("ghia_suspect_entries.csv") if r["table"] == name and "MASK" in r["comment"]}
    for reynolds in ghia.REYNOLDS:
        printed = [
            r for r in rows(f"cavity_ghia_{name}.csv") if 0 < float(r[place]) < 1 and (str(reynolds), r[place]) not in suspect
        ]
        places, values = column(reynolds)
        np.testing.assert_array_equal(places, [float(r[place]) for r in printed])
        np.testing.assert_array_equal(values, [float(r[f"Re{reynolds}"]) for r in printed])


def test_landmarks_of_the_cavity_as_published():
    published = {(r["source"][:5], int(r["Re"])): r for r in rows("cavity_vortex_and_extrema.csv")}
    for reynolds, centre in flow_cavity.CENTRES.items():
        row = published["Ghia1", reynolds]
        assert centre == tuple(float(row[k]) for k in ("psi_min", "xc", "yc"))
    for (author, reynolds), names in ((("March", 100), ()), (("Botel", 1000), ("psi_min",))):
        row = published[author, reynolds]
        assert flow_cavity.FINER[reynolds][0] == tuple(float(row[k]) for k in ("u_min", "v_max", "v_min", *names))


def test_cylinder_and_heated_cavity_as_published():
    cylinder = json.loads((REFERENCE / "cylinder_schaefer_turek_2d1.json").read_text())["2D-1"]
    assert cylinder["Um"] == flow_cylinder.FASTEST
    assert cylinder["spectral_Nabh1998"]["cD"] == flow_cylinder.DRAG
    assert cylinder["spectral_Nabh1998"]["dP"] == flow_cylinder.PRESSURE_DIFFERENCE
    heated = json.loads((REFERENCE / "natural_convection_cavity.json").read_text())
    for name, rayleigh in (("1e3", 1e3), ("1e4", 1e4)):
        ours = flow_heated.PUBLISHED[rayleigh]
        assert ours[:3] == tuple(heated[name][k] for k in ("Nu_avg", "u_max", "v_max"))


def test_energy_and_enstrophy_of_the_shear_layer_as_published():
    published = json.loads((REFERENCE / "shear_layer_thick.json").read_text())
    first = flow_shear.layered(512)[1]
    assert flow_shear.energy(first) == pytest.approx(published["KE0"], rel=1e-3)
    assert flow_shear.enstrophy(first) == pytest.approx(published["Z0"], rel=5e-3)


def test_extrema_between_the_points():
    n = 64
    profile = across(np.sin(3 * np.pi * (np.arange(n) + 0.5) / n), 0.0, 0.0)
    assert extrema(profile) == pytest.approx((-1.0, 1.0), abs=1e-5)


def test_exact_flows_pass():
    assert failed(flow_exact.exact_flows()) == set()


def test_cavities_pass():
    assert failed(flow_cavity.cavities()) == set()


@pytest.fixture
def altered(monkeypatch):
    """Let every flow of the validation be set up by another function."""

    def alter(make):
        for module in (flow_exact, flow_cavity, flow_cylinder, flow_heated, flow_shear):
            monkeypatch.setattr(module, "Flow", make)

    return alter


def upwind(shape, spacing, viscosity, *rest, **others):
    """First-order upwind differences are central ones with the viscosity U h/2 added; U = 1 here."""
    return solver.Flow(shape, spacing, viscosity + spacing[0] / 2, *rest, **others)


upwind.order = 2


def test_the_viscosity_of_upwind_differences_fails(altered):
    altered(upwind)
    cases = {case for case, _ in failed([*flow_exact.exact_flows(), *flow_cavity.cavities(), *flow_shear.shear_layer(64)])}
    assert {"Taylor-Green in a uniform flow", "Kovasznay, Re 40", "Lamb-Oseen vortex", "thick double shear layer"} <= cases
    assert {f"lid-driven cavity, Re {reynolds}" for reynolds in ghia.REYNOLDS} <= cases


def test_walls_half_a_cell_away_fail(altered):
    def wide(shape, spacing, *rest, **others):
        return solver.Flow(shape, (spacing[0] * (1 + 1 / shape[0]), spacing[1]), *rest, **others)

    altered(wide)
    cases = {case for case, _ in failed(flow_exact.exact_flows())}
    assert {"Poiseuille flow from rest, t = 0.1", "Couette flow from rest, t = 0.1"} <= cases


def test_a_first_order_scheme_in_time_fails(altered):
    class Late(solver.Flow):
        def advance(self, state, dt, steps):
            return super().advance(state, dt, steps + 1)

    altered(Late)
    assert ("Taylor-Green in a uniform flow", "order in time") in failed(flow_exact.taylor_green_in_time())


@pytest.mark.slow
def test_all_checks_of_flow_pass():
    checks = VALIDATIONS["flow"]()
    assert failed(checks) == set()
    assert len({c.case for c in checks}) >= 13
    assert all(c.source for c in checks)
