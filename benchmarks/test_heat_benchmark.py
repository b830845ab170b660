"""The heat solver and its peers under pytest-benchmark; also checks that all of them solve the same problem.

pytest benchmarks --benchmark-only
"""

import numpy as np
import pytest

peers = pytest.importorskip("heat_peers", reason="needs pyamg and py-pde: pip install -e '.[bench]'", exc_type=ImportError)

STEADY = [peers.steady_fieldgan, peers.steady_splu, peers.steady_pyamg]
STEPS = [peers.step_fieldgan, peers.step_c, peers.step_c_means, peers.step_scipy, peers.step_numpy]


@pytest.mark.parametrize("plate", [peers.lognormal, peers.inclusions])
@pytest.mark.parametrize("n", [64, 128])
@pytest.mark.parametrize("solver", STEADY, ids=lambda s: s.__name__)
def test_steady(benchmark, solver, n, plate):
    heat = plate(n)
    truth = peers.exact(heat)
    np.testing.assert_allclose(benchmark(solver(heat)), truth, atol=1e-8 * np.abs(truth).max())


@pytest.mark.parametrize("n", [64, 256])
@pytest.mark.parametrize("stepper", STEPS, ids=lambda s: s.__name__)
def test_explicit_step(benchmark, stepper, n):
    heat = peers.insulated(n)
    dt = 0.9 * heat.stable_dt()
    expected = peers.step_numpy(heat, dt, 20)()
    np.testing.assert_allclose(benchmark(stepper(heat, dt, 20)), expected, atol=1e-12)
