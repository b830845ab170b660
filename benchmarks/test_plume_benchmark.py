"""A plume of fieldgan and PhiFlow is one problem, and how long a step of fieldgan's takes; benchmarks/plume_table.py times both.

pytest benchmarks/test_plume_benchmark.py
"""

import numpy as np
import pytest

peers = pytest.importorskip("plume_peers", exc_type=ImportError)
EMITTED = 4 * peers.H**2 * peers.RATE * peers.UNTIL  # by four cells


def test_the_plume_of_phiflow():
    """Both carry the smoke to one place; fieldgan keeps its amount."""
    pytest.importorskip("phi")
    ours, theirs = peers.smoke_at(peers.plume_fieldgan().field()), peers.smoke_at(peers.plume_phiflow().field())
    assert ours[0] == pytest.approx(EMITTED, rel=1e-5)
    assert theirs[1:] == pytest.approx(ours[1:], rel=0.05)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_unit_of_time(benchmark, kind):
    plume = peers.stack_fieldgan(kind)
    plume.call()
    benchmark(plume.call)
    assert peers.smoke_at(plume.field())[0] == pytest.approx(2 * 2 * peers.H * peers.UNTIL, rel=1e-5)
