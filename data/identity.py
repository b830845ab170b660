"""What the stored values of a data set depend on; a folder holds data of one identity only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..solvers.errors import UsageError
from .scenario import Scenario


def identify(scenario: Scenario, samples: int, seed: int, shard_size: int) -> dict[str, Any]:
    """The identity of a data set, as plain JSON values."""
    identity = {
        "scenario": scenario.name,
        "options": dict(scenario.options),
        "stored_resolution": scenario.stored_resolution,
        "truth_resolution": scenario.truth_resolution,
        "samples": samples,
        "seed": seed,
        "shard_size": shard_size,
    }
    if scenario.ensemble:
        identity["members"] = dict(scenario.members)
    if scenario.rough:
        rough = scenario.rough
        told = {"one_in": rough.one_in, "exact_one_in": rough.exact_one_in, "resolution": rough.resolution}
        identity["rough"] = told | ({"drawn": "otherwise"} if rough.draw else {})
    plain: dict[str, Any] = json.loads(json.dumps(identity, default=str))
    return plain


def refuse_difference(found: Mapping[str, Any], wanted: Mapping[str, Any], path: Path) -> None:
    """Compare two identities.

    Raises:
        UsageError: if they differ; lists what stands there and what is asked for.
    """
    there, asked = _flat(found), _flat(wanted)
    keys = [key for key in {**there, **asked} if there.get(key) != asked.get(key)]
    if keys:
        differences = ", ".join(f"{key}={there.get(key)} there but {asked.get(key)} asked" for key in keys)
        raise UsageError(
            f"{path} holds another data set: {differences}; use another folder, or --fresh to start over"
        )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    options = identity.get("options", {})
    return {k: v for k, v in identity.items() if k != "options"} | {
        f"options.{k}": v for k, v in options.items()
    }
