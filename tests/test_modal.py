"""The modal generator: what its modes hold, what it learns, and the laws that it keeps."""

import numpy as np
import pytest
import torch
from fieldgan.surrogate.modal import ModalGenerator
from fieldgan.surrogate.networks import Noise

RNG = np.random.default_rng(0)
WAVES = np.stack([np.outer(np.sin((j + 1) * np.arange(8)), np.cos((j + 2) * np.arange(12))) for j in range(5)])


def samples(n: int, rank: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Conditions (n, 1, 8, 12) and corrections (n, 2, 8, 12) that depend on `rank` numbers linearly."""
    a = RNG.normal(size=(n, rank))
    fields = np.einsum("nr,ryx->nyx", a, WAVES[:rank])[:, None]
    corrections = np.stack([fields[:, 0] * 3 + 1, -fields[:, 0, ::-1]], axis=1)
    return fields.astype(np.float32), corrections.astype(np.float32)


def generator(modes: int = 5, noise: int = 0) -> ModalGenerator:
    torch.manual_seed(0)
    return ModalGenerator(1, 0, (2, 8, 12), components=5, modes=modes, hidden=32, layers=1, noise_channels=noise)


def test_outputs_lie_in_the_span_of_the_training_samples() -> None:
    """Whatever its weights: so a linear law that all samples keep, here second channel = −(first − 1)/3 upside down, is kept."""
    fields, corrections = samples(40)
    network = generator()
    network.fit(fields, corrections)
    with torch.no_grad():
        for weight in network.leave.parameters():
            weight.normal_()
        out = network(torch.randn(7, 1, 8, 12)).numpy()
    assert out.std() > 0.1
    assert out[:, 1] == pytest.approx(-(out[:, 0, ::-1] - 1) / 3, abs=1e-5)


def test_it_learns_a_linear_map_that_its_modes_hold() -> None:
    fields, corrections = samples(200)
    network = generator()
    network.fit(fields, corrections)
    x, y = torch.from_numpy(fields), torch.from_numpy(corrections)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(300):
        loss = (network(x) - y).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    new_fields, new = samples(50)
    with torch.no_grad():
        error = (network(torch.from_numpy(new_fields)) - torch.from_numpy(new)).square().mean()
    assert float(error) < 0.01 * new.var()


def test_fewer_samples_than_modes_leave_the_other_modes_empty() -> None:
    network = generator(modes=20)
    network.fit(*samples(4))
    assert torch.count_nonzero(network.corrections_basis.abs().sum(dim=1)) == 3


def test_noise_makes_members_differ_and_its_absence_does_not() -> None:
    fields, corrections = samples(30)
    noisy, plain = generator(noise=3), generator()
    stream = torch.Generator().manual_seed(0)
    for network in (noisy, plain):
        network.fit(fields, corrections)
    x = torch.from_numpy(fields[:2])
    with torch.no_grad():
        first, second = (noisy(x, None, noisy.draw(2, (8, 12), stream)) for _ in range(2))
    assert (first - second).abs().max() > 1e-3
    assert plain.draw(2, (8, 12), stream) is None


def test_members_of_one_condition_share_its_components() -> None:
    network = generator(noise=3).double()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    x, of = torch.randn(2, 1, 8, 12).double(), torch.tensor([1, 0, 1])
    noise = Noise(torch.randn(3, 3).double(), ())
    with torch.no_grad():
        torch.testing.assert_close(network(x, None, noise, of), network(x[of], None, noise), rtol=1e-12, atol=1e-12)
