"""The solvers against exact solutions and published tables, by topic."""

from collections.abc import Callable

from .checks import Check
from .climate import validate_climate
from .flow import validate_flow
from .heat import validate_heat
from .plume import validate_plume

VALIDATIONS: dict[str, Callable[[], list[Check]]] = {
    "heat": validate_heat,
    "flow": validate_flow,
    "climate": validate_climate,
    "plume": validate_plume,
}

__all__ = ["VALIDATIONS", "Check"]
