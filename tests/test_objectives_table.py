"""The benchmark of objectives measures a network as the comparison does."""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fieldgan.data.datasets import open_dataset
from fieldgan.data.generation import generate
from gaussian_fields import MEMBERS, gaussian_fields

TABLE = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "objectives_table.py"))


def test_the_solver_itself_scores_as_its_half_does(tmp_path: Path) -> None:
    """Fields of the spread that is asked for: ratios are one but for chance, and half the spread shows."""
    scenario = replace(gaussian_fields(), members={**MEMBERS, "test": 96})
    dataset = open_dataset(generate(scenario, tmp_path, 200, seed=2).parent)

    def drawn(factor: float) -> SimpleNamespace:
        def fields(conditions, members=1, seed=0):
            stream = np.random.default_rng(seed)
            fine = np.repeat(np.repeat(conditions["spread"], 2, axis=1), 2, axis=2)  # as truths are solved
            own = np.array([scenario.ensemble({"spread": s}, int(stream.integers(2**31)), members)["height"] for s in fine])
            return {"height": factor * own.reshape(*own.shape[:2], 8, 2, 8, 2).mean(axis=(3, 5))}

        return SimpleNamespace(name="cgan", scenario=scenario, costs={}, fields=fields)

    right, narrow = (TABLE["measured"](drawn(factor), dataset, 20) for factor in (1.0, 0.5))
    assert right["crps_ratio"] == pytest.approx(1.0, abs=0.05)
    assert right["variance_ratio"] == pytest.approx(47 / 45, abs=0.1)  # E[1/s²] over E[s²] of 48 members
    assert narrow["variance_ratio"] == pytest.approx(0.25 * right["variance_ratio"], rel=1e-6)
    assert narrow["crps_ratio"] > right["crps_ratio"]
    assert set(right) <= {"scored", *TABLE["SHOWN"]}
    assert right["scored"] == 20
