"""Shapes cover the area that geometry says, on every grid."""

import numpy as np
import pytest
from fieldgan.data.scenarios.composite import Blob, Box, Disc, coverage, draw_blob, is_wide
from scipy.ndimage import distance_transform_edt, label

NARROWEST = 3 / 64


@pytest.mark.parametrize("resolution", [16, 64, 256])
def test_a_disc_covers_pi_r_squared(resolution):
    share = coverage(Disc(0.47, 0.52, 0.2), resolution)
    assert share.mean() == pytest.approx(np.pi * 0.2**2, rel=0.01)


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4])
def test_a_box_covers_width_times_height(angle):
    share = coverage(Box(0.5, 0.5, 0.3, 0.4, angle), 64)
    assert share.mean() == pytest.approx(0.12, rel=0.01)


@pytest.mark.parametrize("angle", np.linspace(0, np.pi / 2, 7))
def test_mixed_cells_are_within_five_percent_of_their_exact_share(angle):
    layer = Box(0.5, 0.5, 0.31, 4.0, angle)
    exact = (coverage(layer, 2048) > 0.5).reshape(32, 64, 32, 64).mean(axis=(1, 3))
    assert np.abs(coverage(layer, 32) - exact).max() < 0.05


def test_blob_edges_lie_on_the_level_line():
    blob = draw_blob(np.random.default_rng(3), NARROWEST)
    x = np.linspace(0.01, 0.99, 301)
    modes = np.array(blob.modes)
    phase = 2 * np.pi * (modes[:, 1] * x[:, None] + modes[:, 2] * 0.4) + modes[:, 3]
    inside = np.sum(modes[:, 0] * np.cos(phase), axis=1) > blob.threshold
    assert np.array_equal(blob(x[None], np.array([[0.4]]))[0] < 0, inside)


def test_blob_distance_is_that_of_a_plane_wave():
    wave = Blob(((1.0, 1.0, 0.0, 0.0),), 0.0)  # cos 2πx > 0: edges at x = 1/4 and 3/4
    x = np.array([[0.24, 0.26, 0.74, 0.76]])
    assert wave(x, np.array([[0.5]]))[0] == pytest.approx([-0.01, 0.01, 0.01, -0.01], rel=2e-3)


def union(*shapes):
    return lambda x, y: np.minimum.reduce([shape(x, y) for shape in shapes])


def discs(distance, *others):
    return union(Disc(0.5 - distance / 2, 0.5, 0.1), Disc(0.5 + distance / 2, 0.5, 0.1), *others)


@pytest.mark.parametrize(
    ("shape", "wide"),
    [
        (Disc(0.5, 0.5, 0.6 * NARROWEST), True),
        (Disc(0.5, 0.5, 0.4 * NARROWEST), False),
        (Box(0.4, 0.6, 1.15 * NARROWEST, 4.0, 0.4), True),
        (Box(0.4, 0.6, 0.8 * NARROWEST, 4.0, 0.4), False),
        (Box(0.4, 0.6, 0.4, 0.3, 0.4), True),  # sharp corners are no necks
        (discs(0.2 + 1.2 * NARROWEST), True),
        (discs(0.2 + 0.6 * NARROWEST), False),  # the gap
        (discs(0.4, Box(0.5, 0.5, 0.4, 1.2 * NARROWEST)), True),
        (discs(0.4, Box(0.5, 0.5, 0.4, 0.8 * NARROWEST)), False),  # the bridge
    ],
)
def test_necks_and_gaps_are_seen(shape, wide):
    assert is_wide(shape, NARROWEST) == wide


def test_blobs_have_no_narrow_necks():
    """Shrunk by nearly half the narrowest width, on a grid five times as fine, no blob falls into more pieces."""
    rng = np.random.default_rng(5)
    radius = 0.85 * NARROWEST / 2
    x = np.linspace(-NARROWEST, 1 + NARROWEST, 700)
    for _ in range(12):
        inside = draw_blob(rng, NARROWEST)(x[None], x[:, None]) < 0
        pieces, _ = label(inside)
        cores, _ = label(distance_transform_edt(inside, sampling=x[1] - x[0]) > radius)
        on_the_plate = np.unique(pieces[30:-30, 30:-30])
        for piece in on_the_plate[on_the_plate > 0]:
            assert np.unique(cores[(pieces == piece) & (cores > 0)]).size == 1
