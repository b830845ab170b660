"""All checks of plumes, by topic."""

from .checks import Check
from .plume_budget import smoke_budget
from .plume_dispersion import dispersion
from .plume_rise import rises
from .plume_rising import rising


def validate_plume() -> list[Check]:
    """Dispersion against exact solutions and tables of practice, rise, a laminar plume in still air, and the budget of smoke."""
    return [*dispersion(), *rises(), *rising(), *smoke_budget()]
