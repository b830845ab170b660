"""Generator and critic: what holds for any weights."""

import math

import pytest
import torch
from fieldgan.surrogate.networks import Critic, Generator, Noise, convolution, convolved_apart, enlarged
from torch import Tensor


def generator(padding: str = "zeros", scalars: int = 0, noise: int = 0, upsampling: str = "nearest") -> Generator:
    """A small generator with every weight away from zero."""
    torch.manual_seed(0)
    network = Generator(3, scalars, 2, (8, 12, 16), head=6, padding=padding, noise_channels=noise, upsampling=upsampling)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return network


def fields(n: int, ny: int, nx: int) -> Tensor:
    return torch.randn(n, 3, ny, nx, generator=torch.Generator().manual_seed(1))


def test_untrained_generator_corrects_nothing() -> None:
    assert Generator(3, 0, 2, (8, 12))(fields(2, 16, 16)).abs().max() == 0


@pytest.mark.parametrize("upsampling", ["nearest", "linear"])
@pytest.mark.parametrize("shape", [(16, 16), (13, 21), (7, 40), (1, 1)])
def test_any_grid_size(shape: tuple[int, int], upsampling: str) -> None:
    assert generator(upsampling=upsampling)(fields(2, *shape)).shape == (2, 2, *shape)
    assert torch.isfinite(Critic(3, 0, 2, (8, 8))(fields(2, *shape), None, torch.zeros(2, 2, *shape))).all()


def test_a_spectral_critic_stretches_nothing() -> None:
    """Every layer has a largest singular value of one, and double slopes for the penalty."""
    torch.manual_seed(0)
    critic = Critic(3, 2, 1, (8, 12), spectral=True)
    for weight in critic.parameters():
        torch.nn.init.normal_(weight, std=3.0)
    x, scalars, targets = fields(2, 16, 16), torch.randn(2, 2), torch.randn(2, 1, 16, 16, requires_grad=True)
    for _ in range(100):  # one power iteration each
        scores = critic(x, scalars, targets)
    (slope,) = torch.autograd.grad(scores.sum(), targets, create_graph=True)
    slope.square().sum().backward()
    layers = [layer for layer in critic.modules() if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear)]
    assert len(layers) == 6
    for layer in layers:
        assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("upsampling", ["nearest", "linear"])
@pytest.mark.parametrize(("padding", "axes"), [("circular", (2, 3)), ("longitude", (3,))])
def test_periodic_padding_commutes_with_shifts(padding: str, axes: tuple[int, ...], upsampling: str) -> None:
    network, x = generator(padding, upsampling=upsampling).double(), fields(1, 32, 32).double()
    shift = [network.multiple] * len(axes)
    torch.testing.assert_close(network(x.roll(shift, axes)), network(x).roll(shift, axes), rtol=0, atol=1e-10)


def test_linear_upsampling_keeps_what_is_linear() -> None:
    """Between the middles of the outermost cells; copied cells are as near to it as half a cell allows."""
    coarse, fine = (torch.arange(n, dtype=torch.float64)[None, None, None] for n in (8, 16))
    x, wanted = (coarse + 0.5).expand(1, 1, 4, 8), ((fine + 0.5) / 2).expand(1, 1, 8, 16)
    found, turned = (enlarged(a, shape, "linear", "zeros") for a, shape in ((x, (8, 16)), (x.mT, (16, 8))))
    torch.testing.assert_close(found[..., 1:-1], wanted[..., 1:-1], rtol=0, atol=1e-12)
    torch.testing.assert_close(turned, found.mT, rtol=0, atol=1e-12)
    assert (enlarged(x, (8, 16), "nearest", "zeros") - wanted).abs().max() == 0.25


def test_linear_upsampling_goes_round_where_the_grid_does() -> None:
    """A wave is then damped by (3 cos α + cos 3α)/4 throughout, where α is its phase over a quarter of a coarse cell."""
    phase = 2 * torch.pi * (torch.arange(8, dtype=torch.float64) + 0.5) / 8
    finer = 2 * torch.pi * (torch.arange(16, dtype=torch.float64) + 0.5) / 16
    wave = torch.sin(phase).expand(1, 1, 4, 8)
    between, straight = (enlarged(wave, (8, 16), "linear", padding) for padding in ("longitude", "zeros"))
    from_pole_to_pole = (enlarged(wave.mT, (16, 8), "linear", padding) for padding in ("longitude", "zeros"))
    torch.testing.assert_close(*from_pole_to_pole, rtol=0, atol=1e-12)
    quarter = 2 * math.pi / 32
    assert (between - straight)[..., 1:-1].abs().max() < 1e-12
    assert (between - straight).abs().max() > 0.1
    amplitude = (between[0, 0, 0] * torch.exp(-1j * finer)).mean() * 2j
    assert abs(amplitude) == pytest.approx((3 * math.cos(quarter) + math.cos(3 * quarter)) / 4, rel=1e-12)


def test_the_globe_is_not_periodic_from_pole_to_pole() -> None:
    network, x = generator("longitude"), fields(1, 32, 32)
    assert not torch.allclose(network(x.roll(8, 2)), network(x).roll(8, 2), atol=1e-3)


def test_samples_do_not_see_each_other() -> None:
    network, x = generator().double(), fields(4, 16, 16).double()
    torch.testing.assert_close(network(x)[2:3], network(x[2:3]), rtol=0, atol=1e-12)


def test_scalars_and_noise_reach_the_output() -> None:
    network, x, scalars = generator(scalars=2, noise=4), fields(1, 16, 16), torch.randn(1, 2)
    noise = network.draw(1, (16, 16), torch.Generator().manual_seed(0))
    assert noise is not None
    central = network(x, scalars, noise)
    for other in (
        network(x, scalars + 1, noise),
        network(x, scalars, Noise(noise.vector + 1, noise.maps)),
        network(x, scalars, Noise(noise.vector, tuple(m + 1 for m in noise.maps))),
    ):
        assert (other - central).abs().max() > 1e-3


def test_a_perceptron_makes_scalars_steer_beyond_straight_lines() -> None:
    """Without it the scale and shift of every block are affine in the scalars."""
    torch.manual_seed(0)
    network = Generator(3, 2, 1, (8, 12), perceptron=16, noise_channels=4)
    film, seen = network.encode[0].blocks[0].film, []  # type: ignore[union-attr, index]
    film.register_forward_hook(lambda layer, told, made: seen.append(made))
    noise = network.draw(1, (16, 16), torch.Generator().manual_seed(0))
    for scalars in ([0.0, 0.0], [1.0, -1.0], [2.0, -2.0]):
        network(fields(1, 16, 16), torch.tensor([scalars]), noise)
    bend = (seen[2] - 2 * seen[1] + seen[0]).abs().max()
    assert bend > 1e-2
    assert Generator(3, 0, 1, (8, 12), perceptron=16).perceptron is None


@pytest.mark.parametrize(("levels", "vector"), [(3, True), (3, False), (2, True), (4, False)])
def test_members_of_one_condition_share_what_noise_does_not_reach(levels: int, vector: bool) -> None:
    """In any order, with double weights: as if every member had conditions of its own."""
    torch.manual_seed(0)
    sizes = {"head": 6, "noise_channels": 3, "noise_vector": vector, "perceptron": 5}
    network = Generator(3, 2, 2, (8, 12, 16, 8)[:levels], **sizes).double()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    x, scalars, of = fields(2, 19, 32).double(), torch.randn(2, 2).double(), torch.tensor([1, 0, 1, 1, 0])
    drawn = network.draw(5, (19, 32), torch.Generator().manual_seed(2))
    assert drawn is not None
    noise = Noise(drawn.vector.double(), tuple(a.double() for a in drawn.maps))
    with torch.no_grad():
        together, apart = network(x, scalars, noise, of), network(x[of], scalars[of], noise)
    torch.testing.assert_close(together, apart, rtol=1e-12, atol=1e-12)
    assert (together[0] - together[2]).abs().max() > 1e-3


def test_without_a_noise_vector_noise_is_felt_where_it_is_drawn() -> None:
    """A map of the middle level reaches two coarsest cells, of eight fine ones, and what decodes them a few more."""
    torch.manual_seed(0)
    network = Generator(3, 0, 1, (4, 4, 4), head=4, noise_channels=2, noise_vector=False).double()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    x = fields(1, 128, 128).double()
    drawn = network.draw(1, (128, 128), torch.Generator().manual_seed(0))
    assert drawn is not None
    assert drawn.vector.shape == (1, 0)
    noise = Noise(drawn.vector.double(), tuple(m.double() for m in drawn.maps))
    other = [m.clone() for m in noise.maps]
    other[0][..., 0, 0] += 1
    change = (network(x, None, Noise(noise.vector, tuple(other))) - network(x, None, noise)).abs()[0, 0]
    assert change[:8, :8].max() > 1e-6
    assert change[64:].max() == change[:, 64:].max() == 0


def test_blocks_of_the_coarsest_level_carry_news_further() -> None:
    """With each block what changes in one cell is felt two coarsest cells, of eight fine ones, further on either side."""

    def reach(deepest: int) -> int:
        torch.manual_seed(0)
        network = Generator(1, 0, 1, (4, 4, 4), head=4, deepest=deepest).double()
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.5)
        x = torch.zeros(1, 1, 8, 1024, dtype=torch.float64)
        changed = x.clone()
        changed[..., 512] = 1.0
        touched = (network(changed) - network(x)).abs().amax(dim=(0, 1, 2)) > 0
        return int(touched.nonzero().max()) - 512

    assert reach(4) - reach(1) == 3 * 2 * 8


@pytest.mark.parametrize("padding", ["zeros", "circular", "reflect", "longitude"])
def test_parts_of_a_convolution_add_up(padding: str) -> None:
    torch.manual_seed(0)
    layer, a, b = convolution(5, 4, padding), torch.randn(2, 3, 8, 12), torch.randn(2, 2, 8, 12)
    whole, parts = layer(torch.cat([a, b], 1)), convolved_apart(layer, a, b)
    torch.testing.assert_close(parts[0] + parts[1], whole, rtol=0, atol=2e-6)


def test_critic_judges_patches_under_their_conditions() -> None:
    torch.manual_seed(0)
    critic, x, u = Critic(3, 1, 2, (8, 8)), fields(1, 32, 32), torch.randn(1, 2, 32, 32)
    scores = critic(x, torch.zeros(1, 1), u)
    assert scores.shape == (1, 1, 8, 8)
    far = u.clone()
    far[..., -4:, -4:] += 1
    changed = (critic(x, torch.zeros(1, 1), far) - scores).abs()[0, 0] > 0
    assert changed[-1, -1]
    assert not changed[:4, :4].any()
    assert (critic(x + 1, torch.zeros(1, 1), u) - scores).abs().max() > 1e-4
    assert (critic(x, torch.ones(1, 1), u) - scores).abs().max() > 1e-4
