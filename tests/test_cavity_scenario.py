"""The scenario `cavity`: the published vortex through its encoding, its symmetry, its grids, and what it refuses."""

import fieldgan
import numpy as np
import pytest
from fieldgan.data.metrics import divergence, vrmse
from fieldgan.data.scenarios.cavity import CORNERS, at_corners, march, newton, solve
from fieldgan.data.scenarios.lids import UNIFORM, Cavity, Profile, render_cavity
from fieldgan.solvers.errors import NumericalError, UsageError

SCENARIO = fieldgan.scenario("cavity")
STUBBORN = fieldgan.scenario("cavity", two_walls=1 / 3).draw(np.random.default_rng(820))
TARGETS = [v.name for v in SCENARIO.targets]


def drawn(seed, resolution):
    return dict(SCENARIO.render(SCENARIO.draw(np.random.default_rng(seed)), resolution))


def stored(fields):
    return SCENARIO.transfer(fields, {}, (64, 64))


def test_the_uniform_lid_has_the_published_vortex():
    """Ghia et al. (1982), Re 1000: ψ = −0.117929 at (0.5313, 0.5625); Botella & Peyret (1998): −0.1189366."""
    fields = SCENARIO.simulate(render_cavity(Cavity(1000.0, {"north": UNIFORM}), 128), 0)
    psi = fields[CORNERS]
    j, i = np.unravel_index(psi.argmin(), psi.shape)
    assert psi.min() == pytest.approx(-0.1189366, rel=0.015)
    assert (i / 128, j / 128) == pytest.approx((0.5308, 0.5652), abs=0.01)


def test_stored_flows_are_divergence_free_to_round_off():
    for resolution in (48, 128):
        fields = stored(newton(drawn(1, resolution)))
        assert divergence(fields["u"], fields["v"], (1 / 64, 1 / 64)) < 1e-13


def test_the_mirror_is_exact():
    conditions = drawn(4, 32)
    (symmetry,) = SCENARIO.symmetries[1:]
    seen = {n: a[:, ::-1] * symmetry.sign.get(n, 1.0) if a.ndim else a for n, a in conditions.items()}
    before, after = SCENARIO.simulate(conditions, 0), SCENARIO.simulate(seen, 0)
    for name in TARGETS:
        assert after[name] == pytest.approx(before[name][:, ::-1] * symmetry.sign.get(name, 1.0), abs=1e-6)


@pytest.mark.parametrize("seed", [0, 3])
def test_marching_and_newton_meet(seed):
    conditions = drawn(seed, 32)
    one, other = newton(conditions), march(conditions)
    for name in ("u", "v"):
        assert vrmse(one[name][None], other[name][None])[0] < 0.03


def test_the_solution_converges_to_the_truth_grid():
    """At second order for the velocity, where the lid does not run into the corners."""
    taper = Cavity(400.0, {"north": Profile((1.0, 0.2), 4), "east": Profile((-0.5,), 4)})
    truth = stored(SCENARIO.simulate(render_cavity(taper, 192), 0))
    errors = []
    for resolution in (24, 48, 96):
        at = stored(newton(render_cavity(taper, resolution)))
        errors.append([float(vrmse(at[name][None], truth[name][None])[0]) for name in TARGETS])
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.5), errors


def test_corners_of_a_cubic_profile_are_exact():
    s = (np.arange(12) + 0.5) / 12
    assert at_corners(1 + s - 3 * s**2 + 2 * s**3) == pytest.approx(
        [1 + c - 3 * c**2 + 2 * c**3 for c in np.linspace(0, 1, 13)], abs=1e-12
    )


def test_coarsened_conditions_are_those_of_the_coarser_grid():
    for seed in range(5):
        coarse, wanted = SCENARIO.coarsen(drawn(seed, 64), 2), drawn(seed, 32)
        assert all(np.allclose(coarse[name], wanted[name], atol=0.05) for name in wanted)


def test_draws_cover_what_they_promise():
    cavities = [SCENARIO.draw(np.random.default_rng([9, k])) for k in range(400)]
    reynolds = np.array([c.reynolds for c in cavities])
    assert 100 <= reynolds.min() < 120
    assert 1800 < reynolds.max() <= 2000
    assert 0.18 < np.mean([len(c.walls) == 2 for c in cavities]) < 0.33
    assert 0.05 < np.mean([len(c.walls["north"].waves) == 1 for c in cavities]) < 0.16
    s = np.linspace(0, 1, 101)
    assert np.array([np.abs(c.walls["north"](s)).max() for c in cavities]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("log_reynolds", np.array(12.0), "Reynolds number"),
        ("log_reynolds", np.array(np.nan), "log_reynolds"),
        ("speed_x", np.full((16, 16), 50.0), "speed_x has the value 50"),
        ("speed_y", np.full((16, 16), np.inf), "speed_y has the value inf"),
    ],
)
def test_conditions_out_of_range_get_one_line(name, value, words):
    with pytest.raises(UsageError, match=words) as caught:
        SCENARIO.check({**drawn(0, 16), name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "option",
    [{"lowest_reynolds": 0.1}, {"highest_reynolds": 1e6}, {"two_walls": 2}, {"lowest_reynolds": 500, "highest_reynolds": 200}],
)
def test_options_out_of_range_get_one_line(option):
    with pytest.raises(UsageError, match="out of range"):
        fieldgan.scenario("cavity", **option)


def test_a_grid_too_coarse_for_a_steady_flow_is_helped_by_more_viscosity():
    """One in a thousand drawn flows has none on 12 × 12 cells that Newton's method finds; this is one."""
    conditions, finer = (dict(SCENARIO.render(STUBBORN, resolution)) for resolution in (12, 48))
    with pytest.raises(NumericalError, match="use more viscosity"):
        solve(conditions, tolerance=1e-6)
    coarse, fine = SCENARIO.transfer(newton(conditions), {}, (48, 48)), newton(finer)
    assert vrmse(coarse["u"][None], fine["u"][None])[0] < 0.6
