"""Heat in time: the stable step, extrema, long steps, precision, threads, rollout."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fieldgan.solvers.boundary import Dirichlet, Periodic, Robin, Sides
from fieldgan.solvers.errors import UnstableStep, UsageError
from fieldgan.solvers.heat import Heat
from fieldgan.solvers.implicit import Implicit
from fieldgan.solvers.rollout import rollout

RNG = np.random.default_rng(2)
COOLED = Sides(Dirichlet(0.0), Robin(2.0, 1.0))


def plate(n=24, sides=COOLED, **more):
    return Heat(np.exp(np.random.default_rng(n).standard_normal((n, n))), (1 / n, 1 / n), sides, **more)


def test_stable_step_of_a_uniform_body_is_the_diffusion_limit():
    torus = Sides(Periodic(), Periodic(), Periodic(), Periodic())
    assert Heat(np.full((8, 8), 2.0), (0.1, 0.1), torus).stable_dt() == pytest.approx(0.1**2 / (4 * 2.0))
    assert Heat(np.full((8, 8), 2.0), (0.1, 0.2), torus).stable_dt() == pytest.approx(1 / (2 * 2.0 * (100 + 25)))


def test_a_step_beyond_the_limit_is_refused_with_the_limit():
    body = Heat(np.ones((8, 8)), (0.1, 0.1))
    with pytest.raises(UnstableStep, match=r"dt=0.01 s exceeds the diffusion limit 0.0025 s; use dt <= 0.0025"):
        body.step(np.zeros((8, 8)), 0.01)


def test_twice_the_limit_would_blow_up_and_the_limit_does_not():
    """The limit is sharp up to the factor two of Gershgorin's bound: a checkerboard grows beyond it."""
    body = Heat(np.ones((16, 16)), (1.0, 1.0), Sides(Periodic(), Periodic(), Periodic(), Periodic()))
    board = (-1.0) ** (np.arange(16) + np.arange(16)[:, None])
    at_limit = body.advance(board, body.stable_dt(), 50)
    assert np.abs(at_limit).max() <= 1
    gain = (body.step(board, body.stable_dt()) / board)[0, 0]
    assert gain == pytest.approx(-1.0)  # beyond it, abs(gain) > 1


def test_explicit_steps_make_no_new_extrema():
    body = plate(sides=Sides(Dirichlet(0.2), Robin(3.0, 0.9)))
    start = RNG.random((24, 24))
    for state in rollout(body, start, [0.001, 0.01, 0.1]):
        assert min(0.2, start.min()) <= state.min()
        assert state.max() <= max(0.9, start.max())


@pytest.mark.parametrize("scheme", [lambda b: b, Implicit], ids=["explicit", "implicit"])
def test_long_rollouts_reach_the_steady_state(scheme):
    hole = np.zeros((24, 24), bool)
    hole[5:9, 10:15] = True
    body = plate(source=3.0, hole=hole, hole_temperature=np.where(np.arange(24) < 12, 4.0, np.nan) * np.ones((24, 1)))
    end = rollout(scheme(body), np.zeros((24, 24)), [30.0], dt=0.5)[-1]
    np.testing.assert_allclose(end, body.steady(1e-12).temperature, atol=1e-6)


def test_implicit_steps_damp_the_stiffest_modes():
    """L-stable: after one step of a thousand diffusion times noise is gone; a merely A-stable scheme keeps its size."""
    body = Heat(np.ones((32, 32)), (1 / 32, 1 / 32), Sides(Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0)))
    noise = RNG.standard_normal((32, 32))
    assert np.abs(Implicit(body).step(noise, 1000.0)).max() < 1e-3


@pytest.mark.parametrize("scheme", [lambda b: b, Implicit], ids=["explicit", "implicit"])
def test_single_precision_states_stay_so_and_agree(scheme):
    body, start = plate(), RNG.random((24, 24))
    double = rollout(scheme(body), start, [0.01], dt=1e-3)[-1]
    single = rollout(scheme(body), start.astype(np.float32), [0.01], dt=1e-3)[-1]
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    np.testing.assert_allclose(single, double, atol=2e-6)


@pytest.mark.parametrize("scheme", [lambda b: b, Implicit], ids=["explicit", "implicit"])
def test_threads_may_share_a_stepper(scheme):
    stepper = scheme(plate(40))
    starts = RNG.random((8, 40, 40))
    alone = [rollout(stepper, s, [0.01], dt=1e-3)[-1] for s in starts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda s: rollout(stepper, s, [0.01], dt=1e-3)[-1], starts))
    np.testing.assert_array_equal(alone, together)


class Counter:
    """A stepper that counts: its state is the number of steps and the time."""

    def stable_dt(self):
        return 0.3

    def advance(self, state, dt, steps):
        assert dt <= 0.3 + 1e-12
        return state + np.array([steps, steps * dt])


def test_rollout_meets_the_times_with_steps_no_longer_than_allowed():
    states = rollout(Counter(), np.zeros(2), [0.0, 0.3, 1.0, 1.0])
    np.testing.assert_allclose(states, [[0, 0], [1, 0.3], [4, 1.0], [4, 1.0]])
    np.testing.assert_allclose(rollout(Counter(), np.zeros(2), [0.3], dt=0.1), [[3, 0.3]])


@pytest.mark.parametrize(("times", "dt"), [([0.2, 0.1], 1.0), ([-1.0], 1.0), ([np.nan], 1.0), ([np.inf], 1.0), ([1.0], 0.0)])
def test_rollout_refuses_impossible_times(times, dt):
    with pytest.raises(UsageError, match=r"use (increasing times|a positive step)"):
        rollout(Counter(), np.zeros(2), times, dt)


@pytest.mark.parametrize("scheme", [lambda b: b, Implicit], ids=["explicit", "implicit"])
def test_steppers_refuse_what_is_no_temperature_or_step(scheme):
    stepper = scheme(plate(8))
    with pytest.raises(UsageError, match="must be finite"):
        stepper.step(np.full((8, 8), np.nan), 1e-5)
    with pytest.raises(UsageError, match="fit the"):
        stepper.step(np.zeros((8, 7)), 1e-5)
    with pytest.raises(UsageError, match=r"dt=0.0 s and steps=1 are out of range"):
        stepper.step(np.zeros((8, 8)), 0.0)
