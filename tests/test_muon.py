"""Muon: steps of equal size in every direction, whatever the shape and memory order of a weight."""

import pytest
import torch
from fieldgan.surrogate.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(6, 6), (4, 30), (30, 4), (1, 9)])
def test_directions_are_those_of_the_singular_value_decomposition(shape: tuple[int, int]) -> None:
    a = torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    u, _, v = torch.linalg.svd(a, full_matrices=False)
    inner = u.T @ orthogonalise(a) @ v.T
    off_diagonal = inner - torch.diag(inner.diagonal())
    assert off_diagonal.abs().max() < 1e-10
    assert (inner.diagonal() > 0.6).all()
    assert (inner.diagonal() < 1.3).all()


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_size_of_gradients_does_not_matter(scale: float) -> None:
    weights = [torch.nn.Parameter(torch.zeros(4, 3, 3, 3)) for _ in range(2)]
    gradient = torch.randn(4, 3, 3, 3)
    for weight, factor in zip(weights, (1.0, scale), strict=True):
        weight.grad = gradient * factor
        Muon([weight], 0.1).step()
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)


def test_memory_order_does_not_matter() -> None:
    start, gradient = torch.randn(4, 3, 3, 3), torch.randn(4, 3, 3, 3)
    plain = torch.nn.Parameter(start.clone())
    last = torch.nn.Parameter(start.clone(memory_format=torch.preserve_format).contiguous(memory_format=torch.channels_last))
    plain.grad, last.grad = gradient, gradient.contiguous(memory_format=torch.channels_last)
    for weight in (plain, last):
        optimiser = Muon([weight], 0.1, weight_decay=0.1)
        optimiser.step()
        optimiser.step()
    torch.testing.assert_close(plain, last)


def test_an_ill_conditioned_fit_converges_in_all_directions() -> None:
    """Least squares with singular values from 1 to 0.03: gradient descent needs thousands of steps."""
    generator = torch.Generator().manual_seed(0)
    q = torch.linalg.qr(torch.randn(8, 8, generator=generator))[0]
    design = q * torch.logspace(0, -1.5, 8)
    wanted = torch.randn(8, 5, generator=generator)
    weight, bias = torch.nn.Parameter(torch.zeros(8, 5)), torch.nn.Parameter(torch.zeros(5))
    optimiser = Muon([weight, bias], 0.1)
    for step in range(400):
        optimiser.param_groups[0]["lr"] = 0.1 * (1 - step / 400)
        optimiser.zero_grad()
        ((design @ (weight - wanted)).square().sum() + (bias - 1).square().sum()).backward()
        optimiser.step()
    assert (weight - wanted).abs().max() < 0.05
    assert (bias - 1).abs().max() < 0.05
