"""Runs every method on all test problems and takes its errors."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from ..data.air_quality import concentration_metrics
from ..data.ensemble_metrics import crps, each_time, energy_distance
from ..data.metrics import bias, divergence, field_metrics, over_time
from ..data.scenario import Array, Fields, Variable
from ..solvers.errors import NumericalError
from .ensembles import ERROR, ensemble_scores
from .measure import batch_of_one
from .methods import Each, Method, stack, unstack
from .problems import Problems
from .quantities import quantity_scores
from .result import Scores
from .speedup import MATERIAL
from .timing import Clock
from .timing import threads as limited_threads

BATCH = 32
CLEARLY = 1.5  # times as long is dearer, whatever the noise of a single reading of the clock
DEAR = 0.1  # seconds of a solve from which that matters
AT_ONCE = 8  # predictions that are scored together


@dataclass(frozen=True)
class Scored:
    """Methods by label: scores, predictions (of surrogates and baselines) and seconds of the first call.

    `roughly` are seconds of one solve, of solvers: of whole ensembles the mean over the problems, of parts those of one call.
    `failed` holds the methods whose solver gave up, with the reason.
    """

    methods: Mapping[str, Method]
    scores: Mapping[str, Scores]
    predictions: Mapping[str, Fields]
    first_calls: Mapping[str, float]
    roughly: Mapping[str, float]
    failed: Mapping[str, str]

    def joined(self, other: "Scored") -> "Scored":
        """The methods of both."""
        return Scored(*({**mine, **others} for mine, others in zip(vars(self).values(), vars(other).values(), strict=True)))


NOTHING = Scored({}, {}, {}, {}, {}, {})


def score_all(
    listed: Sequence[Method],
    problems: Problems,
    threads: int,
    progress: Callable[[int, str], None],
    clock: Clock,
) -> Scored:
    """Score every method; a solver that gives up on a problem is left out and named.

    All are called in turn, so that each has the machine to itself. To score a method, or a part of one, takes one thread, and so
    predictions wait until there are some for all threads, or AT_ONCE, which bounds the memory.
    """
    scored, called = NOTHING, list[Called]()
    with ThreadPoolExecutor(threads) as pool:
        for done, method in enumerate(listed):
            progress(done, method.label)
            try:
                called.append(call(method, problems, pool.map, threads, clock))
            except NumericalError as error:
                scored = scored.joined(replace(NOTHING, failed={method.label: str(error)}))
            if sum(len(one.predictions) for one in called) >= min(threads, AT_ONCE) or method is listed[-1]:
                scored = scored.joined(score_called(called, problems, pool.map))
                called = []
    return scored


@dataclass(frozen=True)
class Called:
    """A method, what it predicts for all problems, and the seconds of its first call and roughly of one solve.

    `predictions` are its own and those of its parts, which are not called, by the first of its members.
    """

    method: Method
    predictions: Sequence[Fields]
    first: float
    roughly: float


def call(method: Method, problems: Problems, each: Each, threads: int, clock: Clock) -> Called:
    """Predict all problems with one method."""
    first, foremost = first_prediction(method, problems, clock)
    start = clock()
    predicted = predict_all(method, problems, each, foremost)
    others = 0 if stands_for_truth(method, problems) else problems.count - 1
    roughly = (clock() - start) * min(threads, others) / others if others else first
    parts = ({name: a[:, : part.members] for name, a in predicted.items()} for part in method.parts)
    return Called(method, [predicted, *parts], first, roughly)


def score_called(called: Sequence[Called], problems: Problems, each: Each) -> Scored:
    """Score methods together; where that fails, each by itself, to name the one that cannot be scored."""
    try:
        return score(called, problems, each)
    except NumericalError as error:
        if len(called) == 1:
            return replace(NOTHING, failed={called[0].method.label: str(error)})
        return reduce(Scored.joined, [score_called([one], problems, each) for one in called])


def score(called: Sequence[Called], problems: Problems, each: Each) -> Scored:
    """Score what some methods and their parts predict."""
    methods = [m for one in called for m in (one.method, *one.method.parts)]
    found = each(partial(sample_scores, problems=problems), [fields for one in called for fields in one.predictions])
    return Scored(
        {m.label: m for m in methods},
        {m.label: scores for m, scores in zip(methods, found, strict=True)},
        {one.method.label: one.predictions[0] for one in called if one.method.kind != "solver"},
        {one.method.label: one.first for one in called},
        {one.method.label: one.roughly for one in called if one.method.one_by_one},
        {},
    )


def first_prediction(method: Method, problems: Problems, clock: Clock) -> tuple[float, Fields]:
    """Seconds of the first call, with all that has to be compiled or loaded, and what it gives for the first problem."""
    batch = batch_of_one(problems, 0, method.resolution)
    with limited_threads(1):
        start = clock()
        predicted = method.predict_batch(batch)
        return clock() - start, predicted


def first_seconds(method: Method, problems: Problems, clock: Clock) -> float:
    """Seconds of the first call."""
    return first_prediction(method, problems, clock)[0]


def without_beaten(scored: Scored) -> Scored:
    """Without ensembles that cannot stand on the envelope, as another is no dearer and no less exact: they need no clock.

    No dearer is what has no more members on no finer grid, or takes two thirds of a dear one's time by the first reading of the
    clock. The whole settled ensemble of a grid stays in any case. One is left out after the other, so that no two leave each
    other out.
    """
    ensembles = [m for m in scored.methods.values() if m.members]
    errors = {m.label: float(scored.scores[m.label]["overall"][ERROR].mean()) for m in ensembles}
    seconds = {m.label: scored.roughly.get(m.label, float("nan")) for m in ensembles}

    def beats(one: Method, other: Method) -> bool:
        assert one.resolution is not None
        assert other.resolution is not None
        smaller = one.resolution <= other.resolution and one.members <= other.members and one.hasty >= other.hasty
        cheap = smaller or (CLEARLY * seconds[one.label] <= seconds[other.label] and seconds[other.label] >= DEAR)
        return one.label != other.label and cheap and (1 - MATERIAL) * errors[one.label] <= errors[other.label]

    left = list(ensembles)
    for method in [m for m in ensembles if m.scheme]:
        if any(beats(other, method) for other in left):
            left.remove(method)
    beaten = {m.label for m in ensembles} - {m.label for m in left}
    return Scored(*({label: a for label, a in part.items() if label not in beaten} for part in vars(scored).values()))


def with_first_calls(scored: Scored, problems: Problems, clock: Clock) -> Scored:
    """The same with the first calls of parts."""
    parts = [m for label, m in scored.methods.items() if label not in scored.first_calls]
    seconds = {m.label: first_seconds(m, problems, clock) for m in parts}
    return replace(scored, first_calls={**scored.first_calls, **seconds}, roughly={**scored.roughly, **seconds})


def stands_for_truth(method: Method, problems: Problems) -> bool:
    """Whether the method is the solver that made the ensembles, whose members are stored."""
    return bool(problems.members) and method.resolution == problems.scenario.truth_resolution


def predict_all(method: Method, problems: Problems, each: Each, foremost: Fields) -> dict[str, Array]:
    """Targets of all test problems on the stored grid, {name: (n, ny, nx)}; those of the first, as a batch of one, are known."""
    rows = range(problems.count)
    if stands_for_truth(method, problems):
        return dict(problems.half)  # stored: the members of the truth that do not judge
    if method.resolution is not None:
        resolution = method.resolution
        others = each(lambda row: method.predict(problems.rendered(row, resolution)), rows[1:])
        return stack([*unstack(foremost), *others])
    batches = [method.predict_batch(problems.stored(rows[k : k + BATCH]), each) for k in range(0, problems.count, BATCH)]
    return {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def sample_scores(predicted: Fields, problems: Problems) -> Scores:
    """Every metric of every sample; "overall" is the vrmse averaged over the targets that do not vanish."""
    scenario = problems.scenario
    if problems.members:
        return ensemble_scores(predicted, problems)
    scores = {v.name: target_scores(predicted[v.name], v, problems) for v in scenario.targets}
    overall = {"vrmse": np.mean([scores[v.name]["vrmse"] for v in scenario.targets if not v.vanishes], axis=0)}
    if scenario.residual:
        pairs = zip(unstack(problems.conditions), unstack(predicted), strict=True)
        solved = np.array([scenario.residual(*pair) for pair in pairs])
        scores = {name: {**values, "residual": solved} for name, values in scores.items()}
    if scenario.velocity:
        u, v = (np.asarray(predicted[name], dtype=np.float64) for name in scenario.velocity)
        net = divergence(u, v, problems.spacing, problems.weights)
        scores |= {name: {**scores[name], "divergence": net} for name in scenario.velocity}
    return {**scores, **quantity_scores(predicted, problems.truth, problems), "overall": overall}


def target_scores(predicted: Array, target: Variable, problems: Problems) -> dict[str, Array]:
    """Metrics of one target; those for ensembles see one member, as a condition has one outcome."""
    v, u, weights = np.asarray(predicted, dtype=np.float64), problems.truth[target.name], problems.weights
    values = field_metrics(v, u, weights, problems.spacing, problems.edges) | {
        "crps": each_time(crps, v[:, None], u, weights),
        "energy_distance": each_time(energy_distance, v[:, None], u[:, None], weights),
    }
    values |= {"crmse": over_time(bias(v, u, weights))} if target.conserved else {}
    return values | (concentration_metrics(v, u, weights) if target.concentration else {})
