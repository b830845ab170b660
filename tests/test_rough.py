"""Rough samples: which they are, how they are solved and stored, and that a network learns the truth beside them."""

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from fieldgan import generate, open_dataset
from fieldgan.data.identity import identify
from fieldgan.data.lint import lint
from fieldgan.data.plan import plan
from fieldgan.data.samples import simulate_sample, solve_resolution
from fieldgan.data.scenario import Rough
from fieldgan.data.schema import assemble, mock
from fieldgan.data.splits import fewest, is_exact, learns_only, split_of
from fieldgan.pipelines.fields import draw as draw_conditions
from fieldgan.solvers.errors import UsageError
from fieldgan.surrogate.registry import fit_encoding, load, train
from fieldgan.surrogate.settings import ModelSettings, Settings, TrainingSettings
from fieldgan.surrogate.training_data import read_training_data
from gaussian_fields import ensemble, gaussian_fields
from poisson import poisson

EXACT = poisson()
BIAS = 0.5  # by which the rough solve is wrong


def too_large(conditions, seed):
    return {name: (1 + BIAS) * a for name, a in EXACT.simulate(conditions, seed).items()}


SCENARIO = replace(EXACT, rough=Rough(4, EXACT.stored_resolution, 3, too_large))


def test_one_of_so_many_is_exact_and_those_are_split_as_ever():
    """0.8 of a quarter, and all the others, train; 5 σ of binomial counts."""
    n = 20_000
    counts = Counter((split_of(i, 4), learns_only(i, 4)) for i in range(n))
    shares = {("train", True): 0.75, ("train", False): 0.2, ("validation", False): 0.025, ("test", False): 0.025}
    assert counts.keys() == shares.keys()
    for kind, share in shares.items():
        assert counts[kind] / n == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / n))
    assert not any(learns_only(i, 1) for i in range(100))
    assert [split_of(i, 4) for i in range(n) if not learns_only(i, 4)] == [split_of(i) for i in range(n) if not learns_only(i, 4)]
    needed = fewest({"test": 2}, 4)
    assert sum(split_of(i, 4) == "test" for i in range(needed)) == 2
    assert split_of(needed - 1, 4) == "test"


def test_a_rough_sample_is_solved_by_its_own_solver_on_its_own_grid():
    rough, exact = (next(i for i in range(20) if SCENARIO.rough.holds(i) is kind) for kind in (True, False))
    assert (solve_resolution(SCENARIO, rough), solve_resolution(SCENARIO, exact)) == (
        EXACT.stored_resolution,
        EXACT.truth_resolution,
    )
    (target,) = EXACT.targets
    for index, factor in ((rough, 1 + BIAS), (exact, 1.0)):
        found, truth = (simulate_sample(s, 3, index).fields[target.name] for s in (SCENARIO, EXACT))
        assert float(np.std(found) / np.std(truth)) == pytest.approx(factor, rel=0.05)


def test_data_sets_tell_and_lint_finds_them_sound(tmp_path):
    generate(SCENARIO, tmp_path, 16, seed=5, shard_size=8)
    dataset = open_dataset(tmp_path)
    expected = np.array([SCENARIO.rough.holds(i) for i in range(16)])
    np.testing.assert_array_equal(dataset["rough"], expected)
    resolutions = np.where(expected, EXACT.stored_resolution, EXACT.truth_resolution)
    np.testing.assert_array_equal(dataset["solve_resolution"], resolutions)
    assert set(dataset["split"].values[expected]) == {"train"}
    assert identify(SCENARIO, 16, 5, 8)["rough"] == {
        "one_in": 4,
        "exact_one_in": 3,
        "resolution": EXACT.stored_resolution,
    }
    assert all(f.passed for f in lint(tmp_path, SCENARIO))
    assert f"{expected.sum()} of the samples to learn from are rough" in (tmp_path / "data" / "DATASET.md").read_text()
    with pytest.raises(UsageError, match="another data set"):
        generate(EXACT, tmp_path, 16, seed=5, shard_size=8)


def test_a_plan_counts_rough_and_exact_samples_apart(tmp_path, monkeypatch):
    """Of 40 samples a twentieth and a third of the others take 8 s, and the others 1 s."""
    clock = iter(np.cumsum([0.0] + [x for i in (8.0, 8.0, 1.0, 1.0, 1.0) for x in (i, 0.0)]))
    monkeypatch.setattr("fieldgan.data.plan.perf_counter", lambda: next(clock))
    assert plan(SCENARIO, tmp_path, 40, 8, 1).seconds == pytest.approx(40 * (8 * (0.05 + 0.95 / 3) + 1 * 0.95 * 2 / 3))


def test_a_network_that_is_told_predicts_the_truth(tmp_path):
    """Rough solves are half as large again; what is predicted is not, though three of four samples taught it."""
    samples = [simulate_sample(SCENARIO, 0, index) for index in range(160)]
    dataset = assemble(SCENARIO, samples, 0)
    settings = Settings(
        model=ModelSettings(widths=(12, 24), lift_resolution=None),
        training=TrainingSettings(steps=500, batch=16, critic_weight=0.0, validate_every=100),
    )
    model = train("unet", dataset, tmp_path / "unet", SCENARIO, settings)
    assert model.encoding.graded
    test = dataset.isel(sample=np.flatnonzero(dataset["split"].values == "test"))
    (target,) = SCENARIO.targets
    truth = test[target.name].values
    for found in (model, load(tmp_path / "unet", SCENARIO)):
        predicted = found.predict(test)[target.name].values
        factor = float((predicted * truth).sum() / (truth**2).sum())
        assert factor == pytest.approx(1.0, abs=BIAS / 4)


def test_rough_samples_may_be_all_that_there_is_to_learn_from(tmp_path, monkeypatch):
    """Validation and test are exact, and the network is told nothing, as there is nothing to tell."""
    scenario = replace(SCENARIO, rough=replace(SCENARIO.rough, exact_one_in=0))
    dataset = mock(scenario, 160)
    np.testing.assert_array_equal(dataset["rough"].values == 1, dataset["split"].values == "train")
    data = read_training_data(dataset, scenario)
    assert data.training.rough is None
    assert not fit_encoding(data, scenario, framed=True).graded
    clock = iter(np.cumsum([0.0] + [x for i in (8.0, 8.0, 1.0, 1.0, 1.0) for x in (i, 0.0)]))
    monkeypatch.setattr("fieldgan.data.plan.perf_counter", lambda: next(clock))
    assert plan(scenario, tmp_path, 40, 8, 1).seconds == pytest.approx(40 * (8 * 0.05 + 1 * 0.95))


def test_rough_samples_may_be_drawn_otherwise_and_what_judges_never_is(tmp_path):
    """Sources ten times as strong; what is drawn again, to be checked, is drawn so too."""

    def draw(rng):
        waves = EXACT.draw(rng)
        return replace(waves, coefficients=10.0 * waves.coefficients, offset=10.0 * waves.offset)

    stronger = replace(EXACT, rough=replace(SCENARIO.rough, draw=draw))
    for index in range(20):
        found, plain = (simulate_sample(s, 3, index).fields for s in (stronger, SCENARIO))
        for name, a in found.items():
            np.testing.assert_allclose(a, (10.0 if stronger.rough.holds(index) else 1.0) * plain[name], rtol=1e-5, atol=1e-7)
    wanted = [simulate_sample(stronger, 3, index).fields["source"] for index in range(20)]
    for drawn in (mock(stronger, 20, seed=3), draw_conditions(stronger, 20, 3)):
        np.testing.assert_array_equal(drawn["source"], np.stack(wanted))
    assert identify(stronger, 20, 3, 20) != identify(SCENARIO, 20, 3, 20)
    generate(stronger, tmp_path, 20, seed=3, shard_size=20)
    assert all(f.passed for f in lint(tmp_path, stronger))
    assert not all(f.passed for f in lint(tmp_path, SCENARIO))


def test_one_of_so_many_that_train_is_exact():
    """Among those that might have validated or tested as among the others, and all that do; 5 σ of binomial counts."""
    n, rough = 20_000, Rough(4, EXACT.stored_resolution, 3)
    exact = {i for i in range(n) if not rough.holds(i)}
    for kind in (True, False):
        among = [i for i in range(n) if split_of(i, 4) == "train" and learns_only(i, 4) is kind]
        share = sum(i in exact for i in among) / len(among)
        assert share == pytest.approx(1 / 3, abs=5 * np.sqrt(2 / 9 / len(among)))
    assert {i for i in range(n) if split_of(i, 4) != "train"} <= exact
    assert rough.exact_share == pytest.approx(0.05 + 0.95 / 3)
    assert len(exact) / n == pytest.approx(rough.exact_share, abs=5 * np.sqrt(rough.exact_share / n))
    assert not any(is_exact(i, 4, 0) for i in range(100))
    assert replace(rough, exact_one_in=0).exact_share == 0.05


def test_rough_ensembles_have_a_solver_of_their_own():
    """They have twice the spread, and exact ones are as they are, whether they train or judge."""

    def wider(factor, conditions, seed, members):
        return ensemble({"spread": factor * conditions["spread"]}, seed, members)

    whole = gaussian_fields()
    rough = Rough(2, whole.truth_resolution, 2, ensemble=partial(wider, 2.0))
    kinds = {(rough.holds(i), split_of(i, 2)): i for i in range(60)}
    assert set(kinds) == {(True, "train"), (False, "train"), (False, "validation"), (False, "test")}
    for (is_rough, _), index in kinds.items():
        found, plain = (simulate_sample(replace(whole, rough=r), 0, index).fields for r in (rough, None))
        (target,) = whole.targets
        factor = 2.0 if is_rough else 1.0
        members = min(len(found[target.name]), len(plain[target.name]))
        np.testing.assert_allclose(found[target.name][:members], factor * plain[target.name][:members], rtol=1e-5)


def test_the_network_is_told_by_its_last_scalar():
    scenario = replace(gaussian_fields(), rough=Rough(2, 8, 2))
    data = read_training_data(mock(scenario, 24), scenario)
    encoding = fit_encoding(data, scenario, framed=True)
    assert encoding.scalars == sum(v.scalar for v in scenario.inputs) + 1
    told = encoding.encode(data.training.conditions, None, data.training.rough)
    np.testing.assert_array_equal(told.scalars[:, -1], data.training.rough)
    assert 0 < data.training.rough.mean() < 1
    assert not encoding.encode(data.training.conditions, None).scalars[:, -1].any()
    assert data.validation.rough is None
    assert not fit_encoding(read_training_data(mock(gaussian_fields(), 24), gaussian_fields()), None, framed=True).graded


@pytest.mark.parametrize(("name", "trained"), [("nearest", {}), ("unet-residuals", {"steps": 60, "validate_every": 30})])
def test_look_ups_keep_to_exact_samples_where_rough_ones_mislead(tmp_path, name, trained):
    """Rough outcomes of thrice the spread are not looked up; those of the same spread are, as they are many."""

    def too_wide(factor, conditions, seed, members):
        return ensemble({"spread": factor * conditions["spread"]}, seed, members)

    for factor, used in ((3.0, 0), (1.0, 1)):
        alike = Rough(2, gaussian_fields().truth_resolution, 16, ensemble=partial(too_wide, factor))
        scenario = replace(gaussian_fields(), rough=alike)
        dataset = assemble(scenario, [simulate_sample(scenario, 0, index) for index in range(160)], 0)
        settings = Settings(
            model=ModelSettings(widths=(8, 8), padding="circular"),
            training=TrainingSettings(critic_weight=0.0, reconstruction="crps", **trained),
        )
        model = train(name, dataset, tmp_path / f"{factor}", scenario, settings)
        tensors = model.regressor.tensors()
        library = tensors["targets"] if name == "nearest" else tensors["analogues:residuals"]
        training = dataset.isel(sample=np.flatnonzero(dataset["split"].values == "train"))
        exact, everything = int((training["rough"] == 0).sum()), training.sizes["sample"]
        assert len(library) == (everything if used else exact)


def test_a_users_own_variable_of_that_name_is_a_variable(tmp_path):
    dataset = mock(gaussian_fields(), 24).rename(spread="rough")
    dataset.attrs.pop("fieldgan_scenario")
    assert read_training_data(dataset, None).training.rough is None


def test_impossible_rough_samples_are_refused():
    with pytest.raises(UsageError, match="one_in of 2 or more"):
        replace(EXACT, rough=Rough(1, EXACT.stored_resolution, 2))
    with pytest.raises(UsageError, match="give simulate, not an ensemble"):
        replace(EXACT, rough=Rough(4, EXACT.stored_resolution, 2, ensemble=lambda c, seed, members: {}))
    with pytest.raises(UsageError, match=f"resolution of {EXACT.stored_resolution} to"):
        replace(EXACT, rough=Rough(4, EXACT.stored_resolution // 2, 2))
