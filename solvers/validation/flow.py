"""All checks of the flow solver, by topic."""

from .checks import Check
from .flow_cavity import cavities
from .flow_cylinder import cylinder
from .flow_exact import exact_flows
from .flow_heated import heated_cavities
from .flow_shear import shear_layer


def validate_flow() -> list[Check]:
    """Exact solutions, the lid-driven cavity, a cylinder in a channel, a heated cavity, and a roll-up."""
    return [*exact_flows(), *cavities(), *cylinder(), *heated_cavities(), *shear_layer()]
