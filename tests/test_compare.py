"""A whole comparison on a planted clock: methods of known error and time give numbers worked out by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import fieldgan
import numpy as np
import pytest
import xarray as xr
from fieldgan.data.storage import write_manifest
from fieldgan.pipelines.adversary import adversary_line, effect
from fieldgan.pipelines.caveats import idle_critics
from fieldgan.pipelines.compare import evaluate, generation_seconds
from fieldgan.pipelines.ladder import rungs
from fieldgan.pipelines.problems import stored_problems
from fieldgan.pipelines.record import finite, summary
from fieldgan.pipelines.report_tables import part_rows
from fieldgan.pipelines.scoring import sample_scores, score_all
from fieldgan.pipelines.subject import half_trained
from fieldgan.solvers.errors import NumericalError, UsageError
from screened_poisson import CLOCK, QUICK, SCENARIO, SURROGATES, Fields, compared, dataset, reported, simulate

KEYS = {"schema", "scenario", "machine", "test_samples", "truth", "methods", "adversary"}
SPEEDUP_KEYS = {
    "naive",
    "equal_error",
    "equal_error_ci95",
    "bound",
    "error_ratio_equal_time",
    "break_even_solves",
    "verdict",
}


def entries() -> dict[str, Any]:
    return {method["name"]: method for method in compared().record["methods"]}


def test_metrics_json_has_the_keys_of_the_interface_and_no_nan() -> None:
    folder = reported()
    record = json.loads((folder / "metrics.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert record["schema"] == "fieldgan-comparison/1"
    assert record.keys() >= KEYS
    assert record["machine"].keys() >= {"cpu", "cores", "threads", "memory", "gpu", "versions"}
    assert record["truth"].keys() >= {"resolution", "estimated_vrmse"}
    for method in record["methods"]:
        assert method.keys() >= {"name", "kind", "seconds_per_sample", "first_call_seconds", "metrics"}
        assert method["metrics"]["overall"]["vrmse"].keys() == {"mean", "median", "p90", "worst", "ci95"}
        assert ("speedup" in method) == (method["kind"] != "solver")
    assert entries()["cgan"]["speedup"].keys() >= SPEEDUP_KEYS
    assert entries()["cgan"]["speedup_batch_32"].keys() >= SPEEDUP_KEYS


def test_planted_errors_come_out() -> None:
    """The planted noise is independent of the solver's own error, so their squares add."""
    own = entries()["solver@32"]["metrics"]["overall"]["vrmse"]["mean"]
    for name, planted in (("cgan", 0.030), ("unet", 0.025), ("mean", 1.0)):
        measured = entries()[name]["metrics"]["overall"]["vrmse"]["mean"]
        assert measured == pytest.approx(math.hypot(own, planted), rel=0.02)


def test_planted_times_come_out() -> None:
    for name, seconds in (("solver@8", 64e-6), ("solver@64", 4096e-6), ("cgan", 1e-4), ("unet", 1.0)):
        method = entries()[name]
        assert method["seconds_per_sample"]["batch_1"]["median"] == pytest.approx(seconds)
        assert method["seconds_per_sample"]["batch_32"]["median"] == pytest.approx(seconds)
        assert method["first_call_seconds"] == pytest.approx(seconds)


def test_speedups_follow_from_planted_errors_and_times() -> None:
    """The solver takes N² µs; between 12² and 16², straight in the logarithms."""
    numbers, e = entries()["cgan"]["speedup"], entries()["cgan"]["metrics"]["overall"]["vrmse"]["mean"]
    coarse, fine = (entries()[f"solver@{n}"]["metrics"]["overall"]["vrmse"]["mean"] for n in (12, 16))
    assert fine < e < coarse
    share = math.log(e / fine) / math.log(coarse / fine)
    seconds = 1e-6 * 16 ** (2 * (1 - share)) * 12 ** (2 * share)
    assert numbers["equal_error"] == pytest.approx(seconds / 1e-4)
    assert numbers["naive"] == pytest.approx(128**2 * 1e-6 / 1e-4)
    assert numbers["verdict"] == "win"
    learning = dataset()["split"].values != "test"
    generation = float(dataset()["solve_seconds"].values[learning].sum())
    assert numbers["break_even_solves"] == pytest.approx((generation + 60) / (seconds - 1e-4))


def test_generation_counts_all_work_on_the_shards_that_surrogates_learn_from(tmp_path: Path) -> None:
    """Of 80 s of shards, of which solving is a small part, the share of the solves of samples that are not for testing."""
    write_manifest(tmp_path / "data", {}, {"seconds": 80.0})
    seconds, learning = dataset()["solve_seconds"].values, dataset()["split"].values != "test"
    solving = seconds[learning].sum()
    assert generation_seconds(dataset(), tmp_path) == pytest.approx(80 * solving / seconds.sum())
    assert generation_seconds(dataset(), tmp_path / "foreign") == pytest.approx(solving)
    assert math.isnan(generation_seconds(dataset().drop_vars("solve_seconds")))


def test_batches_say_how_many_samples_they_had() -> None:
    assert {m["seconds_per_sample"]["batch_32"]["samples"] for m in entries().values()} == {32}


def test_conserved_targets_get_the_error_of_their_integral() -> None:
    """A surrogate that adds c_i everywhere misses the mean by c_i: crmse is the root of the mean of c_i²."""
    temperature = replace(SCENARIO.targets[0], conserved=True)
    problems = replace(compared().problems, scenario=replace(SCENARIO, targets=(temperature,)))
    offsets = np.linspace(-1, 3, problems.count)
    predicted = {"temperature": problems.truth["temperature"] + offsets[:, None, None]}
    missed = sample_scores(predicted, problems)["temperature"]["crmse"]
    assert missed == pytest.approx(np.abs(offsets))
    numbers = summary("crmse", missed, 2000)
    assert numbers["mean"] == pytest.approx(math.sqrt(np.mean(offsets**2)))
    low, high = numbers["ci95"]
    sigma = np.std(offsets**2) / math.sqrt(problems.count) / (2 * numbers["mean"])  # of a root, to first order
    assert low < numbers["mean"] < high
    assert high - low == pytest.approx(2 * 1.96 * sigma, rel=0.15)
    assert numbers["worst"] == pytest.approx(3)
    assert "crmse" not in compared().scores["cgan"]["temperature"]


def test_half_trained_models_are_named(tmp_path: Path) -> None:
    for name in ("cgan", "unet"):
        (tmp_path / "models" / name / "checkpoints").mkdir(parents=True)
    write_manifest(tmp_path / "models" / "unet", {}, {})
    assert half_trained(tmp_path) == ("cgan",)
    problems, quiet = compared().problems, lambda done, total, note: None
    record = evaluate(problems, {"mean": SURROGATES["mean"]}, 0.0, QUICK, quiet, CLOCK, ("cgan",)).record
    assert any(line.startswith("cgan is left out: its training is not finished") for line in record["warnings"])


def test_slow_surrogates_lose_and_never_pay() -> None:
    assert entries()["unet"]["speedup"]["verdict"] == "loss"
    assert entries()["unet"]["speedup"]["break_even_solves"] is None


def test_a_fast_but_useless_baseline_does_not_win() -> None:
    numbers = entries()["mean"]["speedup"]
    assert (numbers["bound"], numbers["verdict"]) == ("upper", "tie")
    assert entries()["mean"]["kind"] == "baseline"


def test_adversary_line_is_paired() -> None:
    line = compared().record["adversary"]
    assert line.keys() == {"vrmse", "lsd", "crps", "energy_distance"}
    low, high = line["vrmse"]["ci95_of_difference"]
    assert 0 < low <= line["vrmse"]["with"] - line["vrmse"]["without"] <= high
    assert line["crps"]["with"] == pytest.approx(entries()["cgan"]["metrics"]["temperature"]["mae"]["mean"])
    twice = 2 * entries()["cgan"]["metrics"]["temperature"]["rmse"]["mean"]
    assert line["energy_distance"]["with"] == pytest.approx(twice)


@pytest.mark.parametrize(
    ("with_critic", "interval", "expected"),
    [
        (0.068200007, [5e-9, 9e-9], "no difference shown"),  # beyond doubt, and nothing
        (0.0690, [0.0004, 0.0012], "worse"),
        (0.0674, [-0.0012, -0.0004], "better"),
        (0.0690, [-0.0004, 0.0020], "no difference shown"),
    ],
)
def test_critic_has_an_effect_that_is_certain_and_material(with_critic: float, interval: list[float], expected: str) -> None:
    assert effect({"with": with_critic, "without": 0.0682, "ci95_of_difference": interval}) == expected


def test_no_adversary_line_without_both() -> None:
    assert adversary_line({"cgan": compared().scores["cgan"]}, 300) is None


def test_metrics_nc_holds_every_sample() -> None:
    comparison, folder = compared(), reported()
    with xr.open_dataset(folder / "metrics.nc") as stored:
        errors = stored["overall_vrmse"].sel(name="cgan").values
        assert errors == pytest.approx(comparison.errors("cgan"))
        assert stored["seconds_batch_1"].sel(name="solver@16").values == pytest.approx(256e-6)
        units = {stored[f"temperature_{metric}"].units for metric in ("rmse", "max", "brmse", "frmse_low", "crps")}
        assert units == {"K"}
        assert {stored[f"temperature_{metric}"].units for metric in ("vrmse", "h1", "lsd")} == {"1"}
        assert stored["temperature_mae_percent"].units == "percent"
        assert (stored["sample"].values == comparison.problems.indices).all()


def test_warnings_name_few_samples_and_blurred_errors() -> None:
    few = fieldgan.compare(
        scenario=replace(SCENARIO, ladder=(8, 12, 16, 32, 64, 96)),
        dataset=dataset(),
        surrogates=SURROGATES,
        settings=QUICK.model_copy(update={"samples": 5}),
        clock=CLOCK,
    )
    assert any(line.startswith("Only 5 test samples") for line in few["warnings"])
    assert any("solver@96" in line and "error of the truth" in line for line in few["warnings"])


def test_a_solver_that_gives_up_is_left_out_and_named() -> None:
    def fragile(conditions: Fields, seed: int) -> Fields:
        if len(conditions["source"]) == 12:
            raise NumericalError("not converged after 50 iterations")
        return simulate(conditions, seed)

    schemes = {"steady": fragile}
    record = fieldgan.compare(
        scenario=replace(SCENARIO, schemes=schemes),
        dataset=dataset(),
        surrogates=SURROGATES,
        settings=QUICK,
        clock=CLOCK,
    )
    assert "solver@12" not in {method["name"] for method in record["methods"]}
    assert any("solver@12 is left out: not converged" in line for line in record["warnings"])


def test_what_cannot_be_scored_is_named_and_the_rest_is_scored_together_as_alone() -> None:
    """Of five rungs, which three threads score three at a time, the second has a residual that fails and the last fails."""

    def marked(conditions: Fields, seed: int) -> Fields:
        if len(conditions["source"]) == SCENARIO.ladder[-1]:
            raise NumericalError("not converged")
        wrong = 1e9 if len(conditions["source"]) == SCENARIO.ladder[1] else 0.0
        return {name: a + wrong for name, a in simulate(conditions, seed).items()}

    def residual(conditions: Fields, targets: Fields) -> float:
        if targets["temperature"].max() > 1e8:
            raise NumericalError("no residual of that")
        return 0.0

    scenario = replace(SCENARIO, schemes={"steady": marked}, residual=residual)
    problems = stored_problems(dataset(), scenario, 6)
    together, alone = (score_all(rungs(scenario), problems, threads, lambda *_: None, CLOCK) for threads in (3, 1))
    assert dict(together.failed) == {"solver@12": "no residual of that", "solver@64": "not converged"}
    assert list(together.methods) == list(alone.methods) == ["solver@8", "solver@16", "solver@32"]
    for label, scores in together.scores.items():
        np.testing.assert_array_equal(scores["overall"]["vrmse"], alone.scores[label]["overall"]["vrmse"])


def test_data_without_a_scenario_are_refused_in_one_line() -> None:
    plain = dataset().copy()
    del plain.attrs["fieldgan_scenario"]
    with pytest.raises(UsageError, match="no scenario"):
        fieldgan.compare("nowhere", dataset=plain, surrogates=SURROGATES)
    with pytest.raises(UsageError, match="name a run folder"):
        fieldgan.compare(dataset=plain, surrogates=SURROGATES)


def test_nothing_trained_is_refused() -> None:
    with pytest.raises(UsageError, match="fieldgan train"):
        fieldgan.compare("nowhere", scenario=SCENARIO, dataset=dataset(), surrogates={})


def test_finite_keeps_numbers_and_drops_what_json_lacks() -> None:
    assert finite({"a": [1.0, float("nan")], "b": (float("inf"), "x", None, True)}) == {
        "a": [1.0, None],
        "b": [None, "x", None, True],
    }


def test_summaries_of_planted_samples() -> None:
    errors = compared().errors("cgan")
    summary = entries()["cgan"]["metrics"]["overall"]["vrmse"]
    assert summary["worst"] == max(errors)
    assert summary["median"] == pytest.approx(np.sort(errors)[11:13].mean())
    assert summary["ci95"][0] < summary["mean"] < summary["ci95"][1]


def two_targets() -> tuple[Any, dict[str, Any]]:
    """The problems with a second target that is zero in one sample, and a prediction of which the first is 1 % too large."""
    first = SCENARIO.targets[0]
    second = replace(first, name="energy", vanishes=True)
    problems = compared().problems
    truth = problems.truth["temperature"]
    energy = truth - truth.mean(axis=(1, 2), keepdims=True)
    energy[0] = 0.0
    scenario = replace(
        SCENARIO,
        targets=(first, second),
        velocity=("temperature", "energy"),
        quantities=lambda conditions, targets: {"total": float(targets["temperature"].sum())},
    )
    problems = replace(problems, scenario=scenario, truth={"temperature": truth, "energy": energy})
    return problems, {"temperature": 1.01 * truth, "energy": energy + 1.0}


def test_a_target_that_vanishes_has_metrics_but_no_part_in_the_overall_error() -> None:
    problems, predicted = two_targets()
    scores = sample_scores(predicted, problems)
    assert scores["energy"]["vrmse"][0] > 1000
    assert scores["energy"]["rmse"] == pytest.approx(np.ones(problems.count))
    assert scores["overall"]["vrmse"] == pytest.approx(scores["temperature"]["vrmse"])
    line = adversary_line({"cgan": scores, "unet": scores}, 200)
    assert line is not None
    assert line["vrmse"]["with"] == pytest.approx(scores["temperature"]["vrmse"].mean())


def test_asked_quantities_are_compared_with_those_of_the_truth() -> None:
    problems, predicted = two_targets()
    assert sample_scores(predicted, problems)["total"]["relative_error"] == pytest.approx(np.full(problems.count, 0.01))


def test_velocities_get_a_divergence() -> None:
    problems, predicted = two_targets()
    scores = sample_scores(predicted, problems)
    assert scores["temperature"]["divergence"] is scores["energy"]["divergence"]
    assert scores["temperature"]["divergence"].shape == (problems.count,)


def test_schemes_and_targets_stand_alone_beside_the_headline() -> None:
    """Of two schemes, one a thousand times slower, the headline sees the fast one; alone, each is its own rival."""
    both = replace(SCENARIO, schemes={"fast": simulate, "slow": lambda c, s: slowed(c)}, ladder=(8, 16))
    record = evaluate(replace(compared().problems, scenario=both), SURROGATES, 1.0, QUICK, lambda *_: None, CLOCK).record
    numbers = next(m for m in record["methods"] if m["name"] == "cgan")["speedup"]
    fast, slow = (numbers["by_scheme"][name]["equal_error"] for name in ("fast", "slow"))
    assert numbers["equal_error"] == pytest.approx(fast, rel=0.01)
    assert slow > 100 * fast
    assert "by_target" not in numbers
    assert [row["name"] for row in part_rows(next(m for m in record["methods"] if m["name"] == "cgan"))] == [
        "against fast alone",
        "against slow alone",
    ]


def slowed(conditions: Fields) -> Fields:
    """A second and more for what takes microseconds."""
    CLOCK.advance(1.0)
    return simulate(conditions, 0)


def test_a_critic_that_is_no_better_than_a_coin_is_named() -> None:
    """Relativistic losses are ln 2 = 0.6931 where truth and prediction score alike; a generator without a critic has zeros."""
    idle, working, none = ((0.6934, 0.6928), (0.7166, 0.6767), (0.0, 0.0))
    curves = {
        name: {"adversarial": np.array([0.0, losses[0]]), "critic": np.array([0.0, losses[1]])}
        for name, losses in (("cgan", idle), ("other", working), ("unet", none))
    }
    assert idle_critics(curves) == ["cgan"]
