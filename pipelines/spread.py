"""What the training log says about the spread of a generator's members, while there is time to do something about it."""

from collections.abc import Mapping

from ..surrogate.analogues import Analogues
from ..surrogate.ensembles import DEAD, Dressed
from ..surrogate.model import Model
from .console import say

SPREADING = ("crps", "energy")  # distances that are least for members as different as the outcomes


class SpreadWatch:
    """Notes for the lines of progress, and one warning when the spread dies.

    A generator starts without spread, so none is missed before half of the steps, unless there was some that is lost.
    """

    def __init__(self, title: str, reconstruction: str) -> None:
        self.title = title
        self.remedy = "a lower training.critic_weight" if reconstruction in SPREADING else "training.reconstruction=crps"
        self.alive = self.warned = False

    def __call__(self, step: int, steps: int, losses: Mapping[str, float]) -> str:
        """The note for a step; `losses` have the variance ratio of the last validation where members may differ."""
        note, ratio = f"loss {losses['reconstruction']:.3g}", losses.get("variance_ratio")
        if ratio is None:
            return note
        if ratio < DEAD and (self.alive or 2 * step > steps) and not self.warned:
            say(
                f"{self.title}: warning: the spread dies: at step {step} members have {100 * ratio:.2g} % of the variance they "
                f"should have, less than {100 * DEAD:.0f} %; use {self.remedy}"
            )
            self.warned = True
        self.alive = self.alive or ratio >= DEAD
        return f"{note}, variance ratio {ratio:.2f}"


def collapsed(surrogate: Model) -> float | None:
    """The variance ratio of a trained model whose spread has died, else None; regressions make no claim to one."""
    last = surrogate.history[-1] if surrogate.history else {}
    ratio = last.get("variance_ratio", 1.0)
    return ratio if ratio < DEAD and not isinstance(surrogate.regressor, Dressed | Analogues) else None
