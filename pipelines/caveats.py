"""What a reader has to know before believing the numbers; printed as warnings."""

from collections.abc import Mapping, Sequence

from .ladder import Truth
from .measure import Seconds
from .scoring import Scored
from .timing import NOISY, is_noisy

FEWEST_SAMPLES = 20
LISTED = 6
CLEARANCE = 5.0  # how many times an error should exceed that of the truth


def caveats(scored: Scored, seconds: Mapping[str, Seconds], truth: Truth, unfinished: Sequence[str] = ()) -> list[str]:
    """One sentence each, with value and limit."""
    errors = {label: values["overall"]["vrmse"] for label, values in scored.scores.items()}
    samples = len(next(iter(errors.values())))
    found = [f"{label} is left out: {reason}." for label, reason in scored.failed.items()]
    found += [f"{name} is left out: its training is not finished; go on with `fieldgan train`." for name in unfinished]
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


def listed(names: Sequence[str]) -> str:
    """Names, the many cut short."""
    return ", ".join(names) if len(names) <= LISTED else f"{', '.join(names[:LISTED])} and {len(names) - LISTED} more"
