"""All checks of the climate solver, by topic."""

from .checks import Check
from .climate_climlab import climlab_runs
from .climate_exact import exact_climates
from .climate_weather import weather_statistics


def validate_climate() -> list[Check]:
    """Exact climates, conservation and orders, runs of climlab, and the statistics of weather."""
    return [*exact_climates(), *climlab_runs(), *weather_statistics()]
