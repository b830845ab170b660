"""What the comparison times: solvers at several resolutions, surrogates and baselines alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, TypeVar
from zlib import crc32

import numpy as np

from ..data.scenario import Array, Fields, Scenario, Simulate
from ..surrogate.lift import lift
from ..surrogate.model import Model
from ..surrogate.surrogate import Surrogate

T = TypeVar("T")
R = TypeVar("R")
Kind = Literal["solver", "surrogate", "baseline"]
BASELINES = ("pod", "nearest", "mean", "formula")


class Each(Protocol):
    """`map`, or the map of a pool."""

    def __call__(self, function: Callable[[T], R], samples: Iterable[T], /) -> Iterable[R]: ...


@dataclass(frozen=True)
class Method:
    """One way to get the stored fields from conditions.

    Attributes:
        name, kind: as in metrics.json.
        predict: conditions to targets on the stored grid, {name: (n, ny, nx)}; without n where `one_by_one`.
        one_by_one: solvers take sample after sample, or one per core.
        resolution, scheme: of a solver; its conditions are rendered on its own grid.
        members, hasty, parts: of a solver's ensemble, how many it has, whether in haste, and smaller ones, its first members.
        parameters, training_seconds, needs_data: of a surrogate.
    """

    name: str
    kind: Kind
    predict: Callable[[Fields], Fields]
    one_by_one: bool = False
    resolution: int | None = None
    scheme: str | None = None
    members: int = 0
    hasty: bool = False
    parts: tuple["Method", ...] = ()
    parameters: int | None = None
    training_seconds: float = 0.0
    needs_data: bool = False

    @property
    def label(self) -> str:
        """Unique within a comparison."""
        return f"{self.name} {self.scheme}" if self.scheme else self.name

    def predict_batch(self, conditions: Fields, each: Each = map) -> Fields:
        """Targets of conditions, {name: (n, ny, nx)} each; `each` spreads solves over a pool."""
        if not self.one_by_one:
            return self.predict(conditions)
        return stack(each(self.predict, unstack(conditions)))


def stack(samples: Iterable[Fields]) -> dict[str, Array]:
    """Fields of many samples as one, along a new first axis."""
    samples = list(samples)
    return {name: np.stack([fields[name] for fields in samples]) for name in samples[0]}


def unstack(fields: Fields) -> list[dict[str, Array]]:
    """Views of the fields of each sample."""
    return [{name: a[k] for name, a in fields.items()} for k in range(len(next(iter(fields.values()))))]


def rung(scenario: Scenario, resolution: int, simulate: Simulate, scheme: str | None = None) -> Method:
    """The solver at one resolution, its result brought to the stored grid."""
    shape = scenario.domain.shape(scenario.stored_resolution)

    def solve(conditions: Fields) -> Fields:
        return scenario.transfer(simulate(conditions, 0), conditions, shape)

    name = f"solver@{resolution}"
    return Method(name, "solver", solve, one_by_one=True, resolution=resolution, scheme=scheme)


def ensemble_rung(scenario: Scenario, resolution: int, members: int, hasty: bool = False, scheme: str | None = None) -> Method:
    """The solver's ensemble at one resolution, brought to the stored grid; weather drawn anew for every problem."""
    shape, ensemble = scenario.domain.shape(scenario.stored_resolution), scenario.hasty if hasty else scenario.ensemble

    def solve(conditions: Fields) -> Fields:
        assert ensemble is not None
        return scenario.transfer(ensemble(conditions, seed_of(conditions), members), conditions, shape)

    told = " ".join(part for part in ("hasty" if hasty else "", scheme or "") if part) or None
    name = f"solver@{resolution}"
    return Method(name, "solver", solve, one_by_one=True, resolution=resolution, scheme=told, members=members, hasty=hasty)


def seed_of(conditions: Fields) -> int:
    """A seed of a problem's own, by its conditions."""
    return crc32(b"".join(np.ascontiguousarray(conditions[name]).tobytes() for name in sorted(conditions)))


def lifted(scenario: Scenario, resolution: int) -> Method:
    """What the surrogates start from: a coarse solve of the stored conditions, interpolated."""

    def solve(conditions: Fields) -> Fields:
        alone = lift(scenario, {name: a[None] for name, a in conditions.items()}, resolution)
        return {name: a[0] for name, a in alone.items()}

    return Method(f"lift@{resolution}", "baseline", solve, one_by_one=True)


def lifts(scenario: Scenario, surrogates: Mapping[str, Surrogate]) -> list[Method]:
    """The lifts that the surrogates correct, each as a baseline of its own."""
    found = {
        s.description.settings.model.lift_resolution for s in surrogates.values() if isinstance(s, Model) and s.encoding.lifted
    }
    return [lifted(scenario, resolution) for resolution in sorted(r for r in found if r)]


def learned(surrogates: Mapping[str, Surrogate], members: int = 0) -> list[Method]:
    """Surrogates and baselines that were trained on the data, with so many members each where there are ensembles."""
    return [
        Method(
            name,
            "baseline" if name in BASELINES else "surrogate",
            partial(surrogate.fields, members=members) if members else surrogate.fields,
            parameters=parameter_count(surrogate),
            training_seconds=float(surrogate.costs.get("training_seconds", 0.0)),
            needs_data=True,
        )
        for name, surrogate in surrogates.items()
    ]


def parameter_count(surrogate: Surrogate) -> int | None:
    """How many numbers a model has learned."""
    if not isinstance(surrogate, Model):
        return None
    return sum(int(a.size) for a in surrogate.regressor.tensors().values())


def histories(surrogates: Mapping[str, Surrogate]) -> dict[str, dict[str, Array]]:
    """Training curves {model: {column: (rows,)}} of those that have any."""
    return {
        name: {column: np.array([row[column] for row in s.history]) for column in s.history[0]}
        for name, s in surrogates.items()
        if isinstance(s, Model) and s.history
    }
