"""The reference solver at several resolutions, and the error of the truth itself."""

from dataclasses import dataclass, replace

import numpy as np

from ..data.metrics import over_time, vrmse
from ..data.scenario import Scenario
from .methods import Each, Method, ensemble_rung, rung, stack
from .problems import Problems

FEWER = (2, 4, 8, 16)  # members of smaller ensembles, which cost less


@dataclass(frozen=True)
class Truth:
    """The truth's resolution and estimated error: its distance to one more refinement, on a few samples."""

    resolution: int
    estimated_vrmse: float
    samples: int


def rungs(scenario: Scenario, members: int = 0) -> list[Method]:
    """Every scheme of the scenario at every resolution of its own ladder, or of the scenario's; with members, see below."""
    if members:
        return ensemble_rungs(scenario, members)
    schemes = scenario.schemes or {"": scenario.simulate}
    named = len(scenario.schemes) > 1
    return [
        rung(scenario, resolution, simulate, scheme if named else None)
        for scheme, simulate in schemes.items()
        for resolution in scenario.ladders.get(scheme, scenario.ladder)
    ]


def ensemble_rungs(scenario: Scenario, members: int) -> list[Method]:
    """The whole ensemble at every resolution of its ladder and at that of the truth, with its smaller ensembles as parts.

    A hasty ensemble, where the scenario has one, stands there too at the resolutions of its own.
    """

    def whole(resolution: int, hasty: bool = False) -> Method:
        wanted = [few for few in FEWER if few < members]
        fewer = (ensemble_rung(scenario, resolution, few, hasty, f"{few} members") for few in wanted)
        return replace(ensemble_rung(scenario, resolution, members, hasty), parts=tuple(fewer))

    settled, hasty = (scenario.ladders.get(scheme, scenario.ladder) for scheme in ("", "hasty"))
    wholes = [whole(resolution) for resolution in dict.fromkeys((*settled, scenario.truth_resolution))]
    return [*wholes, *(whole(resolution, hasty=True) for resolution in hasty if scenario.hasty)]


def solver_of_truth(scenario: Scenario, members: int = 0) -> Method:
    """The solver as it made the truth; of ensembles that is a rung of the ladder, too."""
    if members:
        return ensemble_rung(scenario, scenario.truth_resolution, members)
    return rung(scenario, scenario.truth_resolution, scenario.simulate, "truth")


def estimate_truth(problems: Problems, samples: int, each: Each = map) -> Truth:
    """Solve a few test problems at twice the resolution of the truth, spread by `each`, and compare on the stored grid.

    Ensembles differ by chance more than by resolution: NaN; what stands for it is one half of the truth against the other.
    """
    scenario = problems.scenario
    if problems.members:
        return Truth(scenario.truth_resolution, float("nan"), 0)
    finer = rung(scenario, 2 * scenario.truth_resolution, scenario.simulate)
    rows = range(min(samples, problems.count))
    refined = stack(each(lambda row: finer.predict(problems.rendered(row, 2 * scenario.truth_resolution)), rows))
    counted = [v.name for v in scenario.targets if not v.vanishes]
    errors = [over_time(vrmse(problems.truth[name][rows], refined[name], problems.weights[rows])) for name in counted]
    return Truth(scenario.truth_resolution, float(np.mean(errors)), len(rows))
