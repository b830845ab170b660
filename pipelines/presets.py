"""How large a run is: quick, standard, large; per scenario where it differs.

Times are of a whole run on two cores, measured for heat.
"""

from copy import deepcopy
from typing import Any

from ..solvers.errors import UsageError
from .names import unknown

MODELS = ("cgan", "unet", "pod", "nearest", "mean")

PRESETS: dict[str, dict[str, Any]] = {
    "quick": {  # five minutes
        "data": {"samples": 800},
        "training": {"steps": 1500},
    },
    "standard": {  # forty minutes
        "models": ["cgan", "unet", "cgan-nolift", "pod", "nearest", "mean"],
        "data": {"samples": 4000},
        "training": {"steps": 8000},
    },
    "large": {  # hours on a GPU or a cluster
        "models": ["cgan", "unet", "cgan-nolift", "pod", "nearest", "mean"],
        "data": {"samples": 20000},
        "training": {"steps": 60000},
        "model": {"widths": [48, 96, 128, 192]},
    },
}

SCENARIO_PRESETS: dict[str, dict[str, dict[str, Any]]] = {}  # {scenario: {preset: what differs}}


def preset(name: str, scenario: str) -> dict[str, Any]:
    """The settings of a preset for a scenario.

    Raises:
        UsageError: for an unknown preset.
    """
    if name not in PRESETS:
        raise UsageError(unknown("preset", name, PRESETS))
    settings = deepcopy(PRESETS[name])
    for section, values in SCENARIO_PRESETS.get(scenario, {}).get(name, {}).items():
        settings[section] = {**settings.get(section, {}), **values} if isinstance(values, dict) else values
    return settings
