"""The training loop: what a step does, what it draws, and that it learns."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from fieldgan.solvers.errors import NumericalError, UsageError
from fieldgan.surrogate.augmentation import Batch
from fieldgan.surrogate.game import Game, Problem, critic_rate, device_of, prepare, rate, take_step, train_critic
from fieldgan.surrogate.gan import build_generator, pose
from fieldgan.surrogate.networks import Critic, Generator
from fieldgan.surrogate.order import draw_batch
from fieldgan.surrogate.registry import fit_encoding
from fieldgan.surrogate.settings import ModelSettings, TrainingSettings
from fieldgan.surrogate.training import play, validation_error
from fieldgan.surrogate.training_data import TrainingData, read_training_data, with_lift
from surrogate_fixtures import dataset, screened_plate
from torch import Tensor

SCENARIO = screened_plate(16)
MODEL = ModelSettings(widths=(8, 16), head=6, lift_resolution=8)
SETTINGS = TrainingSettings(steps=30, batch=8, warmup=3, validate_every=10, checkpoint_every=30)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return with_lift(read_training_data(dataset(SCENARIO, 60), SCENARIO), SCENARIO, 8)


@pytest.fixture(scope="module")
def problem(data: TrainingData) -> Problem:
    return pose(data, fit_encoding(data, SCENARIO, framed=True), SCENARIO, TrainingSettings(device="cpu"))


def game(data: TrainingData, settings: TrainingSettings, noise: int = 0) -> Game:
    """Players of fixed initial weights."""
    encoding = fit_encoding(data, SCENARIO, framed=True)
    torch.manual_seed(0)
    generator = build_generator(encoding, MODEL.model_copy(update={"noise_channels": noise}), data.shape)
    sizes = (encoding.channels, encoding.scalars, len(encoding.targets))
    critic = Critic(*sizes, (8, 8)) if settings.critic_weight else None
    return prepare(generator, critic, settings)


def trained(data: TrainingData, problem: Problem, settings: TrainingSettings) -> Game:
    """A game played to its end."""
    players = game(data, settings)
    play(players, problem, settings, seed=0, save=lambda g: None)
    return players


def weights(players: Game) -> Tensor:
    return torch.cat([w.detach().flatten() for w in players.generator.parameters()])


def test_a_generator_is_built_as_settings_say(data: TrainingData) -> None:
    encoding = fit_encoding(data, SCENARIO, framed=True)
    for upsampling in ("nearest", "linear"):
        built = build_generator(encoding, MODEL.model_copy(update={"upsampling": upsampling}), data.shape)
        assert isinstance(built, Generator)
        assert built.upsampling == upsampling


def test_the_network_corrects_its_lift(data: TrainingData, problem: Problem) -> None:
    untrained = validation_error(game(data, SETTINGS).generator, problem)
    longer = SETTINGS.model_copy(update={"steps": 200, "validate_every": 50, "critic_weight": 0.0})
    players = trained(data, problem, longer)
    assert players.best_error < 0.6 * untrained
    assert players.best_error == min(row["validation_vrmse"] for row in players.history)
    assert [row["step"] for row in players.history] == [50, 100, 150, 200]


def test_validation_error_of_the_untrained_is_the_vrmse_of_the_lift(data: TrainingData, problem: Problem) -> None:
    truth, guess = data.validation.targets["temperature"], data.validation.lift["temperature"]
    error = np.sqrt(((guess - truth) ** 2).mean(axis=(1, 2)) / (truth.var(axis=(1, 2)) + 1e-7)).mean()
    assert validation_error(game(data, SETTINGS).generator, problem) == pytest.approx(error, rel=1e-5)


def test_the_critic_changes_nothing_before_it_joins(data: TrainingData, problem: Problem) -> None:
    late = SETTINGS.model_copy(update={"critic_weight": 0.5, "critic_start": 0.5})
    without = late.model_copy(update={"critic_weight": 0.0})
    one, other = game(data, late), game(data, without)
    for step in range(16):
        for players, settings in ((one, late), (other, without)):
            take_step(players, problem, settings, seed=0)
            players.step += 1
        assert torch.equal(weights(one), weights(other)) == (step < 15)


@pytest.mark.parametrize("name", ["vanilla", "nonsaturating", "lsgan", "hinge", "wgan-gp", "relativistic"])
def test_every_game_moves_both_players(data: TrainingData, problem: Problem, name: str) -> None:
    settings = SETTINGS.model_copy(update={"adversarial": name, "critic_weight": 1.0, "critic_start": 0.0})
    players = game(data, settings)
    assert players.critic is not None
    before = [w.clone() for w in players.critic.parameters()]
    losses = take_step(players, problem, settings, seed=0)
    assert all(math.isfinite(value) for value in losses.values())
    assert any((a != b).any() for a, b in zip(before, players.critic.parameters(), strict=True))


def test_a_critic_learns_to_tell_lifts_from_solutions(data: TrainingData, problem: Problem) -> None:
    settings = SETTINGS.model_copy(
        update={"critic_weight": 1e-9, "critic_start": 0.0, "learning_rate": 1e-9, "critic_rate": 3e-3}
    )
    players = game(data, settings)
    losses = []
    for _ in range(60):
        losses.append(take_step(players, problem, settings.model_copy(update={"steps": 1000}), seed=0)["critic"])
        players.step += 1
    assert losses[0] == pytest.approx(math.log(2), abs=0.1)
    assert np.mean(losses[-5:]) < 0.5 * math.log(2)


def test_the_adversary_alone(data: TrainingData, problem: Problem) -> None:
    """Without weight the distance is recorded, but moves nothing: nothing at all before the critic joins."""
    alone = {"reconstruction_weight": 0.0, "critic_weight": 1.0, "critic_start": 0.1, "weight_decay": 0.0}
    settings = SETTINGS.model_copy(update=alone)
    players = game(data, settings)
    start, losses = weights(players), []
    for step in range(5):
        losses.append(take_step(players, problem, settings, seed=0))
        players.step += 1
        assert torch.equal(weights(players), start) == (step < 3)
    assert all(row["reconstruction"] > 0 for row in losses)


def test_two_members_learn_to_differ(data: TrainingData, problem: Problem) -> None:
    """One condition, two outcomes: the fair CRPS is least where members spread as the outcomes do."""
    settings = SETTINGS.model_copy(update={"reconstruction": "crps", "critic_weight": 0.0, "steps": 150, "learning_rate": 5e-3})
    same = problem.training[torch.zeros(32, dtype=torch.long)]
    sign = torch.tensor([1.0, -1.0]).repeat(16).reshape(32, 1, 1, 1)
    coin = replace(problem, training=replace(same, corrections=sign.expand(same.corrections.shape)), mirrors=problem.mirrors[:1])
    players = game(data, settings, noise=4)
    for _ in range(150):
        take_step(players, coin, settings, seed=0)
        players.step += 1
    noise = players.generator.draw(64, (16, 16), torch.Generator().manual_seed(0))
    spread = players.generator(same.fields[:1].expand(64, -1, -1, -1), same.scalars[:1].expand(64, -1), noise).std(dim=0).mean()
    assert 0.6 < float(spread.detach()) < 1.2


def test_a_step_in_channels_last_is_the_plain_step(data: TrainingData, problem: Problem) -> None:
    """Fused AdamW pairs gradients with weights by memory order, whatever their strides say."""
    settings = SETTINGS.model_copy(update={"critic_weight": 1.0, "penalty_every": 2})
    players, other = game(data, settings), game(data, settings)
    assert players.critic is not None
    assert other.critic is not None
    plain = other.critic.to(memory_format=torch.contiguous_format)
    optimiser = torch.optim.AdamW(plain.parameters(), settings.critic_rate, (0.0, 0.99), weight_decay=0, fused=False)
    for step in (1, 3):
        batch = draw_batch(problem.training, problem.mirrors, settings.batch, 0, step)
        fake = torch.zeros_like(batch.corrections)
        real, score = (plain(batch.fields.contiguous(), batch.scalars, u) for u in (batch.corrections, fake))
        optimiser.zero_grad()
        torch.nn.functional.softplus(score - real).mean().backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), settings.clip)
        optimiser.step()
        players.step = step
        train_critic(players, batch, fake, settings, seed=0)
    for a, b in zip(players.critic.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=2e-5)


def test_a_training_in_bfloat16_ends_where_one_in_float32_does(data: TrainingData, problem: Problem) -> None:
    """Eight bits of a product, weights in 24: steps are others, and the error after fifty of them the same within its chance."""
    chosen = {"steps": 50, "validate_every": 50, "critic_weight": 0.0}
    plain, short = (
        trained(data, problem, SETTINGS.model_copy(update={**chosen, "precision": p})) for p in ("float32", "bfloat16")
    )
    assert not torch.equal(weights(plain), weights(short))
    assert all(w.dtype == torch.float32 for w in short.generator.parameters())
    assert short.best_error == pytest.approx(plain.best_error, rel=0.1)


@pytest.mark.parametrize("units", [True, False])
def test_auto_is_bfloat16_where_there_are_units_for_it(
    data: TrainingData, problem: Problem, units: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldgan.surrogate.precision.has_bfloat16", lambda device: units)
    after = {}
    for precision in ("auto", "float32", "bfloat16"):
        players = game(data, SETTINGS)
        take_step(players, problem, SETTINGS.model_copy(update={"precision": precision}), seed=0)
        after[precision] = weights(players)
    assert not torch.equal(after["float32"], after["bfloat16"])
    assert torch.equal(after["auto"], after["bfloat16" if units else "float32"])


def test_every_sample_comes_once_per_epoch(problem: Problem) -> None:
    n = len(problem.training)
    marked = replace(problem.training, scalars=torch.arange(n, dtype=torch.float32)[:, None])
    rows = torch.cat([draw_batch(marked, problem.mirrors[:1], 7, 3, step).scalars for step in range(n)]).flatten()
    epochs = rows.reshape(7, n).long()
    assert all(sorted(epoch.tolist()) == list(range(n)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_further_outcomes_are_those_of_the_same_conditions(problem: Problem) -> None:
    """Four outcomes of each condition, in turn; after all four the first again."""
    n, outcomes = len(problem.training) // 4, 4
    conditions = torch.arange(n, dtype=torch.float32)[:, None]
    numbered = torch.arange(n * outcomes, dtype=torch.float32)[:, None, None, None]
    fields, weights = problem.training.fields[:n], problem.training.weights[:n]
    training = Batch(fields, conditions, numbered, weights, outcomes)
    batches = [draw_batch(training, problem.mirrors[:1], 9, 1, 2, further) for further in range(5)]
    rows = torch.stack([b.corrections.flatten() for b in batches])
    assert all(torch.equal(b.scalars, batches[0].scalars) for b in batches)
    torch.testing.assert_close(rows[0] // outcomes, batches[0].scalars.flatten())
    torch.testing.assert_close(rows % outcomes, (rows[0] % outcomes + torch.arange(5.0)[:, None]) % outcomes)
    assert torch.equal(rows[4], rows[0])


def test_a_batch_may_exceed_the_data(problem: Problem) -> None:
    few = problem.training[slice(0, 3)]
    assert len(draw_batch(few, problem.mirrors, 16, 0, 5)) == 16


def test_rates_warm_up_and_fall_to_zero() -> None:
    settings = TrainingSettings(steps=1000, warmup=100, learning_rate=1e-2)
    rates = [rate(step, settings) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-2 / 101)
    assert max(rates) < 1e-2
    assert rates[500] == pytest.approx(5e-3)
    assert rates[1000] == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(rates[100:]) < 0)


def test_a_critic_that_joins_late_learns_at_its_full_rate() -> None:
    settings = TrainingSettings(steps=1000, warmup=100, critic_start=0.8, critic_rate=1e-3)
    assert critic_rate(799, settings) == 0
    assert critic_rate(800, settings) == pytest.approx(1e-3 / 101)
    assert all(critic_rate(step, settings) == 1e-3 for step in (900, 999))


def test_divergence_names_step_and_remedy(data: TrainingData, problem: Problem) -> None:
    poisoned = problem.training.corrections.clone()
    poisoned[:, 0, 0, 0] = math.nan
    bad = replace(problem, training=replace(problem.training, corrections=poisoned))
    with pytest.raises(NumericalError, match=r"diverged at step 0: reconstruction=nan; use a training.learning_rate < 0.004"):
        play(game(data, SETTINGS), bad, SETTINGS, seed=0, save=lambda g: None)


def test_progress_counts_steps(data: TrainingData, problem: Problem) -> None:
    seen: list[tuple[int, int]] = []

    def progress(step: int, steps: int, losses: Mapping[str, float]) -> None:
        assert losses["reconstruction"] > 0
        seen.append((step, steps))

    short = SETTINGS.model_copy(update={"steps": 3})
    play(game(data, short), problem, short, seed=0, save=lambda g: None, progress=progress)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_devices() -> None:
    assert device_of("cpu").type == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="device cuda:7 is not available here; use auto"):
            device_of("cuda:7")
