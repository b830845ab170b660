"""Presets: every one resolves for every scenario, and they grow."""

from itertools import pairwise

import pytest
from fieldgan.data.scenarios import known, scenario
from fieldgan.pipelines.config import resolve
from fieldgan.pipelines.presets import PRESETS, preset
from fieldgan.solvers.errors import UsageError
from fieldgan.surrogate.recipes import MODELS


@pytest.mark.parametrize("name", known())
def test_presets_resolve_and_grow(name: str) -> None:
    configs = [resolve(scenario(name).options, preset(size, name)) for size in ("quick", "standard", "large")]
    for smaller, larger in pairwise(configs):
        assert smaller.data.samples < larger.data.samples
        assert smaller.training.steps < larger.training.steps
        assert set(smaller.models) <= set(larger.models)
    assert all(set(config.models) <= set(MODELS) for config in configs)


def test_the_adversary_can_be_judged_in_every_preset() -> None:
    assert all({"cgan", "unet"} <= set(preset(name, "heat").get("models", ["cgan", "unet"])) for name in PRESETS)


def test_changing_a_preset_leaves_the_original() -> None:
    preset("quick", "heat")["data"]["samples"] = 1
    assert preset("quick", "heat")["data"]["samples"] > 1


def test_unknown_presets_are_refused() -> None:
    with pytest.raises(UsageError, match="did you mean quick"):
        preset("quik", "heat")
