"""All figures of a comparison by name."""

from functools import partial

from .figure_style import DARK, LIGHT, Draw, dressed, png
from .figures_cost import cost_against_error
from .figures_curves import error_histogram, judged_by, spectra, training_curves
from .figures_ensembles import member_panels, member_spectra, rank_histograms, spread_panels
from .figures_samples import error_panels, sample_panels
from .figures_virtual import virtual_figures
from .result import Comparison


def figures(comparison: Comparison) -> dict[str, Draw]:
    """What draws each figure, by file name without ending; those of a target end in its name."""
    drawn: dict[str, Draw] = {"cost_against_error": partial(cost_against_error, comparison)}
    for target in comparison.problems.scenario.targets if comparison.problems.members else ():
        drawn[f"members_{target.name}"] = partial(member_panels, comparison, target)
        drawn[f"spread_{target.name}"] = partial(spread_panels, comparison, target)
        drawn[f"ranks_{target.name}"] = partial(rank_histograms, comparison, target)
        drawn[f"spectra_{target.name}"] = partial(member_spectra, comparison, target)
    for target in () if comparison.problems.members else comparison.problems.scenario.targets:
        drawn[f"samples_{target.name}"] = partial(sample_panels, comparison, target)
        drawn[f"errors_{target.name}"] = partial(error_panels, comparison, target)
        drawn[f"spectra_{target.name}"] = partial(spectra, comparison, target)
    drawn["error_histogram"] = partial(error_histogram, comparison)
    if any(judged_by(history) for history in comparison.histories.values()):
        drawn["training"] = partial(training_curves, comparison)
    return drawn | (virtual_figures(comparison.virtual) if comparison.virtual else {})


def render(draw: Draw) -> tuple[bytes, bytes]:
    """A figure as PNG, light and dark."""
    images = []
    for theme in (LIGHT, DARK):
        with dressed(theme):
            images.append(png(draw(theme)))
    return images[0], images[1]
