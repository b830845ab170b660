"""The sentences of the report: the verdict, what to do about it, and why; from metrics.json alone."""

from collections.abc import Mapping
from typing import Any

from .adversary import WITH, effect, without
from .result import judge, label_of
from .speedup import MATERIAL
from .wording import count, digits, duration, factor, grid, percent, spread, verdict_word

Record = Mapping[str, Any]

EQUALITY = {"exact": "At the same error", "upper": "At no more error", "lower": "At no more error"}
RIVALS = {"exact": "for the same error", "upper": "for less error", "lower": "for more error"}
BOUNDS = {"exact": "", "upper": "at most ", "lower": "at least "}
ANSWERS = {
    "worse": "No: the critic raises the error",
    "better": "Yes: the critic lowers the error",
    "no difference shown": "No difference is shown",
}
REVERSED = {"exact": "", "upper": "at least ", "lower": "at most "}


def error_of(method: Record) -> float:
    """Mean of the error that methods are ranked by."""
    return float(error_summary(method)["mean"])


def error_summary(method: Record) -> Record:
    """That error: mean, median, 90th percentile, worst and interval."""
    overall: Record = method["metrics"]["overall"]
    summary: Record = overall[judge(overall)]
    return summary


def seconds_of(method: Record) -> float:
    """Median seconds per sample at batch 1."""
    return float(method["seconds_per_sample"]["batch_1"]["median"])


def verdict_sentence(method: Record) -> str:
    """The verdict in one sentence that needs no numerics."""
    numbers, name = method["speedup"], label_of(method)
    ratio, error, bound = numbers["equal_error"], percent(error_of(method)), numbers["bound"]
    if numbers["verdict"] == "win":
        much = f"{BOUNDS[bound]}{digits(ratio)}"
        return f"{EQUALITY[bound]} ({error}), {name} is {much} times faster than the solver."
    if numbers["verdict"] == "loss":
        much = f"{REVERSED[bound]}{digits(1 / ratio)}"
        return f"{EQUALITY[bound]} ({error}), the solver is {much} times faster than {name}."
    if bound != "exact":
        return f"No winner can be named: the error of {name} ({error}) is out of the range of the solver's."
    return f"At the same error ({error}), {name} and the solver take the same time within the uncertainty."


def evidence(method: Record) -> str:
    """The numbers behind the verdict."""
    numbers, name = method["speedup"], label_of(method)
    rival = duration(numbers["solver_seconds_equal_error"])
    ratio = f"{BOUNDS[numbers['bound']]}{digits(numbers['equal_error'])}"
    return (
        f"{name} takes {duration(seconds_of(method))} per sample, the solver {rival} {RIVALS[numbers['bound']]}: "
        f"a speed-up of {ratio} (95 % interval {spread(numbers['equal_error_ci95'])})."
    )


def advice(record: Record, method: Record) -> list[str]:
    """What to do about the verdict."""
    give = {"win": after_win, "tie": after_tie, "loss": after_loss}[method["speedup"]["verdict"]]
    return [*give(record, method), batch_advice(method)]


def after_win(record: Record, method: Record) -> list[str]:
    name, error = label_of(method), percent(error_of(method))
    return [
        f"Use {name} where an error of {error} is good enough and problems are like those it was trained on.",
        payback(method),
        for_less_error(record, method),
    ]


def for_less_error(record: Record, method: Record) -> str:
    """The finest rung; where its error is no less, the solver of the truth."""
    finest = record["envelope"][-1]
    if finest["error"] < error_of(method):
        found = f"{percent(finest['error'])} in {duration(finest['seconds'])}"
        return f"Where less error is asked for, use {rung_name(record, finest)}: {found}."
    truth, width = record["truth"], record.get("width", 1)
    seconds = duration(truth["seconds_per_sample"]["batch_1"]["median"])
    return (
        f"Where less error is asked for, use the solver on more than {grid(finest['resolution'], width)} cells, which leave "
        f"{percent(finest['error'])}; that of the truth, on {grid(truth['resolution'], width)}, takes {seconds}."
    )


def after_tie(record: Record, method: Record) -> list[str]:
    if method["speedup"]["bound"] == "lower":
        finest = record["envelope"][-1]
        return [
            f"Extend the ladder: the solver was run up to {grid(finest['resolution'], record.get('width', 1))} cells "
            f"({percent(finest['error'])} error), and {label_of(method)} is more accurate than that.",
            payback(method),
        ]
    return [
        use_solver(record, method) + " It needs no training, and its error can be lowered at will.",
        equal_time(method),
        payback(method),
    ]


def after_loss(record: Record, method: Record) -> list[str]:
    return [
        use_solver(record, method),
        equal_time(method),
        drawing_level(method),
        "It never pays back its training: every prediction costs more than the solve it replaces.",
    ]


def use_solver(record: Record, method: Record) -> str:
    """The cheapest rung that is at least as accurate."""
    error = error_of(method)
    best = next((rung for rung in record["envelope"] if rung["error"] <= error), record["envelope"][-1])
    return (
        f"Use {rung_name(record, best)}: {percent(best['error'])} error in {duration(best['seconds'])} per solve, "
        f"where {label_of(method)} has {percent(error)} in {duration(seconds_of(method))}."
    )


def rung_name(record: Record, rung: Record) -> str:
    """A rung as people call it: the multigrid solver on 48² cells."""
    scheme = f"{rung['scheme']} " if rung["scheme"] else ""
    return f"the {scheme}solver on {grid(rung['resolution'], record.get('width', 1))} cells"


def equal_time(method: Record) -> str:
    """What the solver reaches in the time of one prediction."""
    numbers = method["speedup"]
    reached = percent(numbers["error_ratio_equal_time"] * error_of(method))
    said = {"exact": reached, "upper": f"{reached} or less", "lower": f"no better than {reached}"}
    return f"In the time of one prediction the solver reaches an error of {said[numbers['error_ratio_bound']]}."


def drawing_level(method: Record) -> str:
    """How fast or how accurate it would have to be."""
    numbers = method["speedup"]
    less = "less than " if numbers["bound"] == "upper" else ""
    below = "below" if numbers["error_ratio_bound"] == "upper" else "to"
    wanted = percent(numbers["error_ratio_equal_time"] * error_of(method))
    time = f"{less}{duration(numbers['solver_seconds_equal_error'])}"
    return (
        f"{label_of(method)} would draw level if it took {time} at its present error, or if its error fell "
        f"{below} {wanted} at its present {duration(seconds_of(method))}."
    )


def payback(method: Record) -> str:
    """When data generation and training are paid back."""
    solves = method["speedup"]["break_even_solves"]
    if solves is None:
        return "Its training is not known to be paid back: no saving per solve is shown."
    spent = duration(method.get("training_seconds", 0.0) + (method.get("generation_seconds") or 0.0))
    return f"Generating data and training took {spent}; that is paid back after {count(solves)} solves."


def batch_advice(method: Record) -> str:
    """The same for batches, in short."""
    numbers = method["speedup_batch_32"]
    ratio = f"{BOUNDS[numbers['bound']]}{digits(numbers['equal_error'])}"
    return (
        f"In batches of 32, all cores on either side, it is {factor(numbers['equal_error'])} the solver "
        f"{RIVALS[numbers['bound']]} (speed-up {ratio}, 95 % interval {spread(numbers['equal_error_ci95'])}): "
        f"{verdict_word(numbers)}."
    )


def adversary_sentence(line: Record | None, decisive: str = "vrmse") -> str:
    """Whether the critic helps, on the headline error: vrmse, or of ensembles the energy distance."""
    if line is None:
        return "Not measured: it takes both cgan and unet, trained on the same data."
    numbers = line[decisive]
    answer, write = ANSWERS[effect(numbers)], percent if decisive == "vrmse" else digits
    return f"{answer} ({write(numbers['with'])} with it, {write(numbers['without'])} without)."


def adversary_note(record: Record) -> str:
    """What was equal on both sides, and what the interval does not hold."""
    other = without([m["name"] for m in record["methods"]])
    spent = {m["name"]: duration(m.get("training_seconds")) for m in record["methods"] if m["name"] in (WITH, other)}
    return (
        f"The same generator, data and number of training steps, which took {spent[WITH]} with the critic and "
        f"{spent[other]} without. Each was trained once, from one seed: the interval holds the scatter of the test "
        f"samples, not that of training. Differences below {100 * MATERIAL:g} % count as none."
    )
