"""How large a run is: quick, standard, large; per scenario where it differs.

Times are of a whole run on two cores, measured for heat; the quick plume takes ten minutes.
"""

from copy import deepcopy
from typing import Any

from ..data.names import unknown
from ..solvers.errors import UsageError

MODELS = ("cgan", "unet", "pod", "nearest", "mean")

PRESETS: dict[str, dict[str, Any]] = {
    "quick": {  # five minutes
        "data": {"samples": 1600},
        "training": {"steps": 1000},
        "comparison": {"repeats": 9, "batch_repeats": 3},  # all test samples are scored: mean errors hang on few plates
    },
    "standard": {  # half an hour
        "data": {"samples": 6000},
        "training": {"steps": 6000},
    },
    "large": {  # hours on a GPU or a cluster
        "models": ["cgan", "unet", "cgan-nolift", "pod", "nearest", "mean"],
        "data": {"samples": 20000},
        "training": {"steps": 60000},
        "model": {"widths": [48, 96, 128, 192]},
    },
}

NOISY = {"noise_channels": 4}  # heat has one outcome per condition: the generator must learn to ignore its noise

MODAL = {"generator": "modal", "lift_resolution": None, "noise_channels": 4}  # a few numbers describe the walls of a cavity
PLAIN = {"lift_resolution": None, "noise_channels": 4}  # no coarse solve to correct: it takes as long as a thousand predictions
FEW_TIMINGS = {"repeats": 7, "batch_repeats": 3, "truth_samples": 3}  # of solves that take seconds
DEAR = {"model": PLAIN, "comparison": FEW_TIMINGS}
GAME = {"reconstruction": "crps", "critic_weight": 0.1, "critic_start": 0.1, "ema": 0.995, "learning_rate": 2e-3}
ENSEMBLES: dict[str, Any] = {
    "models": ["cgan", "cgan-nocritic", "unet", "unet-residuals", "cgan-nonoise", "nearest", "mean"],
    "model": {"lift_resolution": None, "widths": [16, 32, 64], "critic_widths": [16, 32, 32]},
    "comparison": {"samples": 64, "repeats": 5, "batch_repeats": 3, "truth_samples": 1},
}
FAST = {"precision": "auto"}  # networks whose error is far above that of bfloat16
OF_CHIMNEYS = {**FAST, "perceptron": 64, "deepest": 4}
PLUMES: dict[str, Any] = {
    **ENSEMBLES,
    "models": ["unet", "cgan", "cgan-nocritic", "unet-residuals", "cgan-nonoise", "nearest", "formula", "mean"],
    "model": {**ENSEMBLES["model"], **OF_CHIMNEYS, "residual": True, "noise_vector": False, "upsampling": "linear"},
    "comparison": {"samples": 30, "repeats": 3, "batch_repeats": 3, "truth_samples": 1},  # the solver's ensembles take minutes
}
OF_PLUMES = {
    **GAME, **FAST, "critic_weight": 0.05, "weight_decay": 0.1, "mean_decay": 1.0, "mean_floor": 0.02, "batch": 8, "truths": 8
}
QUICK_PLUMES = ["unet", "cgan", "unet-residuals", "nearest", "formula", "mean"]
MEANS_OF_PLUMES: dict[str, Any] = {
    "models": [*MODELS, "formula"],
    "model": {**PLAIN, **OF_CHIMNEYS, "widths": [32, 48, 96, 128]},
    "comparison": {"repeats": 5, "batch_repeats": 3, "truth_samples": 2},  # a refined truth takes over a minute
}
OF_MEANS = {**FAST, "batch": 8, "weight_decay": 1.0}
SMALL_CRITIC = {"critic_widths": [16, 32, 32]}
PERCEPTRON = {"batch": 64, "critic_start": 0.9}  # a step of the critic costs six of such a generator's, so it joins late

GLOBE = {**PLAIN, "widths": [24, 48, 96], "head": 24}  # three levels fit 36×72 cells; twenty-four fields come out

SCENARIO_PRESETS: dict[str, dict[str, dict[str, Any]]] = {  # {scenario: {preset: what differs}}
    "heat": {
        "quick": {"model": {**NOISY, "lift_resolution": 16}},  # few steps correct a coarse solve better than a fine one
        "standard": {"model": NOISY},
        "large": {"model": NOISY},
    },
    "wake": {  # thousands of steps a sample: generation takes most of the time
        "quick": {
            **DEAR,
            "data": {"samples": 60},
            "training": {"batch": 8, "steps": 500},
            "comparison": {"repeats": 3, "batch_repeats": 3, "truth_samples": 1},
        },
        "standard": {**DEAR, "data": {"samples": 500}, "training": {"batch": 8, "steps": 4000}},
        "large": {"models": list(MODELS), "model": {"lift_resolution": None, "noise_channels": 4}},
    },
    "climate": {
        "quick": {
            "data": {"samples": 500},
            "model": GLOBE,
            "training": {"steps": 600},
            "comparison": {"samples": 24, "repeats": 7, "batch_repeats": 3, "truth_samples": 4},
        },
        "standard": {"data": {"samples": 5000}, "model": GLOBE, "training": {"steps": 4000, "critic_start": 0.8}},
        "large": {"models": list(MODELS), "model": {**GLOBE, "widths": [64, 128, 192]}},
    },
    "weather": {  # samples are ensembles: 16 outcomes each to learn from, 64 to be compared with
        "quick": {**ENSEMBLES, "data": {"samples": 120, "shard_size": 8}, "training": {**GAME, "steps": 600}},
        "standard": {**ENSEMBLES, "data": {"samples": 750, "shard_size": 8}, "training": {**GAME, "steps": 4000}},
        "large": {**ENSEMBLES, "data": {"samples": 4000}, "training": {**GAME, "steps": 40000}},
    },
    "plume": {  # samples are ensembles: 8 snapshots each to learn from, all rough, 64 to be compared with
        "quick": {
            **PLUMES,
            "models": QUICK_PLUMES,
            "comparison": {**PLUMES["comparison"], "samples": 3},
            "data": {"samples": 287, "shard_size": 4},  # the fewest with three to test on
            "training": {**OF_PLUMES, "steps": 200},
        },
        "standard": {**PLUMES, "data": {"samples": 2100, "shard_size": 10}, "training": {**OF_PLUMES, "steps": 2200}},
        "large": {**PLUMES, "data": {"samples": 10000, "shard_size": 8}, "training": {**OF_PLUMES, "batch": 16, "steps": 40000}},
    },
    "plume-mean": {  # all samples to learn from are rough, and take a second; the truth takes ten
        "quick": {
            **MEANS_OF_PLUMES,
            "data": {"samples": 120, "shard_size": 2},
            "training": {**OF_MEANS, "steps": 500},
            "comparison": {"repeats": 3, "batch_repeats": 3, "truth_samples": 1},
        },
        "standard": {**MEANS_OF_PLUMES, "data": {"samples": 2400, "shard_size": 8}, "training": {**OF_MEANS, "steps": 4000}},
        "large": {**MEANS_OF_PLUMES, "data": {"samples": 20000}, "training": OF_MEANS},
    },
    "cavity": {
        "quick": {
            "data": {"samples": 400},
            "model": MODAL | SMALL_CRITIC,
            "training": {**PERCEPTRON, "steps": 800},
            "comparison": {"samples": 24, "repeats": 5, "batch_repeats": 3, "truth_samples": 8},  # marching takes seconds
        },
        "standard": {"data": {"samples": 4000}, "model": MODAL | SMALL_CRITIC, "training": {**PERCEPTRON, "steps": 8000}},
        "large": {"models": list(MODELS), "model": {**MODAL, "hidden": 1024, "modes": 256}, "training": PERCEPTRON},
    },
}


def preset(name: str, scenario: str) -> dict[str, Any]:
    """The settings of a preset for a scenario.

    Raises:
        UsageError: for an unknown preset.
    """
    if name not in PRESETS:
        raise UsageError(unknown("preset", name, PRESETS))
    settings = deepcopy(PRESETS[name])
    for section, values in SCENARIO_PRESETS.get(scenario, {}).get(name, {}).items():
        settings[section] = {**settings.get(section, {}), **values} if isinstance(values, dict) else values
    return settings
