"""The data lint finds data that do not mean what they say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import poisson as module
import pytest
from fieldgan.data.generation import generate
from fieldgan.data.lint import Finding, lint
from fieldgan.data.scenario import Fields, Scenario, Variable
from fieldgan.solvers.errors import UsageError
from poisson import poisson


def findings(scenario: Scenario, folder: Path, checked_with: Scenario | None = None) -> list[Finding]:
    generate(scenario, folder, 12, 3)
    return lint(folder, checked_with or scenario)


def faults(found: list[Finding]) -> set[tuple[str, str]]:
    return {(f.check, f.subject) for f in found if not f.passed}


def test_sound_data_pass(tmp_path: Path) -> None:
    found = findings(replace(poisson(), boundary_error=lambda c, t: 0.0), tmp_path)
    assert faults(found) == set()
    assert {f.check for f in found} == {"residual", "boundary", "stored", "effect"}
    assert {f.subject for f in found if f.check == "residual"} == {"sample 0", "sample 6", "sample 11"}


def test_a_solver_that_misses_the_equation(tmp_path: Path) -> None:
    def wrong(conditions: Fields, seed: int) -> Fields:
        return {"potential": 1.001 * module.simulate(conditions, seed)["potential"]}

    found = [f for f in findings(poisson(simulate=wrong), tmp_path) if f.check == "residual"]
    assert [f.passed for f in found] == [False] * 3
    assert found[0].value == pytest.approx(0.001, rel=1e-6)
    assert str(found[0]) == "FAILED: residual of sample 0 is 0.001, limit 1e-06"


def test_boundary_values_that_do_not_hold(tmp_path: Path) -> None:
    found = findings(replace(poisson(), boundary_error=lambda c, t: 0.5), tmp_path)
    assert faults(found) == {("boundary", f"sample {i}") for i in (0, 6, 11)}


def test_data_of_a_solver_that_has_changed_since(tmp_path: Path) -> None:
    def before(conditions: Fields, seed: int) -> Fields:
        return {"potential": module.simulate(conditions, seed)["potential"] + 0.01}

    found = findings(poisson(simulate=before), tmp_path, poisson())
    assert faults(found) == {("stored", f"potential in sample {i}") for i in (0, 6, 11)}


def with_idle(render_idle: Callable[[float], float]) -> Scenario:
    """The scenario with one more condition, which its solver ignores."""
    idle = Variable("idle", "1", "a number without effect", scalar=True)

    def render(waves: module.Waves, resolution: int) -> Fields:
        return module.render(waves, resolution) | {"idle": np.asarray(render_idle(waves.offset))}

    return replace(poisson(render=render), inputs=(*poisson().inputs, idle))


def test_a_condition_without_effect(tmp_path: Path) -> None:
    assert faults(findings(with_idle(lambda offset: offset), tmp_path)) == {("effect", "idle")}


def test_a_constant_condition_is_reported_but_no_fault(tmp_path: Path) -> None:
    found = findings(with_idle(lambda offset: 1.0), tmp_path)
    assert faults(found) == set()
    assert [f.subject for f in found if f.check == "constant"] == ["idle"]


def test_data_of_an_unknown_scenario(tmp_path: Path) -> None:
    generate(poisson(), tmp_path, 4)
    with pytest.raises(UsageError, match="unknown scenario 'poisson'"):
        lint(tmp_path)
