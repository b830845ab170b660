"""Losses against closed forms and an independent implementation."""

import math

import numpy as np
import pytest
import scoringrules
import torch
from fieldgan.surrogate.objectives import ADVERSARIAL, RECONSTRUCTION, gradient_penalty
from torch import Tensor

ONES = torch.ones(1, 1, 1, 1)


def value(name: str, members: Tensor, truth: Tensor, weights: Tensor = ONES) -> float:
    return float(RECONSTRUCTION[name](members, truth, weights.expand(len(truth), 1, *truth.shape[2:])))


def test_distances_by_hand() -> None:
    truth = torch.zeros(2, 1, 1, 2)
    members = torch.tensor([[[[[3.0, 4.0]]], [[[0.0, 2.0]]]]])
    assert value("l1", members, truth) == pytest.approx((3.5 + 1) / 2)
    assert value("l2", members, truth) == pytest.approx((12.5 + 2) / 2)
    assert value("rms", members, truth) == pytest.approx((math.sqrt(12.5) + math.sqrt(2)) / 2)


@pytest.mark.parametrize("name", ["rms", "l1", "l2", "crps", "energy"])
def test_cells_outside_the_domain_do_not_count(name: str) -> None:
    weights = torch.tensor([1.0, 0.5, 0.0]).reshape(1, 1, 1, 3)
    members, truth = torch.randn(2, 4, 1, 1, 3), torch.randn(4, 1, 1, 3)
    hidden = members.clone()
    hidden[..., 2] += 100
    assert value(name, members, truth, weights) == pytest.approx(value(name, hidden, truth, weights), rel=1e-6)


@pytest.mark.parametrize("m", [2, 5])
def test_crps_is_the_fair_one_of_scoringrules(m: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(m, 3, 1, 4, 5)), rng.normal(size=(3, 1, 4, 5))
    expected = scoringrules.crps_ensemble(y, np.moveaxis(x, 0, -1), estimator="fair").mean()
    assert value("crps", torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("m", [2, 5])
def test_energy_score_is_the_fair_one_of_scoringrules(m: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(m, 3, 1, 4, 5)), rng.normal(size=(3, 1, 4, 5))
    flat = np.moveaxis(x, 0, 1).reshape(3, m, 20)
    expected = scoringrules.es_ensemble(y.reshape(3, 20), flat, estimator="fair").mean() / math.sqrt(20)
    assert value("energy", torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(expected, rel=1e-9)


LOG2 = math.log(2)


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        ("vanilla", 2 * LOG2, -LOG2),
        ("nonsaturating", 2 * LOG2, LOG2),
        ("lsgan", 0.5, 0.5),
        ("hinge", 2.0, 0.0),
        ("wgan-gp", 0.0, 0.0),
        ("relativistic", LOG2, LOG2),
    ],
)
def test_games_of_an_undecided_critic(name: str, critic: float, generator: float) -> None:
    zero = torch.zeros(3, 1, 2, 2)
    losses = [float(loss(zero, zero)) for loss in ADVERSARIAL[name]]
    assert losses == pytest.approx([critic, generator])


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_critic_gains_by_telling_apart_and_generator_by_fooling(name: str) -> None:
    real = torch.full((3, 1, 2, 2), 0.5)
    fake = torch.full((3, 1, 2, 2), 0.5, requires_grad=True)
    for loss, wanted in zip(ADVERSARIAL[name], (1, -1), strict=True):
        (slope,) = torch.autograd.grad(loss(real, fake), fake)
        assert (slope.sign() == wanted).all()


def test_penalty_of_a_linear_critic() -> None:
    a = torch.arange(6.0).reshape(1, 1, 2, 3)
    real, fake = torch.randn(2, 1, 2, 3), torch.randn(2, 1, 2, 3)
    mix = torch.rand(2, 1, 1, 1)

    def score(x: Tensor) -> Tensor:
        return (a * x).sum(dim=(1, 2, 3), keepdim=True)

    assert float(gradient_penalty("relativistic", score, real, fake, mix)) == pytest.approx(2 * 55)
    assert float(gradient_penalty("wgan-gp", score, real, fake, mix)) == pytest.approx((math.sqrt(55) - 1) ** 2)


def test_the_penalty_is_of_the_mean_over_patches() -> None:
    """A critic that scores 9 equal patches is as steep as one with a single score."""
    real, fake, mix = torch.randn(5, 1, 1, 55), torch.randn(5, 1, 1, 55), torch.rand(5, 1, 1, 1)

    def patches(x: Tensor) -> Tensor:
        return x.sum(dim=(1, 2, 3))[:, None, None, None].expand(-1, 1, 3, 3)

    assert float(gradient_penalty("relativistic", patches, real, fake, mix)) == pytest.approx(2 * 55)
