"""What a reader has to know before believing the numbers; printed as warnings."""

from collections.abc import Mapping

from .ladder import Truth
from .measure import Seconds
from .scoring import Scored
from .timing import is_noisy

FEWEST_SAMPLES = 20
CLEARANCE = 5.0  # how many times an error should exceed that of the truth


def caveats(scored: Scored, seconds: Mapping[str, Seconds], truth: Truth) -> list[str]:
    """One sentence each, with value and limit."""
    errors = {label: values["overall"]["vrmse"] for label, values in scored.scores.items()}
    samples = len(next(iter(errors.values())))
    found = [f"{label} is left out: {reason}" for label, reason in scored.failed.items()]
    if samples < FEWEST_SAMPLES:
        found.append(
            f"only {samples} test samples: intervals over fewer than {FEWEST_SAMPLES} are themselves uncertain; generate more"
        )
    blurred = [n for n, e in errors.items() if float(e.mean()) < CLEARANCE * truth.estimated_vrmse]
    if blurred:
        found.append(
            f"the errors of {', '.join(blurred)} lie less than {CLEARANCE:g} times above the error of the truth itself "
            f"({100 * truth.estimated_vrmse:.2g} %); they are known to that accuracy only"
        )
    for batch in (1, 32):
        noisy = [n for n in errors if is_noisy(getattr(seconds[n], f"batch_{batch}"))]
        if noisy:
            found.append(f"noisy clock at batch {batch} for {', '.join(noisy)}: quartiles more than 30 % of the median apart")
    return found
