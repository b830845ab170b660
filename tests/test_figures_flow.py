"""The figure of the cavity shows computed profiles beside the tables, and the command draws it."""

import numpy as np
import pytest
from fieldgan.pipelines import figures_flow
from fieldgan.pipelines.cli import call
from fieldgan.pipelines.figure_style import LIGHT
from fieldgan.solvers.validation.ghia import REYNOLDS, u_on_the_vertical, v_on_the_horizontal


def test_profiles_pass_through_the_tables():
    left, right, side = figures_flow.cavity_profiles(LIGHT).axes
    for n, reynolds in enumerate(REYNOLDS):
        (curve, points), (y, u) = left.get_lines()[2 * n : 2 * n + 2], u_on_the_vertical(reynolds)
        np.testing.assert_array_equal(points.get_xydata(), np.column_stack([u, y]))
        assert np.interp(y, curve.get_ydata(), curve.get_xdata()) == pytest.approx(u, abs=0.01)
        (curve, points), (x, v) = right.get_lines()[2 * n : 2 * n + 2], v_on_the_horizontal(reynolds)
        np.testing.assert_array_equal(points.get_xydata(), np.column_stack([x, v]))
        assert np.interp(x, *curve.get_xydata().T) == pytest.approx(v, abs=0.02)
    written = [text.get_text() for text in side.texts]
    assert [str(reynolds) for reynolds in REYNOLDS] == [text for text in written if text.isdigit()]


def test_validate_refuses_a_figure_that_cannot_be_drawn(tmp_path, capsys):
    assert call(["validate", "flow", "--figure", str(tmp_path / "profiles.svg")]) == 2
    assert "name a .png file in a folder that exists" in capsys.readouterr().err
