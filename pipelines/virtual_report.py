"""Puts scores of unconditional networks into a comparison, or writes a report of them alone where no solver is compared."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from .. import __version__
from ..data.storage import write_bytes, write_json, write_text
from .figures import render
from .figures_virtual import virtual_figures
from .record import SCHEMA, finite
from .report import data_address, template
from .report_tables import machine_rows
from .result import Comparison
from .virtual import VirtualComparison
from .virtual_tables import virtual_section


def joined(comparison: Comparison, virtual: VirtualComparison) -> Comparison:
    """A comparison with the scores of unconditional networks in it."""
    numbers: dict[str, Any] = finite({"virtual": virtual.record, "virtual_truth": virtual.truth})
    warnings = [*comparison.record["warnings"], *virtual.warnings]
    return replace(comparison, record={**comparison.record, **numbers, "warnings": warnings}, virtual=virtual)


def virtual_record(virtual: VirtualComparison, dataset: xr.Dataset, machine: Mapping[str, Any]) -> dict[str, Any]:
    """metrics.json of a run without a solver, or without models that could be compared with it."""
    numbers: dict[str, Any] = finite(
        {
            "schema": SCHEMA,
            "scenario": str(dataset.attrs.get("fieldgan_scenario", "")),
            "title": str(dataset.attrs.get("title", "own data")),
            "test_samples": len(set(virtual.held_out.samples.tolist())),
            "methods": [],
            "virtual": virtual.record,
            "virtual_truth": virtual.truth,
            "warnings": virtual.warnings,
            "machine": machine,
        }
    )
    return numbers


def write_virtual_report(folder: Path, virtual: VirtualComparison, record: Mapping[str, Any]) -> None:
    """Write figures, report.html, report.md, and metrics.json last."""
    images = {name: render(draw) for name, draw in virtual_figures(virtual).items()}
    for name, (light, _) in images.items():
        write_bytes(folder / "figures" / f"{name}.png", light)
    context = {
        "record": record,
        "version": __version__,
        "virtual": virtual_section(record["virtual"], record["virtual_truth"]),
        "machine": machine_rows(record["machine"]),
    }
    write_text(folder / "report.md", template("virtual_report.md.j2", escape=False).render(context))
    embedded = {name: tuple(map(data_address, pair)) for name, pair in images.items()}
    write_text(folder / "report.html", template("virtual_report.html.j2", escape=True).render(context, images=embedded))
    write_json(folder / "metrics.json", record)
