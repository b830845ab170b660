"""Figures show what was measured: points, envelope, shared colour ranges, blank holes."""

from dataclasses import replace

import numpy as np
import pytest
from fieldgan.data.scenario import Variable
from fieldgan.pipelines.figure_style import COLOURS, DARK, LIGHT, colour, dressed, duration_tick, marker
from fieldgan.pipelines.figures import figures
from fieldgan.pipelines.figures_cost import cost_against_error, rivals, times
from fieldgan.pipelines.figures_curves import error_histogram, mean_spectrum, training_curves
from fieldgan.pipelines.figures_samples import error_panels, ranked_rows, sample_panels
from fieldgan.pipelines.presets import MODELS, preset
from fieldgan.pipelines.wording import unit
from matplotlib.colors import to_rgb
from screened_poisson import SCENARIO, compared

TARGET = compared().problems.scenario.targets[0]


def test_cost_figure_has_a_point_for_every_method() -> None:
    comparison = compared()
    axes = cost_against_error(comparison, LIGHT).axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    for label in ("cgan", "unet", "mean"):
        x, y = lines[label].get_xdata()[0], lines[label].get_ydata()[0]
        assert x == pytest.approx(comparison.errors(label).mean())
        assert y == pytest.approx(np.median(comparison.seconds[label].batch_1))
    assert list(lines["solver"].get_ydata()) == pytest.approx([r * r * 1e-6 for r in (8, 12, 16, 32, 64)])
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_cost_figure_shows_solvers_of_more_schemes_than_there_are_styles() -> None:
    comparison = compared()
    named = {
        label: replace(m, scheme=f"scheme {k}") if m.kind == "solver" else m
        for k, (label, m) in enumerate(comparison.methods.items())
    }
    schemes = [m.scheme for m in named.values() if m.kind == "solver"]
    more = {f"solver@8 extra {k}": replace(named["solver@8"], scheme=f"extra {k}") for k in range(4)}
    scores, seconds = (dict.fromkeys(more, part["solver@8"]) for part in (comparison.scores, comparison.seconds))
    crowded = replace(
        comparison,
        methods={**named, **more},
        scores={**comparison.scores, **scores},
        seconds={**comparison.seconds, **seconds},
    )
    told = {line.get_label() for line in cost_against_error(crowded, LIGHT).axes[0].get_lines()}
    assert {f"solver, {scheme}" for scheme in (*schemes, *(m.scheme for m in more.values()))} <= told


def test_cost_figure_says_how_the_solver_compares() -> None:
    comparison = compared()
    ratio = comparison.entry("cgan")["speedup"]["equal_error"]
    texts = [text.get_text() for text in cost_against_error(comparison, LIGHT).axes[0].texts]
    assert any(f"{ratio:.2f}× slower\nat equal error" in text for text in texts)


def test_samples_are_the_best_median_and_worst() -> None:
    comparison = compared()
    errors, rows = comparison.errors("cgan"), ranked_rows(comparison)
    assert errors[rows["best"]] == errors.min()
    assert errors[rows["worst"]] == errors.max()
    assert errors[rows["median"]] == np.sort(errors)[len(errors) // 2]


def test_truth_and_prediction_share_a_range_and_errors_are_symmetric() -> None:
    comparison = compared()
    images = [a.images[0] for a in sample_panels(comparison, TARGET, LIGHT).axes if a.images]
    truth, prediction, error = images[1:4]
    row = ranked_rows(comparison)["best"]
    field = comparison.problems.truth["temperature"][row]
    both = np.stack([field, comparison.predictions["cgan"]["temperature"][row]])
    assert truth.get_clim() == prediction.get_clim() == pytest.approx((both.min(), both.max()))
    assert error.get_clim()[0] == -error.get_clim()[1]
    assert np.asarray(truth.get_array()) == pytest.approx(field)
    assert truth.origin == "lower"


def test_signed_sources_have_zero_in_the_middle_of_their_colours() -> None:
    comparison = compared()
    inputs = (replace(comparison.problems.scenario.inputs[0], linearity="linear"),)
    signed = replace(comparison, problems=replace(comparison.problems, scenario=replace(SCENARIO, inputs=inputs)))
    for first in [a.images[0] for a in sample_panels(signed, TARGET, LIGHT).axes if a.images][::4]:
        assert first.get_clim()[0] == -first.get_clim()[1]
        assert first.get_clim()[1] == pytest.approx(np.abs(first.get_array()).max())


def test_sides_frame_the_field_and_holes_are_filled() -> None:
    """West is held at 7 K, south coupled by half at -3 K, a held hole has 5 K; the others are insulated."""
    shape = (len(compared().problems.truth["temperature"]), 32, 32)
    fields = {name: np.zeros(shape) for name in ("tied_x", "tied_y", "beyond_x", "beyond_y", "held", "inside")}
    fields["tied_x"][..., 0], fields["beyond_x"][..., 0] = 1.0, 7.0
    fields["tied_y"][..., 0, :], fields["beyond_y"][..., 0, :] = 0.5, -3.0
    fields["held"][:, 10:14, 10:14], fields["inside"][:, 10:14, 10:14] = 1.0, 5.0
    supports = {"tied_x": "beyond_x", "tied_y": "beyond_y", "held": "inside"}
    inputs = (
        *SCENARIO.inputs,
        *(Variable(name, "1", name) for name in supports),
        *(Variable(name, "K", name, where=where) for where, name in supports.items()),
    )
    problems = compared().problems
    plate = replace(problems, scenario=replace(SCENARIO, inputs=inputs), conditions={**problems.conditions, **fields})
    weights = np.array(problems.weights)
    weights[:, 10:14, 10:14] = 0.0
    drilled = replace(compared(), problems=replace(plate, weights=weights))
    panels = [axes for axes in sample_panels(drilled, TARGET, LIGHT).axes if axes.images]
    _, west, south, hole = panels[1].images
    assert [len(panel.images) for panel in panels[:4]] == [1, 4, 4, 1]
    assert (west.get_extent()[1] < 0, south.get_extent()[3] < 0) == (True, True)
    assert set(west.get_array().compressed()) == {7.0}
    assert set(south.get_array().compressed()) == {-3.0}
    assert set(hole.get_array().compressed()) == {5.0}
    assert west.get_array().count() == 2 * south.get_array().count()
    assert south.get_array().mask[0].all()  # half the width, and that next to the plate
    assert {image.get_clim() for image in panels[1].images} == {panels[1].images[0].get_clim()}


def test_arrows_end_at_a_rung_beyond_the_ladder() -> None:
    comparison = compared()
    entry = comparison.entry("cgan")
    bounded = {**entry, "speedup": {**entry["speedup"], "bound": "upper", "error_ratio_bound": "upper"}}
    record = {**comparison.record, "methods": [bounded]}
    (end, words), (level, _) = rivals(replace(comparison, record=record))
    coarsest, finest = (comparison.record["envelope"][k] for k in (0, -1))
    assert end == (coarsest["error"], coarsest["seconds"])
    assert level == (finest["error"], finest["seconds"])
    assert words.endswith("at less error")
    (end, words), _ = rivals(comparison)
    assert end[0] == pytest.approx(comparison.errors("cgan").mean())
    assert words.endswith("at equal error")


def test_errors_of_all_methods_share_a_range() -> None:
    comparison = compared()
    images = [a.images[0] for a in error_panels(comparison, TARGET, LIGHT).axes if a.images]
    assert len(images) == 9
    assert len({image.get_clim() for image in images[:3]}) == 1


def test_holes_are_left_blank() -> None:
    comparison = compared()
    weights = np.array(comparison.problems.weights)
    weights[:, 3:6, 3:6] = 0.0
    drilled = replace(comparison, problems=replace(comparison.problems, weights=weights))
    images = [a.images[0] for a in sample_panels(drilled, TARGET, LIGHT).axes if a.images]
    for image in images:
        assert np.ma.getmaskarray(image.get_array()).sum() == 9


def test_histogram_counts_every_sample() -> None:
    comparison = compared()
    rows = error_histogram(comparison, LIGHT).axes
    counts = [sum(patch.get_height() for patch in axes.patches) for axes in rows]
    assert counts == [comparison.problems.count] * 3


def test_spectrum_of_a_cosine_sits_at_its_wavenumber() -> None:
    """u = cos(5πx) has mean square 1/2, all of it at five half waves."""
    x = (np.arange(64) + 0.5) / 64
    k, energy = mean_spectrum(np.broadcast_to(np.cos(5 * np.pi * x), (1, 64, 64)))
    assert k[np.argmax(energy)] == 5
    assert energy.max() == pytest.approx(0.5)
    assert energy.sum() == pytest.approx(0.5)


def test_training_curves_show_every_history() -> None:
    history = {"seconds": np.array([60.0, 120.0]), "validation_vrmse": np.array([0.2, 0.1])}
    comparison = replace(compared(), histories={"cgan": history})
    line = training_curves(comparison, LIGHT).axes[0].get_lines()[0]
    assert list(line.get_xdata()) == [1.0, 2.0]
    assert list(line.get_ydata()) == [0.2, 0.1]
    assert line.get_marker() == "."  # a run that was validated once shows too
    assert "training" in figures(comparison)
    assert "training" not in figures(compared())


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ink_stands_out_from_paper(theme: object) -> None:
    """Contrast by WCAG 2: 7 for ink, 4.5 for lesser ink, 2.5 at least for marks."""
    with dressed(theme):  # type: ignore[arg-type]
        paper = theme.paper  # type: ignore[attr-defined]
        assert contrast(theme.ink, paper) > 7  # type: ignore[attr-defined]
        assert contrast(theme.muted, paper) > 4.5  # type: ignore[attr-defined]
        assert all(contrast(colour, paper) > 2 for colour in COLOURS.values())


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_words_on_axes() -> None:
    assert [duration_tick(s, 0) for s in (2e-5, 1e-3, 0.05, 3.0)] == ["20 µs", "1 ms", "50 ms", "3 s"]
    assert times(4.0, "faster", "slower") == "4.00× faster"
    assert times(0.25, "faster", "slower") == "4.00× slower"
    assert unit("W m-3") == "W m⁻³"


def test_models_of_one_comparison_have_colours_of_their_own() -> None:
    for scenario in ("heat", "weather"):
        names = preset("standard", scenario).get("models", MODELS)
        assert len({colour(name) for name in names}) == len({marker(name) for name in names}) == len(names)
