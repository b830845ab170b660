"""Writes comparison/: figures, metrics.nc, report.html, report.md, and metrics.json last."""

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import xarray as xr

from .. import __version__
from ..data.metrics import OF_THE_FIELD
from ..data.netcdf import write_dataset
from ..data.storage import write_bytes, write_json, write_text
from . import report_text, wording
from .adversary import without
from .figures import figures, render
from .figures_ensembles import animation
from .report_tables import (
    adversary_rows,
    difference_rows,
    ensemble_tables,
    ladder_rows,
    machine_rows,
    method_rows,
    metric_table,
    part_rows,
    quantity_rows,
    small_batches,
)
from .result import Comparison
from .virtual_tables import virtual_section

FILTERS = ("percent", "duration", "duration_range", "digits", "count", "verdict_word", "bounded")
TEMPLATES = jinja2.PackageLoader("fieldgan.pipelines")


def write_report(folder: Path, comparison: Comparison) -> None:
    """Write all files of a comparison, each whole."""
    images = {name: render(draw) for name, draw in figures(comparison).items()}
    for name, (light, _) in images.items():
        write_bytes(folder / "figures" / f"{name}.png", light)
    write_dataset(folder / "metrics.nc", per_sample(comparison))
    if comparison.problems.members:
        write_bytes(folder / "animation.gif", animation(comparison, comparison.problems.scenario.targets[0]))
    context = report_context(comparison)
    write_text(folder / "report.md", template("report.md.j2", escape=False).render(context))
    embedded = {name: tuple(map(data_address, pair)) for name, pair in images.items()}
    write_text(folder / "report.html", template("report.html.j2", escape=True).render(context, images=embedded))
    write_json(folder / "metrics.json", comparison.record)


def template(name: str, escape: bool) -> jinja2.Template:
    """A template with the words for numbers as filters; names that are not there raise."""
    environment = jinja2.Environment(
        loader=TEMPLATES,
        autoescape=escape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(wording, name) for name in FILTERS}
    environment.globals |= {"percent_range": wording.percent_range, "signs": wording.SIGNS}
    return environment.get_template(name)


def report_context(comparison: Comparison) -> dict[str, Any]:
    """What the templates show."""
    record, headline = comparison.record, comparison.entry(comparison.headline)
    return {
        "record": record,
        "version": __version__,
        "headline": headline,
        "error": report_text.error_summary(headline),
        "measure": comparison.measure,
        "ensembles": ensemble_tables(record, comparison.problems.scenario.targets),
        "sentence": report_text.verdict_sentence(headline),
        "evidence": report_text.evidence(headline),
        "advice": report_text.advice(record, headline),
        "ladder": ladder_rows(record),
        "methods": method_rows(record),
        "adversary": adversary_rows(record["adversary"]),
        "adversary_sentence": report_text.adversary_sentence(record["adversary"], decisive(record)),
        "without": without([m["name"] for m in record["methods"]]),
        "adversary_note": report_text.adversary_note(record) if record["adversary"] else "",
        "measures": {v.name: metric_table(record, v) for v in comparison.problems.scenario.targets},
        "vanishing": [v.name for v in comparison.problems.scenario.targets if v.vanishes],
        "parts": part_rows(headline),
        "quantities": quantity_rows(record),
        "differences": difference_rows(record, comparison.problems.scenario.quantity_units),
        "grid": partial(wording.grid, width=record["width"]),
        "small_batches": small_batches(record),
        "machine": machine_rows(record["machine"]),
        "targets": [v.name for v in comparison.problems.scenario.targets],
        "summary": comparison.problems.scenario.summary,
        "framed": any(v.where for v in comparison.problems.scenario.inputs),
        "holed": bool(comparison.problems.scenario.hole),
        "stored": comparison.problems.scenario.stored_resolution,
        "virtual": virtual_section(record["virtual"], record["virtual_truth"]) if comparison.virtual else {},
    }


def decisive(record: Mapping[str, Any]) -> str:
    """What the critic is judged by: the vrmse, or of ensembles the distance of their distribution from the solver's."""
    return "energy_distance" if record.get("members") else "vrmse"


def data_address(image: bytes) -> str:
    """A PNG inside the page itself."""
    return "data:image/png;base64," + base64.b64encode(image).decode()


def per_sample(comparison: Comparison) -> xr.Dataset:
    """Errors of every method and sample, seconds of every repeat; NaN where a metric is missing."""
    labels = list(comparison.methods)
    indices = comparison.problems.indices
    scenario = comparison.problems.scenario
    units = {**{v.name: v.units for v in scenario.targets}, **scenario.quantity_units}
    fields: dict[str, Any] = {}
    for variable, metric in sorted({(v, m) for scores in comparison.scores.values() for v in scores for m in scores[v]}):
        missing = np.full(indices.size, np.nan)
        rows = [comparison.scores[label][variable].get(metric, missing) for label in labels]
        fields[f"{variable}_{metric}"] = (
            ("name", "sample"),
            np.array(rows),
            {"units": metric_units(metric, units.get(variable, "1")), "long_name": f"{metric} of {variable}"},
        )
    for batch in ("batch_1", "batch_32"):
        rows = [getattr(comparison.seconds[label], batch) for label in labels]
        text = {"units": "s", "long_name": f"seconds per sample at {batch.replace('_', ' ')}"}
        fields[f"seconds_{batch}"] = (("name", f"repeat_{batch}"), np.array(rows), text)
    coords = {
        "name": np.array(labels, dtype=object),
        "sample": ("sample", indices, {"units": "1", "long_name": "number of the sample"}),
    }
    return xr.Dataset(
        fields,
        coords,
        {"title": f"comparison of {comparison.record['scenario']}", "source": f"fieldgan {__version__}"},
    )


def metric_units(metric: str, units: str) -> str:
    """The units of a metric of a field with these units."""
    return units if metric in OF_THE_FIELD else {"mae_percent": "percent"}.get(metric, "1")
