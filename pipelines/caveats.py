"""What a reader has to know before believing the numbers; printed as warnings."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..data.scenario import Array
from ..surrogate.ensembles import DEAD
from .ladder import Truth
from .measure import Seconds
from .result import judge
from .scoring import Scored
from .timing import NOISY, is_noisy

FEWEST_SAMPLES = 20
LISTED = 6
IDLE = 2e-3  # distance of a critic's loss from ln 2 that is none
CLEARANCE = 5.0  # how many times an error should exceed that of the truth


def caveats(
    scored: Scored,
    seconds: Mapping[str, Seconds],
    truth: Truth,
    unfinished: Sequence[str] = (),
    curves: Mapping[str, Mapping[str, Array]] | None = None,
) -> list[str]:
    """One sentence each, with value and limit."""
    errors = {label: values["overall"][judge(values["overall"])] for label, values in scored.scores.items()}
    samples = len(next(iter(errors.values())))
    found = [f"{label} is left out: {reason}." for label, reason in scored.failed.items()]
    found += [f"{name} is left out: its training is not finished; go on with `fieldgan train`." for name in unfinished]
    found += [
        f"The critic of {name} has not learned to tell truth from prediction (its loss ends at ln 2, that of a coin): "
        f"{name} is the generator alone here."
        for name in idle_critics(curves or {})
    ]
    found += [
        f"The members of {name} are hardly different: their variance is {100 * ratio:.2g} % of the solver's."
        for name, ratio in collapsed(scored).items()
    ]
    if samples < FEWEST_SAMPLES:
        found.append(f"Only {samples} test samples: intervals over fewer than {FEWEST_SAMPLES} are uncertain; generate more.")
    blurred = [n for n, e in errors.items() if float(e.mean()) < CLEARANCE * truth.estimated_vrmse]
    if blurred:
        found.append(
            f"The errors of {listed(blurred)} lie less than {CLEARANCE:g} times above the error of the truth "
            f"itself ({100 * truth.estimated_vrmse:.2g} %); they are known to that accuracy only."
        )
    for batch in (1, 32):
        noisy = [n for n in errors if is_noisy(getattr(seconds[n], f"batch_{batch}"))]
        if noisy:
            found.append(
                f"Noisy clock at batch {batch} for {listed(noisy)}: "
                f"quartiles more than {100 * NOISY:.0f} % of the median apart; run it on a quiet machine."
            )
    return found


def idle_critics(curves: Mapping[str, Mapping[str, Array]]) -> list[str]:
    """Models whose relativistic critic ends no better than by chance, by their training curves."""
    ends = {name: (float(c["critic"][-1]), float(c["adversarial"][-1])) for name, c in curves.items() if "critic" in c}
    return [name for name, losses in ends.items() if all(abs(loss - np.log(2)) < IDLE for loss in losses)]


def collapsed(scored: Scored) -> dict[str, float]:
    """Surrogates with less than DEAD of the solver's variance in some target, and how much."""
    return {
        label: float(min(a["variance_ratio"].mean() for a in values.values() if "variance_ratio" in a))
        for label, values in scored.scores.items()
        if scored.methods[label].kind == "surrogate"
        and any("variance_ratio" in a and a["variance_ratio"].mean() < DEAD for a in values.values())
    }


def listed(names: Sequence[str]) -> str:
    """Names, the many cut short."""
    return ", ".join(names) if len(names) <= LISTED else f"{', '.join(names[:LISTED])} and {len(names) - LISTED} more"
