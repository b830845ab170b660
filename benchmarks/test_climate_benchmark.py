"""The climate solver and its peers under pytest-benchmark; also checks that they solve the same problem.

pytest benchmarks --benchmark-only
"""

import climate_peers as peers
import numpy as np
import pytest


@pytest.mark.parametrize("planet", [peers.earth(36), peers.column()], ids=["36x72", "90x1"])
@pytest.mark.parametrize("stepper", [peers.steps_fieldgan, peers.steps_numpy], ids=lambda s: s.__name__)
def test_steps(benchmark, stepper, planet):
    expected = peers.steps_numpy(planet, 480)()
    apart = benchmark(stepper(planet, 480)) - expected
    assert np.sqrt((apart**2).mean()) < 0.15  # what factorising by direction adds to the error in time


def test_steps_of_climlab(benchmark):
    pytest.importorskip("climlab", reason="needs pip install -e '.[bench]'")
    ours = peers.steps_fieldgan(peers.column(), 8 * 96)()
    theirs = benchmark.pedantic(peers.steps_climlab(90, 1, 8 * 90), rounds=1)
    assert abs(np.average(ours[:, 0] - theirs[:, 0], weights=np.cos(np.deg2rad(np.arange(-89, 90, 2))))) < 0.5


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("rows", [18, 36, 72])
def test_equilibrium(benchmark, rows, accelerated):
    year = benchmark(peers.equilibrium(rows, 48, 1e-2, accelerated))
    assert year.residual <= 1e-2
