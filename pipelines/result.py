"""What a comparison found, as its report and figures need it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from ..data.scenario import Array, Fields
from .measure import Seconds
from .methods import Method
from .problems import Problems
from .virtual import VirtualComparison

Scores = Mapping[str, Mapping[str, Array]]  # variable or "overall", metric, (samples,)


HALF = "truth half"  # one half of the solver's members, as an ensemble that is measured by the other
MEASURES = {"vrmse": "vrmse", "crps_ensemble": "CRPS over deviation"}


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes:
        record: metrics.json.
        problems: the test problems.
        methods: all that was compared, by label.
        predictions: stored fields of the surrogates and baselines, {label: {target: (n, ny, nx)}}.
        scores: {label: {variable: {metric: (n,)}}}; "overall" averages over the targets.
        seconds: {label: seconds of every repeat}.
        histories: training curves, {model: {column: (rows,)}}.
        virtual: unconditional networks, where the run has some.
    """

    record: Mapping[str, Any]
    problems: Problems
    methods: Mapping[str, Method]
    predictions: Mapping[str, Fields]
    scores: Mapping[str, Scores]
    seconds: Mapping[str, Seconds]
    histories: Mapping[str, Mapping[str, Array]]
    virtual: VirtualComparison | None = None

    def errors(self, label: str) -> Array:
        """What methods are ranked by, of every sample, averaged over the targets, (n,)."""
        return self.scores[label]["overall"][judge(self.scores[label]["overall"])]

    @property
    def measure(self) -> str:
        """What the error is called."""
        return MEASURES[judge(self.scores[self.headline]["overall"])]

    def labels(self, *kinds: str) -> list[str]:
        """Methods of some kinds, in the order of the comparison."""
        return [label for label, method in self.methods.items() if method.kind in kinds]

    @property
    def headline(self) -> str:
        """The surrogate that the verdict is about: the conditional GAN where there is one."""
        found = self.labels("surrogate") or self.labels("baseline")
        return "cgan" if "cgan" in found else found[0]

    def entry(self, label: str) -> Mapping[str, Any]:
        """The method's entry in metrics.json."""
        return next(m for m in self.record["methods"] if label_of(m) == label)


def judge(metrics: Container[str]) -> str:
    """The metric by which methods are ranked and compared with the solver: the CRPS of ensembles, else the vrmse."""
    return "crps_ensemble" if "crps_ensemble" in metrics else "vrmse"


def label_of(entry: Mapping[str, Any]) -> str:
    """The label of a method's entry in metrics.json."""
    return f"{entry['name']} {entry['scheme']}" if entry.get("scheme") else str(entry["name"])
