"""The streamfunction head: exact velocities of a known flow, no divergence whatever goes in, and a generator that carries it."""

import fieldgan
import numpy as np
import pytest
import torch
from fieldgan.data.metrics import divergence
from fieldgan.surrogate.encoding import Encoding
from fieldgan.surrogate.networks import Generator
from fieldgan.surrogate.streamfunction_head import StreamfunctionHead

N = 64
CAVITY = fieldgan.scenario("cavity")
UNITS = {"u": (0.0, 0.2), "v": (0.0, 0.3), "p": (0.0, 0.1), "streamfunction": (0.0, 0.04)}


def head() -> StreamfunctionHead:
    moments = {v.name: (0.0, 1.0) for v in CAVITY.inputs}
    encoding = Encoding(CAVITY.inputs, CAVITY.targets, "", False, moments, {}, UNITS)
    made = StreamfunctionHead(4)
    made.relate(encoding, CAVITY, (N, N))
    return made


def physical(out: torch.Tensor) -> dict[str, np.ndarray]:
    return {v.name: out[:, k].double().numpy() * UNITS[v.name][1] for k, v in enumerate(CAVITY.targets)}


def test_velocities_of_a_known_streamfunction() -> None:
    """ψ = sin²(πx) sin²(πy)/π has u = sin²(πx) sin(2πy) and v = −sin(2πx) sin²(πy), to second order."""
    y, x = (a.ravel() for a in np.mgrid[0:N, 0:N].astype(np.float64))
    y, x = ((a.reshape(N, N) + 0.5) / N for a in (y, x))
    psi = np.sin(np.pi * x) ** 2 * np.sin(np.pi * y) ** 2 / np.pi
    pressure = np.cos(3 * x)
    found = physical(head()(torch.tensor(np.stack([psi / 0.04, pressure / 0.1])[None], dtype=torch.float32)))
    assert found["u"][0] == pytest.approx(np.sin(np.pi * x) ** 2 * np.sin(2 * np.pi * y), abs=0.02)
    assert found["v"][0] == pytest.approx(-np.sin(2 * np.pi * x) * np.sin(np.pi * y) ** 2, abs=0.02)
    assert found["streamfunction"][0] == pytest.approx(psi, abs=2e-3)
    assert found["p"][0] == pytest.approx(pressure, abs=1e-6)


def test_no_divergence_whatever_goes_in() -> None:
    found = physical(head()(torch.randn(3, 2, N, N, generator=torch.Generator().manual_seed(0))))
    assert divergence(found["u"], found["v"], (1 / N, 1 / N)).max() < 1e-6
    assert divergence(found["u"], -found["v"], (1 / N, 1 / N)).min() > 0.1


def test_a_generator_predicts_two_channels_less_and_keeps_its_head_with_its_weights() -> None:
    torch.manual_seed(0)
    network = Generator(2, 1, 4, (8, 8), derive=head())
    with torch.no_grad():
        network.last.weight.normal_()
        out = network(torch.randn(1, 2, N, N), torch.zeros(1, 1))
    assert out.shape == (1, 4, N, N)
    fresh = Generator(2, 1, 4, (8, 8), derive=StreamfunctionHead(4))
    fresh.load_state_dict(network.state_dict())
    assert fresh.derive.scales.tolist() == pytest.approx([0.04 / 0.2 * N, 0.04 / 0.3 * N])
    assert fresh.derive.places.tolist() == [3, 0, 1]
