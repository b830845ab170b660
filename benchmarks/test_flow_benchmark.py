"""The flow solver and its peers solve the same problems; benchmarks/flow_table.py times them.

pytest benchmarks
"""

import numpy as np
import pytest

peers = pytest.importorskip("flow_peers", exc_type=ImportError)
openfoam = pytest.importorskip("openfoam_cavity")


@pytest.mark.parametrize("central", [True, False])
def test_eddies_of_jax_cfd(central):
    pytest.importorskip("jax_cfd")
    ours, theirs = peers.eddies_fieldgan().field(), peers.eddies_jax_cfd(central).field()
    assert np.linalg.norm(ours - theirs) < 5e-3 * np.linalg.norm(ours)


def test_eddies_of_exponax():
    pytest.importorskip("exponax")
    ours, theirs = peers.eddies_fieldgan().field(), peers.eddies_exponax(2).field()
    assert np.linalg.norm(ours - theirs) < 2e-3 * np.linalg.norm(ours)


def test_the_disc_of_phiflow():
    pytest.importorskip("phi")
    assert peers.height(peers.rise_phiflow().field()) == pytest.approx(peers.height(peers.rise_fieldgan().field()), rel=0.02)


@pytest.mark.skipif(not openfoam.available(), reason="needs OpenFOAM: apt-get install openfoam")
@pytest.mark.parametrize("solver", list(openfoam.TUNED))
def test_cavity_of_openfoam(solver):
    ours, theirs = peers.newton_cavity(32), peers.openfoam_cavity(solver, 32)
    inner = slice(4, 28), slice(4, 28)
    assert theirs.left < 1e-4
    assert np.abs(ours.u - theirs.u)[inner].max() < 0.03
    assert np.abs(ours.v - theirs.v)[inner].max() < 0.03
