"""The ladder: each rung solves the problem on its own grid, and the truth's error is that of its order."""

from dataclasses import replace

import numpy as np
import pytest
from fieldgan.pipelines.ladder import estimate_truth, rungs, solver_of_truth
from fieldgan.pipelines.methods import Method, lifted
from fieldgan.pipelines.problems import stored_problems
from fieldgan.pipelines.scoring import Scored, without_beaten
from fieldgan.solvers.errors import IntegrityError, UsageError
from gaussian_fields import gaussian_fields
from screened_poisson import QUICK, SCENARIO, STORED, compared, dataset, render, simulate


def test_rungs_are_named_by_resolution_and_scheme() -> None:
    assert [m.label for m in rungs(SCENARIO)] == [f"solver@{r}" for r in SCENARIO.ladder]
    both = replace(SCENARIO, schemes={"fast": simulate, "slow": simulate}, ladder=(8, 16))
    assert [m.label for m in rungs(both)] == [f"solver@{r} {s}" for s in ("fast", "slow") for r in (8, 16)]
    short = replace(both, ladders={"slow": (8,)})
    assert [m.label for m in rungs(short)] == ["solver@8 fast", "solver@16 fast", "solver@8 slow"]


def test_ensembles_have_smaller_ones_on_every_grid_and_on_that_of_the_truth() -> None:
    scenario = gaussian_fields(16)
    whole = rungs(scenario, 12)
    assert [m.label for m in whole] == ["solver@4", "solver@8", "solver@16", "solver@32"]
    assert [p.label for p in whole[-1].parts] == ["solver@32 2 members", "solver@32 4 members", "solver@32 8 members"]
    conditions = scenario.render(np.zeros(3), 32)
    few, many = whole[-1].parts[1].predict(conditions)["height"], whole[-1].predict(conditions)["height"]
    assert (few.shape, many.shape) == ((4, 16, 16), (12, 16, 16))
    np.testing.assert_array_equal(few, many[:4])
    both = replace(scenario, hasty=scenario.ensemble, ladders={"": (16,), "hasty": (4, 8)})
    assert [m.label for m in rungs(both, 2)] == ["solver@16", "solver@32", "solver@4 hasty", "solver@8 hasty"]


def test_no_clock_for_smaller_ensembles_that_others_beat() -> None:
    """On the finer grid only the one that is more exact than two members, and than its four, on the coarser one."""
    errors = {"solver@8": 1.0, "solver@8 2 members": 1.5, "solver@8 4 members": 1.25}
    errors |= {"solver@16": 0.99, "solver@16 2 members": 1.495, "solver@16 4 members": 1.1}
    methods = {m.label: m for w in rungs(replace(gaussian_fields(), ladder=(8, 16)), 6) for m in (w, *w.parts)}
    scores = {label: {"overall": {"crps_ensemble": np.array([error])}} for label, error in errors.items()}
    scored = Scored(methods, scores, {}, dict.fromkeys(errors, 0.0), {}, {})
    kept = without_beaten(scored)
    assert set(kept.methods) == set(kept.scores) == set(kept.first_calls) == errors.keys() - {"solver@16 2 members"}
    seconds = {"solver@8": 1.0, "solver@8 2 members": 0.4, "solver@16": 6.0, "solver@16 4 members": 1.4}
    timed = without_beaten(replace(scored, roughly=seconds))
    assert set(timed.methods) == set(kept.methods)  # 1.4 s may well be no dearer than 1 s
    dearer = without_beaten(replace(scored, roughly={**seconds, "solver@16 4 members": 1.5}))
    assert set(dearer.methods) == errors.keys() - {"solver@16 2 members", "solver@16 4 members"}
    assert set(dearer.roughly) == {"solver@8", "solver@8 2 members", "solver@16"}


@pytest.mark.parametrize("resolution", [8, 24, 32, 64])
def test_a_rung_ends_on_the_stored_grid_and_keeps_the_mean(resolution: int) -> None:
    """∫u = ∫q for insulated sides, on every grid."""
    problems = stored_problems(dataset(), SCENARIO, 2)
    conditions = problems.rendered(0, resolution)
    rung = next(m for m in rungs(replace(SCENARIO, ladder=(resolution,))))
    solved = rung.predict(conditions)["temperature"]
    assert solved.shape == (STORED, STORED)
    assert solved.mean() == pytest.approx(conditions["source"].mean(), rel=3e-2)


def test_errors_fall_with_the_second_order() -> None:
    comparison = compared()
    coarse, fine = (comparison.errors(f"solver@{r}").mean() for r in (8, 16))
    assert 1.7 < np.log2(coarse / fine) < 2.6


def test_error_of_the_truth_is_that_of_a_second_order_scheme() -> None:
    """With e ~ h², the distance 128 → 256 is a quarter of the distance 64 → 128, on the same samples."""
    problems = stored_problems(dataset(), SCENARIO, 3)
    truth = estimate_truth(problems, 3)
    comparison = compared()
    assert truth.samples == 3
    assert truth.estimated_vrmse == pytest.approx(comparison.errors("solver@64")[:3].mean() / 4, rel=0.1)


def test_solver_of_truth_gives_the_stored_truth() -> None:
    problems = stored_problems(dataset(), SCENARIO, 2)
    solved = solver_of_truth(SCENARIO).predict(problems.rendered(1, SCENARIO.truth_resolution))
    assert solved["temperature"] == pytest.approx(problems.truth["temperature"][1], abs=1e-6)


def test_the_lift_is_the_solver_on_averaged_conditions() -> None:
    problems = stored_problems(dataset(), SCENARIO, 2)
    method: Method = lifted(SCENARIO, 16)
    conditions = {name: a[0] for name, a in problems.conditions.items()}
    averaged = conditions["source"].reshape(16, 2, 16, 2).mean(axis=(1, 3))
    expected = SCENARIO.transfer(simulate({"source": averaged}), {}, (STORED, STORED))
    assert method.name == "lift@16"
    assert method.predict(conditions)["temperature"] == pytest.approx(expected["temperature"])


def test_a_scenario_that_draws_other_problems_is_refused() -> None:
    other = replace(SCENARIO, render=lambda sources, resolution: {"source": 1.1 * render(sources, resolution)["source"]})
    with pytest.raises(IntegrityError, match="source"):
        stored_problems(dataset(), other, QUICK.samples)


def test_too_few_test_samples_are_refused() -> None:
    rows = np.flatnonzero(dataset()["split"].values == "test")[:1]
    with pytest.raises(UsageError, match="1 test sample"):
        stored_problems(dataset().isel(sample=rows), SCENARIO, 10)
