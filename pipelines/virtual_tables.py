"""The section of the report on fields drawn without conditions, from metrics.json alone."""

from collections.abc import Mapping
from typing import Any

from .virtual import COPIES, GAUSSIAN
from .wording import digits, duration, unit

HALVES = "held-out fields themselves"
NOTES = {GAUSSIAN: "mean and covariance of the training fields, no network", COPIES: "training fields over again"}


def virtual_section(scores: Mapping[str, Any], truth: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates show of `virtual` and `virtual_truth` in metrics.json."""
    models = [name for name in scores if name not in (GAUSSIAN, COPIES)]
    return {
        "models": models,
        "sentences": [_sentence(name, scores) for name in models],
        "heads": ["variance ratio", "EOFs", f"energy distance{_of(truth)}", "its ratio", "nearest training field", "repetition"],
        "rows": [*(_row(name, entry) for name, entry in scores.items()), _true_row(scores[models[0]])],
        "target": str(truth["target"]).replace("_", " "),
        "held_out": truth["held_out_fields"],
        "training": truth["training_fields"],
    }


def _of(truth: Mapping[str, Any]) -> str:
    """The unit of the fields behind the name of a number, where they have one."""
    return "" if truth["units"] == "1" else f", {unit(truth['units'])}"


def _sentence(name: str, scores: Mapping[str, Any]) -> str:
    ours, plain = scores[name], scores[GAUSSIAN]
    better = "closer to them than" if ours["energy_distance_ratio"] < plain["energy_distance_ratio"] else "no closer to them than"
    return (
        f"Fields drawn by {name} have {digits(ours['variance_ratio'])} times the variance of held-out fields, and lie "
        f"{digits(ours['energy_distance_ratio'])} times as far from them as one half of them lies from the other; they are "
        f"{better} fields of a normal distribution ({digits(plain['energy_distance_ratio'])} times)."
    )


def _row(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    note = NOTES.get(name) or f"{entry['adversarial']}, trained in {duration(entry['training_seconds'])}"
    keys = ("variance_ratio", "eof_distance", "energy_distance", "energy_distance_ratio", "nearest_training_ratio", "repetition")
    return {"name": name, "note": note, "values": [digits(entry[key]) for key in keys]}


def _true_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = ["1", digits(entry["eof_distance_halves"]), "0", "1", "1", "1"]
    return {"name": HALVES, "note": "one half against the other", "values": values}
