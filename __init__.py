"""fieldgan: can a conditional GAN replace your PDE solver; how fast, how wrong, and when not?

The public names are resolved on first use, so that `import fieldgan` loads neither torch nor numba nor xarray.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Scenario": ".data.scenario",
    "Variable": ".data.scenario",
    "scenario": ".data.scenarios",
    "SCENARIOS": ".data.scenarios",
    "open_dataset": ".data.datasets",
    "generate": ".data.generation",
    "load": ".surrogate.loading",
    "train": ".surrogate.registry",
    "train_virtual": ".surrogate.virtual",
    "compare": ".pipelines.compare",
    "run": ".pipelines.run",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fieldgan' has no attribute {name!r}; it has {', '.join(sorted(_PUBLIC))}")
    return getattr(import_module(_PUBLIC[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
