"""The sentences of the report: the verdict, what to do about it, and why; from metrics.json alone."""

from collections.abc import Mapping
from typing import Any

from .result import label_of
from .wording import count, digits, duration, factor, grid, percent

Record = Mapping[str, Any]


def error_of(method: Record) -> float:
    """Mean vrmse."""
    return float(method["metrics"]["overall"]["vrmse"]["mean"])


def seconds_of(method: Record, batch: str = "batch_1") -> float:
    """Median seconds per sample."""
    return float(method["seconds_per_sample"][batch]["median"])


def verdict_sentence(method: Record) -> str:
    """The verdict in one sentence that needs no numerics."""
    numbers, name = method["speedup"], label_of(method)
    ratio, error = numbers["equal_error"], percent(error_of(method))
    bound = {"exact": "", "upper": "at best ", "lower": "at least "}[numbers["bound"]]
    if numbers["verdict"] == "win":
        return f"At the same error ({error}), {name} is {bound}{digits(ratio)} times faster than the solver."
    if numbers["verdict"] == "loss":
        worse = {"exact": "", "upper": "at least ", "lower": "at most "}[numbers["bound"]]
        return f"At the same error ({error}), the solver is {worse}{digits(1 / ratio)} times faster than {name}."
    if numbers["bound"] != "exact":
        return f"No winner can be named: {name} ({error}) lies outside the range of errors that the solver was run at."
    return f"At the same error ({error}), {name} and the solver take the same time within the uncertainty."


def evidence(method: Record) -> str:
    """The numbers behind the verdict."""
    numbers, name = method["speedup"], label_of(method)
    low, high = numbers["equal_error_ci95"]
    sign = {"exact": "", "upper": "at most ", "lower": "at least "}[numbers["bound"]]
    return (
        f"{name} takes {duration(seconds_of(method))} per sample, the solver {duration(numbers['solver_seconds_equal_error'])} for the "
        f"same error: a speed-up of {sign}{digits(numbers['equal_error'])} (95 % interval {digits(low)} to {digits(high)})."
    )


def rival(record: Record, error: float) -> Record:
    """The cheapest rung of the solver that is at least as accurate; the finest where none is."""
    enough = [rung for rung in record["envelope"] if rung["vrmse"] <= error]
    return enough[0] if enough else record["envelope"][-1]


def rival_name(rung: Record) -> str:
    """A rung as people call it: the multigrid solver on 48² cells."""
    scheme = f"{rung['scheme']} " if rung["scheme"] else ""
    return f"the {scheme}solver on {grid(rung['resolution'])} cells"


def advice(record: Record, method: Record) -> list[str]:
    """What to do about the verdict."""
    give = {"win": advice_after_win, "tie": advice_after_tie, "loss": advice_after_loss}[method["speedup"]["verdict"]]
    return [*give(record, method), batch_advice(method)]


def advice_after_loss(record: Record, method: Record) -> list[str]:
    return [
        use_solver(record, method),
        equal_time(method),
        f"{label_of(method)} would draw level if it took {duration(method['speedup']['solver_seconds_equal_error'])} per sample at its "
        f"present error, or if at its present {duration(seconds_of(method))} its error fell to "
        f"{percent(method['speedup']['error_ratio_equal_time'] * error_of(method))}.",
        "It never pays back its training: every prediction costs more than the solve it replaces.",
    ]


def advice_after_tie(record: Record, method: Record) -> list[str]:
    return [
        use_solver(record, method) + " It needs no training, and its error can be lowered at will.",
        equal_time(method),
        payback(method),
    ]


def advice_after_win(record: Record, method: Record) -> list[str]:
    finest = record["envelope"][-1]
    return [
        f"Use {label_of(method)} where an error of {percent(error_of(method))} is good enough and problems look like those it was trained on.",
        payback(method),
        f"Where less than {percent(error_of(method))} is asked for, use the solver: on {grid(finest['resolution'])} cells it reaches "
        f"{percent(finest['vrmse'])} in {duration(finest['seconds'])}.",
    ]


def use_solver(record: Record, method: Record) -> str:
    best = rival(record, error_of(method))
    return (
        f"Use {rival_name(best)}: {percent(best['vrmse'])} error in {duration(best['seconds'])} per solve, "
        f"where {label_of(method)} has {percent(error_of(method))} in {duration(seconds_of(method))}."
    )


def equal_time(method: Record) -> str:
    numbers = method["speedup"]
    ratio, bound = numbers["error_ratio_equal_time"], numbers["error_ratio_bound"]
    reached = percent(ratio * error_of(method))
    said = {"exact": reached, "upper": f"{reached} or less", "lower": f"no better than {reached}"}[bound]
    return f"In the time of one prediction the solver reaches an error of {said}."


def payback(method: Record) -> str:
    solves = method["speedup"]["break_even_solves"]
    upfront = method.get("training_seconds", 0.0) + method.get("generation_seconds", 0.0)
    if solves is None:
        return "Its training is never paid back: no time is saved per solve."
    return f"Generating data and training took {duration(upfront)}; that is paid back after {count(solves)} solves."


def batch_advice(method: Record) -> str:
    numbers = method["speedup_batch_32"]
    low, high = numbers["equal_error_ci95"]
    return (
        f"In batches of 32 with all cores on either side it is {factor(numbers['equal_error'])}"
        f"{' as' if factor(numbers['equal_error']) == 'as fast' else ' than'} the solver at the same error "
        f"({digits(numbers['equal_error'])}, 95 % interval {digits(low)} to {digits(high)}): a {numbers['verdict']}."
    )


def adversary_sentence(line: Record | None) -> str:
    """Whether the critic helps, on the headline error."""
    if line is None:
        return "Not measured: it takes both cgan and unet, trained on the same data."
    numbers = line["vrmse"]
    low, high = numbers["ci95_of_difference"]
    both = f"{percent(numbers['with'])} with it, {percent(numbers['without'])} without"
    if low > 0:
        return f"No: the critic raises the error ({both})."
    return f"Yes: the critic lowers the error ({both})." if high < 0 else f"No difference is shown in the error ({both})."
