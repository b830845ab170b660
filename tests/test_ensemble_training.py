"""Training on ensembles: outcomes as rows, the judge of the best model, and members of the known spread, or of none."""

import copy
import csv
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from fieldgan.data.ensemble_metrics import crps, variance_ratio
from fieldgan.data.samples import simulate_sample
from fieldgan.data.scenario import Symmetry, Variable
from fieldgan.data.schema import assemble
from fieldgan.data.storage import verify_manifest
from fieldgan.solvers.errors import UsageError
from fieldgan.surrogate.augmentation import Batch
from fieldgan.surrogate.ensembles import averaged, corrections_of_members, ensemble_scores
from fieldgan.surrogate.folder_files import history_table
from fieldgan.surrogate.game import prepare, take_step
from fieldgan.surrogate.gan import emphasised, of_mean, pose, told_mean
from fieldgan.surrogate.generators import build_generator
from fieldgan.surrogate.model_folder import JUDGE, WEIGHED, validation_of_best
from fieldgan.surrogate.objectives import RECONSTRUCTION
from fieldgan.surrogate.recipes import recipe_named
from fieldgan.surrogate.registry import fit_encoding, load, resolve, train
from fieldgan.surrogate.settings import ModelSettings, Settings, TrainingSettings
from fieldgan.surrogate.training import validate, validation_scores
from fieldgan.surrogate.training_data import Samples, read_training_data
from gaussian_fields import MEMBERS, ensemble, gaussian_fields, render

SCENARIO = gaussian_fields()
CONDITIONS = render(np.array([0.3, 0.5, -0.4]), 8)


@pytest.fixture(scope="module")
def dataset():
    samples = [simulate_sample(SCENARIO, 0, index) for index in range(160)]
    return assemble(SCENARIO, samples, 0)


def settings(steps=9, **training):
    model = ModelSettings(widths=(12, 24), critic_widths=(8, 8), padding="circular")
    given = {"reconstruction": "crps", "critic_weight": 0.1, "critic_start": 0.5, "ema": 0.98, **training}
    return Settings(model=model, training=TrainingSettings(steps=steps, validate_every=max(1, steps // 3), **given))


def members_of(model, count=400):
    return model.fields({name: a[None] for name, a in CONDITIONS.items()}, members=count, seed=1)["height"][0]


def test_a_row_of_training_is_one_outcome_with_its_conditions(dataset):
    data = read_training_data(dataset, SCENARIO)
    encoding = fit_encoding(data, SCENARIO, framed=True)
    training = pose(data, encoding, SCENARIO, TrainingSettings(device="cpu")).training
    members = MEMBERS["train"]
    assert data.training.members == members
    assert len(training) == len(data.training) * members == len(training.fields) * members
    row = training[torch.tensor([7 * members + 2])]
    own = encoding.encode({name: a[7:8] for name, a in data.training.conditions.items()}, None)
    np.testing.assert_array_equal(row.fields, own.fields)
    corrections = encoding.corrections_of({"height": data.training.targets["height"][7:8, 2]}, None, own.frame)
    np.testing.assert_array_equal(row.corrections, corrections)
    np.testing.assert_allclose(averaged(data.training).targets["height"][7], data.training.targets["height"][7].mean(axis=0))


def test_scores_of_a_generator_that_is_the_truth(dataset):
    """One that draws from the known distribution has the solver's variance, and about the least possible CRPS, σ/√π."""
    from fieldgan.surrogate.augmentation import Batch

    n = 12
    spread = np.stack([simulate_sample(SCENARIO, 0, i).fields["spread"] for i in range(n)])
    draws = lambda seed, m: np.stack([ensemble({"spread": s}, seed + i, m)["height"] for i, s in enumerate(spread)])  # noqa: E731

    class Perfect:
        drawn = 0

        def draw(self, n, shape, stream):
            return None

        def __call__(self, fields, scalars, noise):
            self.drawn += 100
            return torch.from_numpy(draws(10_000 + self.drawn, 1)).float()

    batch = Batch(torch.from_numpy(spread[:, None]), torch.zeros(n, 0), torch.zeros(n, 1, 8, 8), torch.ones(n, 1, 8, 8))
    outcomes = torch.from_numpy(draws(0, 64)[:, :, None]).float()
    scores = ensemble_scores(Perfect(), batch, outcomes)
    assert scores["variance_ratio"] == pytest.approx(1, abs=0.35)
    assert scores["validation_crps"] == pytest.approx(spread.mean() / np.sqrt(np.pi), rel=0.1)
    assert scores["z_sensitivity"] > 1


def test_history_and_best_model(dataset, tmp_path):
    model = train("cgan", dataset, tmp_path / "cgan", SCENARIO, settings())
    assert {"validation_crps", "variance_ratio", "z_sensitivity", "spread"} <= model.history[0].keys()
    assert "validation_vrmse" not in model.history[0]
    np.testing.assert_array_equal(members_of(load(tmp_path / "cgan", SCENARIO), 3), members_of(model, 3))
    assert "(crps)" in (tmp_path / "cgan" / "MODEL_CARD.md").read_text()


def test_predictions_in_bfloat16_are_the_same_but_for_its_digits(dataset, tmp_path):
    """Eight bits of a product; trained the same. Members come in float32, off by less than a hundredth of their spread."""
    plain, short = (
        train("cgan", dataset, tmp_path / p, SCENARIO, with_precision(settings(60), p)) for p in ("float32", "bfloat16")
    )
    for name, weights in plain.regressor.tensors().items():
        np.testing.assert_array_equal(short.regressor.tensors()[name], weights)
    exact, rounded = members_of(plain), members_of(short)
    assert rounded.dtype == np.float32
    apart = np.sqrt(np.mean((exact - rounded) ** 2))
    assert 0 < apart < 0.01 * exact.std(axis=0).mean()


def with_precision(given, precision):
    return given.model_copy(update={"model": given.model.model_copy(update={"precision": precision})})


def test_the_best_model_is_that_of_least_crps(dataset, tmp_path):
    """An adversary alone wanders off; what is kept is the generator of the validation that went best."""
    alone = {"reconstruction_weight": 0.0, "critic_weight": 1.0, "critic_start": 0.0, "learning_rate": 0.05}
    model = train("cgan", dataset, tmp_path, SCENARIO, settings(30, **alone))
    errors = [row["validation_crps"] for row in model.history]
    assert min(errors) < errors[-1]
    problem = pose(read_training_data(dataset, SCENARIO), model.encoding, SCENARIO, TrainingSettings(device="cpu"))
    assert validation_scores(model.regressor.generator, problem)["validation_crps"] == pytest.approx(min(errors), rel=1e-5)


def test_without_noise_members_are_equal(dataset, tmp_path):
    model = train("cgan-nonoise", dataset, tmp_path, SCENARIO, settings())
    assert np.ptp(members_of(model, 5), axis=0).max() == 0
    assert model.history[-1]["variance_ratio"] == 0


def test_dressing_has_the_residual_variance(dataset, tmp_path):
    """A regression of mean zero leaves all variance: per cell that of the validation samples, over all of them."""
    model = train("unet", dataset, tmp_path, SCENARIO, settings(20))
    found = members_of(model, 600)
    data = read_training_data(dataset, SCENARIO)
    left = data.validation.targets["height"]
    assert found.var() == pytest.approx((left**2).mean(), rel=0.15)
    neighbours = np.corrcoef((found - found.mean(axis=0))[:, 3, 3], (found - found.mean(axis=0))[:, 3, 4])[0, 1]
    assert abs(neighbours) < 0.15
    np.testing.assert_array_equal(members_of(load(tmp_path, SCENARIO), 3), members_of(model, 3))


def test_residuals_of_the_nearest_keep_how_cells_vary_together(dataset, tmp_path):
    """A regression of mean zero leaves the outcomes themselves: members of a training condition are those of its neighbours."""
    unet = train("unet", dataset, tmp_path / "unet", SCENARIO, settings(20))
    model = train("unet-residuals", dataset, tmp_path / "unet-residuals", SCENARIO, settings(20))
    assert model.costs["training_seconds"] > unet.costs["training_seconds"]
    training = read_training_data(dataset, SCENARIO).training
    own = {name: a[5:6] for name, a in training.conditions.items()}
    found = model.fields(own, members=4 * MEMBERS["train"])["height"][0]
    np.testing.assert_array_equal(model.fields(own)["height"], unet.fields(own)["height"])
    np.testing.assert_allclose(found[::4], training.targets["height"][5], atol=1e-4)
    apart = found - found.mean(axis=0)
    waves = [np.cos(2 * np.pi * k / 8) for k in (1, 2)]
    assert (apart[..., 1:] * apart[..., :-1]).mean() / apart.var() == pytest.approx(np.mean(waves), abs=0.15)
    assert np.ptp(found, axis=0).min() > 0
    again = load(tmp_path / "unet-residuals", SCENARIO)
    np.testing.assert_array_equal(again.fields(own, members=len(found))["height"][0], found)


def test_residuals_of_another_network_than_that_beside(dataset, tmp_path):
    """Without a finished network, or with one of other settings beside it, the model trains its own: the very same."""
    beside = train("unet", dataset, tmp_path / "unet", SCENARIO, settings(2))
    model = train("unet-residuals", dataset, tmp_path / "unet-residuals", SCENARIO, settings(20))
    alone = train("unet", dataset, tmp_path / "alone", SCENARIO, settings(20))
    np.testing.assert_array_equal(members_of(model, 1), members_of(alone, 1))
    assert np.abs(members_of(model, 1) - members_of(beside, 1)).max() > 0


def on_mean(steps=20, **training):
    given = settings(steps, **training)
    return given.model_copy(update={"model": given.model.model_copy(update={"residual": True})})


def test_a_generator_on_the_mean_of_the_network_beside_it_or_of_its_own(dataset, tmp_path):
    unet = train("unet", dataset, tmp_path / "run" / "unet", SCENARIO, on_mean())
    beside = train("cgan", dataset, tmp_path / "run" / "cgan", SCENARIO, on_mean())
    alone = train("cgan", dataset, tmp_path / "alone" / "cgan", SCENARIO, on_mean())
    mean = unet.regressor.mean.tensors()
    for model in (beside, alone):
        for name, weight in model.regressor.mean.tensors().items():
            np.testing.assert_array_equal(weight, mean[name])
    np.testing.assert_array_equal(members_of(beside, 4), members_of(alone, 4))
    assert beside.costs["training_seconds"] > unet.costs["training_seconds"]
    for folder in ("run", "alone"):
        np.testing.assert_array_equal(members_of(load(tmp_path / folder / "cgan", SCENARIO), 4), members_of(beside, 4))
        assert not verify_manifest(tmp_path / folder / "cgan")
    assert np.ptp(members_of(beside, 4), axis=0).min() > 0


def test_a_generator_on_the_mean_adds_what_it_makes_of_it(dataset, tmp_path):
    """Its members less the mean are those of the generator, which sees the mean as one more field and learns what it leaves."""
    model = train("cgan", dataset, tmp_path / "cgan", SCENARIO, on_mean())
    data = read_training_data(dataset, SCENARIO)
    conditions = data.validation.conditions
    encoded = model.encoding.encode(conditions, None)
    centre = model.regressor.mean(encoded, 1, 0)
    problem = pose(data, model.encoding, SCENARIO, TrainingSettings(device="cpu"), model.regressor.mean)
    np.testing.assert_array_equal(problem.validation.fields[:, -1:], centre[:, 0])
    left = corrections_of_members(data.validation, model.encoding, encoded.frame) - centre
    np.testing.assert_allclose(problem.outcomes, left, atol=1e-6)
    made = model.regressor.generator(told_mean(encoded, centre), 5, 3)
    np.testing.assert_allclose(model.regressor(encoded, 5, 3), centre + made, atol=1e-6)
    errors = [row["validation_crps"] for row in model.history]
    found = validation_scores(model.regressor.generator.generator, problem)["validation_crps"]
    assert found == pytest.approx(min(errors), rel=1e-5)


def test_a_regression_of_means_has_a_decay_of_its_own():
    """For `unet` and beneath a residual alike, so that one can be taken for the other."""
    chosen = on_mean(weight_decay=0.1, mean_decay=0.7)
    unet, cgan = (resolve(chosen, recipe_named(name), SCENARIO, False) for name in ("unet", "cgan"))
    assert (unet.training.weight_decay, cgan.training.weight_decay) == (0.7, 0.1)
    assert of_mean(cgan) == unet
    assert resolve(on_mean(weight_decay=0.1), recipe_named("unet"), SCENARIO, False).training.weight_decay == 0.1


def test_with_a_floor_the_square_of_an_error_of_a_concentration_counts_alike_wherever_it_is():
    """Of its root it does not: √c is off by δ/2√c. Air at 0.04 in the west and 0.36 in the east."""
    c = np.full((1, 1, 16, 32), 0.04, np.float32)
    c[..., 16:] = 0.36
    samples = Samples({}, {"smoke": c}, None, members=1)
    smoke = Variable("smoke", "1", "concentration", concentration=True, root=True)
    plain = Batch(torch.zeros(1, 1, 16, 32), torch.zeros(1, 0), torch.from_numpy(np.sqrt(c)), torch.ones(1, 1, 16, 32))
    chosen = emphasised(plain, samples, SimpleNamespace(targets=(smoke,)), 1e-6)

    def west_over_east(batch):
        changes = []
        for column in (8, 24):
            wrong = c.copy()
            wrong[..., 8, column] += 1e-3
            changes.append(float(RECONSTRUCTION["l2"](torch.from_numpy(np.sqrt(wrong))[None], batch.corrections, batch.weights)))
        return changes[0] / changes[1]

    assert west_over_east(plain) == pytest.approx(9, rel=0.02)
    assert west_over_east(chosen) == pytest.approx(1, rel=0.02)
    whole = SimpleNamespace(targets=(replace(smoke, root=False),))
    assert torch.equal(emphasised(plain, samples, whole, 1e-6).weights, plain.weights)


def test_the_best_step_is_chosen_by_the_cells_that_count_and_told_by_all_alike(dataset):
    """What the history says is comparable with that of networks whose cells count alike."""
    data = read_training_data(dataset, SCENARIO)
    encoding, chosen = fit_encoding(data, SCENARIO, framed=True), settings(device="cpu")
    plain = pose(data, encoding, SCENARIO, chosen.training)
    assert plain.choosing is None
    west = plain.validation.weights.clone()
    west[..., west.shape[-1] // 2 :] = 0
    weighed = replace(plain, choosing=replace(plain.validation, weights=west))
    torch.manual_seed(0)
    model = resolve(chosen, recipe_named("cgan"), SCENARIO, False).model
    game = prepare(build_generator(encoding, model, data.shape), None, chosen.training)
    game.window = [[0.0, 0.0, 0.0]]
    validate(game, weighed, chosen.training)
    there_alone = replace(plain, validation=weighed.choosing)
    everywhere, there = (validation_scores(game.averaged, p)["validation_crps"] for p in (plain, there_alone))
    assert game.history[-1]["validation_crps"] == everywhere
    assert game.best_error == there != everywhere
    assert game.history[-1][WEIGHED] == there


def test_a_model_tells_the_validation_error_of_the_step_that_it_holds():
    history = [{JUDGE: 0.5}, {JUDGE: 0.3}, {JUDGE: 0.4}]
    assert validation_of_best(history) == (JUDGE, 0.3)
    weighed = [row | {WEIGHED: error} for row, error in zip(history, (0.2, 0.3, 0.1), strict=True)]
    assert validation_of_best(weighed) == (JUDGE, 0.4)
    assert validation_of_best([]) is None
    begun_before = [history[0], *weighed[1:]]
    read_again = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(history_table(begun_before).splitlines())]
    assert validation_of_best(begun_before) == validation_of_best(read_again) == (JUDGE, 0.4)


def test_a_mean_that_was_begun_otherwise_is_refused(dataset, tmp_path):
    """Of a training that was killed before its first own checkpoint only the regression beneath is left."""
    train("cgan", dataset, tmp_path / "cgan", SCENARIO, on_mean())
    kept = tmp_path / "cgan" / "checkpoints"
    for path in [*(tmp_path / "cgan").glob("*.*"), *kept.glob("[!.]*")]:
        path.unlink()
    with pytest.raises(UsageError, match="beginning of another regression"):
        train("cgan", dataset, tmp_path / "cgan", SCENARIO, on_mean(learning_rate=1e-3))
    train("cgan", dataset, tmp_path / "cgan", SCENARIO, on_mean())


def test_a_generator_on_the_mean_refuses_symmetries(dataset, tmp_path):
    mirrored = replace(SCENARIO, symmetries=(Symmetry(), Symmetry(flip_x=True)))
    with pytest.raises(UsageError, match=r"residual=true is for problems without symmetries"):
        train("cgan", dataset, tmp_path / "cgan", mirrored, on_mean())
    assert resolve(on_mean(), recipe_named("cgan-nonoise"), mirrored, False).model.residual is False


def test_nearest_gives_the_snapshots_of_the_nearest(dataset, tmp_path):
    data = read_training_data(dataset, SCENARIO)
    model = train("nearest", dataset, tmp_path, SCENARIO, settings())
    own = {name: a[5:6] for name, a in data.training.conditions.items()}
    found = model.fields(own, members=6)["height"][0]
    np.testing.assert_allclose(found[:4], data.training.targets["height"][5], atol=1e-5)
    assert np.abs(found[4:] - found[:2]).max() > 1e-3


def test_pod_and_mean_take_ensembles(dataset, tmp_path):
    for name in ("pod", "mean"):
        model = train(name, dataset, tmp_path / name, SCENARIO, settings())
        assert np.ptp(members_of(model, 3), axis=0).max() == 0


@pytest.mark.slow
def test_crps_finds_the_spread(dataset, tmp_path):
    """Conditions that were not seen: variance within a quarter, and CRPS near its least value, which no single member reaches."""
    model = train("cgan", dataset, tmp_path / "cgan", SCENARIO, settings(500, critic_weight=0.02))
    truth = ensemble(CONDITIONS, 99, 400)["height"]
    found = members_of(model)
    ratio = float(variance_ratio(found[None], truth[None])[0])
    assert 0.75 < ratio < 1.33
    least = CONDITIONS["spread"].mean() / np.sqrt(np.pi)
    reached = np.mean([crps(found[None, :100], truth[None, k])[0] for k in range(100)])
    assert reached < 1.1 * least


def test_the_distance_is_the_mean_over_several_outcomes(dataset):
    """A step against four outcomes loses the mean of what steps against each of them lose, for the same members."""
    data = read_training_data(dataset, SCENARIO)
    chosen = settings(critic_weight=0.0)
    encoding = fit_encoding(data, SCENARIO, framed=True)
    problem = pose(data, encoding, SCENARIO, TrainingSettings(device="cpu"))
    torch.manual_seed(0)
    generator = build_generator(encoding, resolve(chosen, recipe_named("cgan"), SCENARIO, globe=False).model, data.shape)

    def loss(training, truths):
        given = chosen.training.model_copy(update={"truths": truths})
        start = prepare(copy.deepcopy(generator), None, given)
        return take_step(start, replace(problem, training=training), given, seed=0)["reconstruction"]

    def turned(k):
        rows = problem.training.sibling(torch.arange(len(problem.training)), k)
        return replace(problem.training, corrections=problem.training.corrections[rows])

    alone = [loss(turned(k), 1) for k in range(4)]
    assert np.std(alone) > 1e-3
    assert loss(problem.training, 4) == pytest.approx(np.mean(alone), rel=1e-5)
