"""The validation of plumes: its tables against the stored ones, its checks, and that wrong schemes fail them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import briggs
from fieldgan.solvers import flow as solver
from fieldgan.solvers.validation import VALIDATIONS, briggs_tables, plume_budget, plume_dispersion, plume_rise, plume_rising

REFERENCE = Path(__file__).parent / "reference"


def rows(name):
    lines = [line for line in (REFERENCE / f"plume_{name}.csv").read_text().splitlines() if not line.startswith("#")]
    return [tuple(row.values()) for row in csv.DictReader(lines)]


def failed(checks):
    return {(c.case, c.quantity) for c in checks if not c.passed}


@pytest.mark.parametrize(
    ("ours", "name", "named"),
    [
        (briggs_tables.RISES, "briggs_rise", 0),
        (briggs_tables.SPREADS, "briggs_sigmas", 1),
        (briggs_tables.CONCENTRATIONS, "gaussian_table", 1),
    ],
)
def test_tables_as_stored(ours, name, named):
    stored = [(*row[:named], *(float(v.replace("neutral", "0")) for v in row[named:])) for row in rows(name)]
    assert list(ours) == stored


@pytest.mark.slow
def test_all_checks_of_plumes_pass():
    checks = VALIDATIONS["plume"]()
    assert failed(checks) == set()
    assert len({c.case for c in checks}) >= 9
    assert all(c.source for c in checks)


def test_practice_passes():
    assert failed(plume_dispersion.practice()) == set()


def test_smoke_budget_passes():
    assert failed(plume_budget.smoke_budget()) == set()


def test_smoke_leaves_while_its_budget_is_followed():
    flow = plume_budget.chimney()
    window = plume_budget.follow(flow, flow.march(flow.start(1.0), plume_budget.LATER))
    emitted = plume_budget.emission() * plume_budget.STEP * plume_budget.STEPS
    assert 0.5 < window.left / emitted < 1.0


def test_gravity_rounded_fails(monkeypatch):
    monkeypatch.setattr(briggs, "GRAVITY", 9.81)
    assert failed(plume_dispersion.practice()) == {("Briggs' final rise", "largest relative deviation")}


@pytest.fixture
def altered(monkeypatch):
    """Let every flow of the validation be set up by another function."""

    def alter(make):
        for module in (plume_budget, plume_dispersion, plume_rise, plume_rising):
            monkeypatch.setattr(module, "Flow", make)

    return alter


def test_the_diffusion_of_upwind_differences_fails(altered):
    """First-order upwind differences of a scalar are central ones with the diffusivity U h/2 added; U = 1 here."""

    def upwind(shape, spacing, viscosity, *rest, scalars, **others):
        wide = [solver.Scalar(s.diffusivity + spacing[0] / 2, s.sides, s.source, s.buoyancy) for s in scalars]
        return solver.Flow(shape, spacing, viscosity, *rest, scalars=wide, **others)

    altered(upwind)
    assert ("smoke of a wide source", "growth of its variance over 2κ/u") in failed(plume_dispersion.spreading(16))
    assert plume_dispersion.line_error(12) > 0.1


def test_buoyancy_of_another_strength_fails(altered):
    def weak(*args, scalars, **others):
        half = [solver.Scalar(s.diffusivity, s.sides, s.source, s.buoyancy / 2) for s in scalars]
        return solver.Flow(*args, scalars=half, **others)

    altered(weak)
    case = "laminar plume in still air"
    assert (case, "velocity on the axis, largest deviation") in failed(plume_rising.rising(16))
    assert ("sheet of warm air in a wind", "step of the velocity over F/u²") in failed([plume_rise.along_the_wind(8)])


def test_a_mouth_that_emits_a_little_less_fails(monkeypatch):
    monkeypatch.setattr(plume_budget, "emission", lambda: plume_budget.EXIT / plume_budget.CELLS * (1 + 1e-9))
    assert ("warm smoke from a stack", "smoke in the air over smoke emitted") in failed(plume_budget.smoke_budget())


def test_profiles_of_symmetric_fields_on_their_axis():
    x = (np.arange(4) + 0.5) * 0.1
    assert plume_rising.on_axis((2 - 3 * x**2)[None]) == pytest.approx(2.0)
