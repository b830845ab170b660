"""Scores of unconditional networks: their fields beside held-out ones, and beside two baselines that need no network."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..data.scenario import Array
from ..data.storage import MANIFEST
from ..data.virtual_metrics import eof_shares, gaussian_fields, likeness, nearest_distance, points
from ..surrogate.virtual import VirtualModel, is_virtual, load_virtual
from ..surrogate.virtual_data import VirtualFields, read_fields
from ..surrogate.virtual_folder import COLLAPSED, collapse

MOST = 1000  # held-out fields that are scored, and fields that are generated
REMEMBERED = 20_000  # training fields among which copies are sought
SHARES = 40  # EOFs in metrics.json
COPIED = 0.5  # of the distance at which held-out fields lie from the training fields
REPEATED = 0.5
GAUSSIAN, COPIES = "gaussian", "copies"


@dataclass(frozen=True)
class VirtualComparison:
    """Generated and held-out fields and their scores.

    Attributes:
        record: {model or baseline: its numbers}, and what the truth itself scores, as in metrics.json.
        held_out: a part of the fields that training never saw.
        generated: {model or baseline: (n, 28, 28)}.
    """

    record: Mapping[str, Mapping[str, Any]]
    truth: Mapping[str, Any]
    held_out: VirtualFields
    generated: Mapping[str, Array]

    @property
    def models(self) -> list[str]:
        """The networks, without the baselines."""
        return [name for name in self.generated if name not in (GAUSSIAN, COPIES)]

    @property
    def warnings(self) -> list[str]:
        """What speaks against a network, one line each."""
        return [f"{name}: {line}" for name in self.models for line in self.record[name]["warnings"]]


def virtual_models(run_folder: Path) -> dict[str, VirtualModel]:
    """The finished unconditional networks of a run."""
    folders = sorted(path.parent for path in (run_folder / "models").glob(f"*/{MANIFEST}"))
    return {folder.name: load_virtual(folder) for folder in folders if is_virtual(folder)}


def compare_virtual(models: Mapping[str, VirtualModel], dataset: xr.Dataset) -> VirtualComparison:
    """Draw fields from every network and score them.

    Raises:
        UsageError: if there are too few held-out fields.
        IntegrityError: if the data cannot be trusted.
    """
    rng = np.random.default_rng(0)
    target = next(iter(models.values())).description.target.name
    parts = ((True, REMEMBERED), (False, MOST))
    training, held_out = (_some(read_fields(dataset, kind, target), most, rng) for kind, most in parts)
    n = len(held_out.values)
    generated = {name: model.fields(n) for name, model in models.items()}
    generated[GAUSSIAN] = gaussian_fields(training.values, n, rng)
    generated[COPIES] = training.values[rng.choice(len(training.values), n, replace=n > len(training.values))]
    known, true = (points(f.values, held_out.weights) for f in (training, held_out))
    away = float(np.median(nearest_distance(true, known)))
    scores = {name: _scores(points(a, held_out.weights), true, held_out.samples, known, away) for name, a in generated.items()}
    told = {name: _told(models[name], entry) if name in models else {} for name, entry in scores.items()}
    truth = {
        "target": held_out.target.name,
        "units": held_out.target.units,
        "held_out_fields": n,
        "training_fields": len(training.values),
        "nearest_training": away,
        "eof_shares": eof_shares(true)[:SHARES].tolist(),
    }
    return VirtualComparison({name: scores[name] | told[name] for name in scores}, truth, held_out, generated)


def _some(fields: VirtualFields, most: int, rng: np.random.Generator) -> VirtualFields:
    """Whole samples by chance, as many as have no more fields than wanted, one at least."""
    names = rng.permutation(np.unique(fields.samples))
    per_sample = max(1, len(fields.samples) // len(names))
    kept = np.isin(fields.samples, names[: max(2, most // per_sample)])
    return VirtualFields(fields.target, fields.coords, fields.values[kept], fields.samples[kept])


def _scores(generated: Array, held_out: Array, samples: Array, training: Array, away: float) -> dict[str, Any]:
    """The numbers of one set of fields."""
    near = float(np.median(nearest_distance(generated, training)))
    return {
        **asdict(likeness(generated, held_out, samples, np.random.default_rng(0))),
        "nearest_training": near,
        "nearest_training_ratio": near / away,
        "eof_shares": eof_shares(generated)[:SHARES].tolist(),
    }


def _told(model: VirtualModel, scores: Mapping[str, Any]) -> dict[str, Any]:
    """What a network cost, and what speaks against it."""
    return {
        "adversarial": model.description.settings.adversarial,
        "training_seconds": model.stored.costs["training_seconds"],
        "warnings": _warnings(model, scores),
    }


def _warnings(model: VirtualModel, scores: Mapping[str, Any]) -> list[str]:
    lines = [line for line in [collapse(model.stored.history)] if line]
    if scores["variance_ratio"] < COLLAPSED and not lines:
        lines.append(f"its fields have {100 * scores['variance_ratio']:.2g} % of the variance of held-out fields: mode collapse")
    if scores["repetition"] < REPEATED:
        lines.append(
            f"its fields lie {scores['repetition']:.2g} times as far from each other as held-out ones: it repeats a few of them"
        )
    if scores["nearest_training_ratio"] < COPIED:
        lines.append(
            f"its fields lie {scores['nearest_training_ratio']:.2g} times as far from the training fields as held-out ones: "
            "they are near copies"
        )
    return lines
