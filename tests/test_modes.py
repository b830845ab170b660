"""Two outcomes of known probability: which objectives find both, and which lose one."""

import numpy as np
import pytest
from bimodal import UPRIGHT, bimodal, ensemble, recall, shares
from fieldgan.data.samples import simulate_sample
from fieldgan.data.schema import assemble
from fieldgan.surrogate.registry import train
from fieldgan.surrogate.settings import ModelSettings, Settings, TrainingSettings
from gaussian_fields import render

SCENARIO = bimodal()
STEPS = 1000


@pytest.fixture(scope="module")
def dataset():
    return assemble(SCENARIO, [simulate_sample(SCENARIO, 0, index) for index in range(160)], 0)


@pytest.fixture(scope="module")
def conditions():
    rng = np.random.default_rng(5)
    return np.stack([render(rng.uniform(-0.7, 0.7, 3), 8)["spread"] for _ in range(20)])


def found(name, dataset, conditions, folder, **training):
    """Shares of both modes among the members for unseen conditions."""
    model = ModelSettings(widths=(12, 24), critic_widths=(12, 24), padding="zeros")
    given = {"critic_weight": 0.1, "critic_start": 0.1, "ema": 0.98, "learning_rate": 2e-3, **training}
    settings = Settings(model=model, training=TrainingSettings(steps=STEPS, validate_every=100, **given))
    trained = train(name, dataset, folder, SCENARIO, settings)
    return shares(trained.fields({"spread": conditions}, members=50, seed=1)["height"], conditions)


def test_the_solver_has_both(conditions):
    members = np.stack([ensemble({"spread": s}, k, 200)["height"] for k, s in enumerate(conditions)])
    up, down = shares(members, conditions)
    assert up == pytest.approx(UPRIGHT, abs=0.02)
    assert up + down == 1
    assert recall(up, down) == 1
    assert shares(members.mean(axis=1, keepdims=True), conditions) == (0, pytest.approx(0, abs=0.2))
    assert recall(0.0, 1.0) == recall(0.1, 0.9) == 0.5


@pytest.mark.slow
def test_relativistic_with_crps_finds_both_in_their_shares(dataset, conditions, tmp_path):
    up, down = found("cgan", dataset, conditions, tmp_path, reconstruction="crps", adversarial="relativistic")
    assert recall(up, down) == 1
    assert up == pytest.approx(UPRIGHT, abs=0.15)
    assert up + down > 0.8


@pytest.mark.slow
def test_vanilla_with_l1_loses_one(dataset, conditions, tmp_path):
    up, down = found("cgan", dataset, conditions, tmp_path, reconstruction="l1", adversarial="vanilla")
    assert recall(up, down) == 0.5


@pytest.mark.slow
def test_without_noise_there_is_one_outcome(dataset, conditions, tmp_path):
    up, down = found("cgan-nonoise", dataset, conditions, tmp_path)
    assert recall(up, down) <= 0.5
