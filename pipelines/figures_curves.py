"""Distributions of errors, spectra, and training curves."""

from collections.abc import Container

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..data.scenario import Array, Variable
from ..data.spectra import Edges, radial_spectrum
from ..surrogate.model_folder import ENSEMBLE_JUDGE, JUDGE
from .figure_style import Theme, colour, label_decades, percent_tick
from .figures_samples import leaders, plain
from .result import Comparison

BINS = 24
SPECTRA = 4  # methods beside the truth
LEAST_ENERGY = 1e-12  # of the largest: what float32 fields resolve


def error_histogram(comparison: Comparison, theme: Theme) -> Figure:
    """How the errors of the test samples are spread, one row per method; the line is the mean."""
    labels = leaders(comparison)
    figure = Figure(figsize=(8.6, 0.85 * len(labels) + 0.8), layout="constrained")
    rows = figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0]
    values = np.concatenate([comparison.errors(label) for label in labels])
    edges = np.geomspace(max(values.min(), 1e-8) * 0.9, values.max() * 1.1, BINS + 1)
    for axes, label in zip(rows, labels, strict=True):
        errors = comparison.errors(label)
        axes.hist(errors, bins=edges, color=colour(label), alpha=0.85)
        axes.axvline(errors.mean(), color=theme.ink, lw=1.2)
        axes.set_xscale("log")
        axes.set_ylabel(label, rotation=0, ha="right", va="center")
        axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    label_decades(rows[-1].xaxis, percent_tick)
    rows[-1].set_xlabel(f"{comparison.measure} of a test sample (bars: number of samples; line: mean)")
    return figure


def spectra(comparison: Comparison, target: Variable, theme: Theme) -> Figure:
    """Mean energy per wavenumber of truth and predictions, and that of their errors."""
    figure = Figure(figsize=(8.6, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    truth, edges = comparison.problems.truth[target.name], comparison.problems.edges
    counts = (comparison.problems.weights > 0).reshape(len(truth), *(1,) * len(target.axes), *truth.shape[-2:])
    for axes in (left, right):
        axes.loglog(*mean_spectrum(truth, edges), color=theme.ink, lw=3, alpha=0.35, label="truth")
    for label in leaders(comparison)[:SPECTRA]:
        field = np.where(counts, comparison.predictions[label][target.name], truth)
        left.loglog(*mean_spectrum(field, edges), color=colour(label), label=label)
        right.loglog(*mean_spectrum(field - truth, edges), color=colour(label), label=label)
    left.set_title(f"{plain(target.name)}: energy of the field")
    right.set_title("energy of the error")
    for axes in (left, right):
        axes.set_xlabel("wavenumber k")
        axes.grid(True, which="major")
    left.legend()
    energy = mean_spectrum(truth, edges)[1]
    left.set_ylim(bottom=max(energy.max() * LEAST_ENERGY, energy.min() / 10))
    return figure


def mean_spectrum(fields: Array, edges: Edges = "open") -> tuple[Array, Array]:
    """Wavenumbers k ≥ 1 and energy, averaged over samples; fields (n, *axes, ny, nx)."""
    energy = radial_spectrum(fields.reshape(-1, *fields.shape[-2:]), edges).mean(axis=0)
    return np.arange(1, len(energy)), energy[1:]


def judged_by(history: Container[str]) -> str:
    """The column of the validation error; "" where there was no validation."""
    return next((name for name in (JUDGE, ENSEMBLE_JUDGE) if name in history), "")


def training_curves(comparison: Comparison, theme: Theme) -> Figure:
    """Validation error of every model against training time."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, history in comparison.histories.items():
        if judge := judged_by(history):
            axes.plot(history["seconds"] / 60, history[judge], ".-", color=colour(name), label=name)
    for label in comparison.labels("baseline"):
        if label.startswith("lift"):
            axes.axhline(comparison.errors(label).mean(), color=colour(label), ls=":", label=f"{label} (no training)")
    axes.set_yscale("log")
    label_decades(axes.yaxis, percent_tick)
    axes.set_xlabel("training time [min]")
    axes.set_ylabel(f"validation {'CRPS' if comparison.problems.members else 'vrmse'}")
    axes.grid(True, which="major")
    axes.legend()
    return figure
