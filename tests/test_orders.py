"""Every scheme reaches the order that it declares, in the cell size and in the time step."""

import pytest
from fieldgan.solvers.heat import Heat
from fieldgan.solvers.implicit import Implicit
from fieldgan.solvers.validation import heat
from fieldgan.solvers.validation.checks import observed_order

SPACE = {
    "steady, hot side": (Heat.order, heat.plate_error),
    "steady, source": (Heat.order, heat.source_error),
    "steady, variable conductivity": (Heat.order, heat.manufactured_error),
    "implicit, convection": (Implicit.order, heat.biot_error),
    "explicit, held": (Heat.order, lambda n: heat.mode_error("held", Heat, n)),
    "explicit, insulated": (Heat.order, lambda n: heat.mode_error("insulated", Heat, n)),
    "implicit, held": (Implicit.order, lambda n: heat.mode_error("held", Implicit, n)),
    "implicit, insulated": (Implicit.order, lambda n: heat.mode_error("insulated", Implicit, n)),
}
TIME = {(scheme, sides) for scheme in (Heat, Implicit) for sides in heat.MODES}


@pytest.mark.parametrize("case", SPACE)
def test_order_in_space(case):
    order, error = SPACE[case]
    grids = (16, 32, 64)
    assert observed_order([1 / n for n in grids], [error(n) for n in grids]) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(("scheme", "sides"), sorted(TIME, key=str))
def test_order_in_time(scheme, sides):
    steps = (16, 32, 64)
    errors = [heat.mode_time_error(sides, scheme, m) for m in steps]
    assert observed_order([1 / m for m in steps], errors) == pytest.approx(scheme.time_order, abs=0.15)
