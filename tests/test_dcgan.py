"""The unconditional network: its layers counted by hand, its game, and that it goes on where it stopped."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from blobs import blobs
from fieldgan.solvers.errors import IntegrityError, NumericalError, UsageError
from fieldgan.surrogate.dcgan import Discriminator, Generator
from fieldgan.surrogate.dcgan_game import Players, discriminator_phase, generator_phase, play, prepare, take_step
from fieldgan.surrogate.dcgan_settings import DCGANSettings
from fieldgan.surrogate.virtual import load_virtual, train_virtual
from fieldgan.surrogate.virtual_data import fit_scaling, read_fields

TINY = DCGANSettings(steps=6, batch=4)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def fields() -> torch.Tensor:
    data = read_fields(blobs(60), training=True)
    return torch.from_numpy(fit_scaling(data).scaled(data.values))[:, None]


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def copied(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return copy.deepcopy(network.state_dict())


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_parameters_are_those_of_the_layers() -> None:
    dense, norms = 100 * 7 * 7 * 256, 2 * (7 * 7 * 256 + 128 + 64)
    assert count(Generator()) == dense + 25 * (256 * 128 + 128 * 64 + 64 * 1) + norms == 2_305_472
    assert count(Discriminator()) == (25 * 64 + 64) + (25 * 64 * 128 + 128) + (7 * 7 * 128 + 1) == 212_865


def test_fields_grow_from_7_to_28_cells_and_shrink_again() -> None:
    generator, shapes = Generator(), []
    for layer in generator.layers:
        layer.register_forward_hook(lambda layer, given, made: shapes.append(tuple(made.shape[1:])))
    made = generator(torch.randn(3, 100))
    assert [shape for k, shape in enumerate(shapes) if k in (0, 3, 4, 7, 10)] == [
        (12544,),
        (256, 7, 7),
        (128, 7, 7),
        (64, 14, 14),
        (1, 28, 28),
    ]
    assert made.abs().max() <= 1
    assert Discriminator()(made).shape == (3, 1)


@pytest.mark.parametrize(("name", "generator"), [("vanilla", -math.log(2)), ("nonsaturating", math.log(2))])
def test_losses_of_a_discriminator_that_knows_nothing(name: str, generator: float, fields: torch.Tensor) -> None:
    settings = DCGANSettings(adversarial=name)
    players = prepare(settings, 0, CPU)
    with torch.no_grad():
        for p in players.discriminator.parameters():
            p.zero_()
    assert generator_phase(players, players.generator(torch.randn(4, 100)), settings) == pytest.approx(generator, rel=1e-6)
    assert discriminator_phase(players, fields[:4], fields[4:8], settings) == pytest.approx(2 * math.log(2), rel=1e-6)


def test_a_phase_moves_its_own_player_only(fields: torch.Tensor) -> None:
    players = prepare(TINY, 0, CPU)
    fake = players.generator(torch.randn(4, 100))
    generator, discriminator = copied(players.generator), copied(players.discriminator)
    discriminator_phase(players, fields[:4], fake.detach(), TINY)
    assert same(generator, players.generator.state_dict())
    assert not same(discriminator, players.discriminator.state_dict())
    discriminator = copied(players.discriminator)
    generator_phase(players, fake, TINY)
    assert same(discriminator, players.discriminator.state_dict())
    assert not same(generator, players.generator.state_dict())


def test_a_run_that_was_stopped_goes_on_bit_for_bit(fields: torch.Tensor) -> None:
    whole, stopped = prepare(TINY, 3, CPU), prepare(TINY, 3, CPU)
    play(whole, fields, TINY, 3, save=lambda p: None)
    for _ in range(3):
        take_step(stopped, fields, TINY, 3)
        stopped.window.append([0.0, 0.0])
        stopped.step += 1
    resumed: Players = prepare(TINY, 99, CPU)
    resumed.restore(copy.deepcopy(stopped.state()))
    torch.manual_seed(7)  # the state of the process has no part in it
    play(resumed, fields, TINY, 3, save=lambda p: None)
    assert same(whole.generator.state_dict(), resumed.generator.state_dict())
    assert same(whole.discriminator.state_dict(), resumed.discriminator.state_dict())


def test_divergence_names_step_and_remedy(fields: torch.Tensor) -> None:
    players = prepare(TINY, 0, CPU)
    with torch.no_grad():
        next(players.discriminator.parameters()).fill_(math.nan)
    with pytest.raises(NumericalError, match=r"step 0: discriminator=nan.*dcgan.learning_rate < 0.0001"):
        take_step(players, fields, TINY, 0)


def test_it_learns_where_spots_can_be(tmp_path: Path) -> None:
    """From fields without any pattern to fields near the two kinds: the distance to the nearest true one falls to a third."""
    data = blobs(60)
    untrained = train_virtual(data, tmp_path / "untrained", DCGANSettings(steps=1, batch=16))
    fast = DCGANSettings(steps=80, batch=16, learning_rate=1e-3, adversarial="nonsaturating")
    trained = train_virtual(data, tmp_path / "trained", fast)
    true = data["temperature"].values

    def away(drawn: np.ndarray) -> float:
        return float(np.median([np.sqrt(((true - field) ** 2).mean(axis=(1, 2))).min() for field in drawn]))

    assert away(trained.fields(50)) < away(untrained.fields(50)) / 3


def test_a_folder_holds_one_configuration(tmp_path: Path) -> None:
    first = train_virtual(blobs(60), tmp_path, TINY, seed=1)
    again = train_virtual(blobs(60), tmp_path, TINY, seed=1)
    assert np.array_equal(first.fields(3), again.fields(3))
    with pytest.raises(UsageError, match=r"settings\.batch=4 there, 5 now"):
        train_virtual(blobs(60), tmp_path, DCGANSettings(steps=6, batch=5), seed=1)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(IntegrityError, match="damaged"):
        load_virtual(tmp_path)


def test_the_first_fields_of_a_seed_do_not_depend_on_how_many_follow(tmp_path: Path) -> None:
    model = train_virtual(blobs(60), tmp_path, TINY)
    few, many = model.generate(3, seed=5), model.generate(70, seed=5)
    assert few["temperature"].dims == ("sample", "y", "x")
    assert few["temperature"].attrs["units"] == "K"
    assert few["y"].attrs["units"] == "m"
    np.testing.assert_allclose(few["temperature"], many["temperature"][:3], rtol=0, atol=1e-5)
    assert np.abs(few["temperature"].values - model.generate(3, seed=6)["temperature"].values).max() > 1e-4
    with pytest.raises(UsageError, match="n=0"):
        model.fields(0)
