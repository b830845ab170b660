"""The configuration of a run: preset, then file, then --set; one line for each mistake."""

import inspect
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ..data.names import unknown
from ..data.settings import GenerationSettings
from ..solvers.errors import UsageError
from ..surrogate.dcgan_settings import DCGANSettings
from ..surrogate.settings import ModelSettings, PODSettings, Settings, TrainingSettings
from .comparison_settings import ComparisonSettings
from .presets import MODELS

Tree = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

NONE = "none"  # TOML has no null


class RunConfig(BaseModel):
    """All that decides what a run computes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(0, ge=0, lt=2**63, description="seed of the samples and of the networks")
    models: tuple[str, ...] = Field(MODELS, min_length=1, description="surrogates that are trained and compared")
    scenario: Mapping[str, Any] = Field(default_factory=dict, description="options of the scenario")
    data: GenerationSettings = Field(GenerationSettings.model_validate({}), description="what is generated")
    model: ModelSettings = Field(default_factory=ModelSettings, description="networks and their inputs")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="how the networks learn")
    pod: PODSettings = Field(default_factory=PODSettings, description="the POD baseline")
    dcgan: DCGANSettings = Field(default_factory=DCGANSettings, description="the unconditional network")
    comparison: ComparisonSettings = Field(default_factory=ComparisonSettings, description="what is measured")

    def settings(self) -> Settings:
        """What `surrogate.train` takes."""
        try:
            return Settings(model=self.model, training=self.training, pod=self.pod)
        except ValidationError as error:
            raise UsageError(mistakes(error, Settings)) from None


def resolve(options: Mapping[str, Any], *layers: Mapping[str, Any]) -> RunConfig:
    """Merge layers of settings, later ones first, and check them.

    Args:
        options: the scenario's options with their defaults; they tell names and types.
        layers: trees of settings, `{"training": {"steps": 2000}, "seed": 1}`.
    Raises:
        UsageError: one line per unknown key, wrong type or value out of range.
    """
    merged: Tree = {}
    for layer in layers:
        merge(merged, layer)
    fields: Any = {name: (Any if value is None else type(value), value) for name, value in options.items()}
    chosen = create_model("ScenarioOptions", __config__=ConfigDict(extra="forbid", allow_inf_nan=False), **fields)
    merged["scenario"] = checked(chosen, merged.get("scenario", {}), "scenario.").model_dump()
    config = checked(RunConfig, merged)
    config.settings()
    return config


def checked(model: type[Model], values: Any, prefix: str = "") -> Model:
    """An instance of a settings class.

    Raises:
        UsageError: one line per mistake.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise UsageError(mistakes(error, model, prefix)) from None


def mistakes(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """One line for each mistake: key, value, limit. A list that is too short for wrong items alone is not told besides."""
    found = error.errors()
    wrong = {e["loc"][:-1] for e in found}
    told = [e for e in found if not (e["type"] == "too_short" and e["loc"] in wrong)]
    return "\n".join(_mistake(e["type"], e["loc"], e["msg"], e["input"], model, prefix) for e in told)


def _mistake(kind: str, path: Sequence[int | str], text: str, value: Any, model: type[BaseModel], prefix: str) -> str:
    key = prefix + ".".join(map(str, path))
    if kind == "extra_forbidden":
        return unknown("setting", key, _names(model, path[:-1]))
    text = re.sub("^(Input|Tuple|List) should", "it should", text.removeprefix("Value error, ")).replace(" after validation", "")
    if kind == "string_pattern_mismatch":
        text = _description(model, path)
    shown = "" if isinstance(value, Mapping | BaseModel) else f"={_literal(value)}"
    return f"{key}{shown}: {text}" if key else text


def _names(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """Names of the settings in a section."""
    for name in path:
        inner = model.model_fields[str(name)].annotation
        if not (inspect.isclass(inner) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _description(model: type[BaseModel], path: Sequence[int | str]) -> str:
    """What a setting is for; those that follow a pattern list their choices."""
    for name in path[:-1]:
        model = cast("type[BaseModel]", model.model_fields[str(name)].annotation)
    return str(model.model_fields[str(path[-1])].description)


def merge(into: Tree, layer: Mapping[str, Any]) -> None:
    """Lay settings over others, section by section; a "none" means no value."""
    for name, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(name, {}), dict):
            merge(into.setdefault(name, {}), value)
        else:
            into[name] = None if value == NONE else value


def read_toml(path: Path) -> Tree:
    """Settings from a file.

    Raises:
        UsageError: if it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None


def parse_assignments(assignments: Sequence[str]) -> Tree:
    """Settings from `section.key=value`; values are TOML, bare words are text, and commas make lists.

    Raises:
        UsageError: for anything else.
    """
    tree: Tree = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            raise UsageError(f"--set {assignment!r} is not section.key=value, as in --set training.steps=2000")
        layer: Any = parse_value(text.strip())
        for name in reversed(names):
            layer = {name: layer}
        merge(tree, layer)
    return tree


def parse_value(text: str) -> Any:
    """A value as TOML reads it, or as text; commas make lists."""
    try:
        parsed = tomllib.loads(f"value = {text}")
        if list(parsed) == ["value"]:
            return parsed["value"]
    except tomllib.TOMLDecodeError:
        pass
    return [parse_value(part.strip()) for part in text.split(",") if part.strip()] if "," in text else text


def to_toml(config: RunConfig, title: str) -> str:
    """The configuration as a file that `--config` reads, each value under its description."""
    tree = config.model_dump(mode="json")
    lines = [f"# {title}", ""]
    for name in ("seed", "models"):
        lines += _setting(name, tree[name], RunConfig)
    for section, field in RunConfig.model_fields.items():
        if section not in ("seed", "models"):
            inner = cast("type[BaseModel]", field.annotation)
            lines += ["", f"[{section}]  # {field.description}"]
            for name, value in tree[section].items():
                lines += _setting(name, value, inner)
    return "\n".join(lines) + "\n"


def _setting(name: str, value: Any, model: type[BaseModel]) -> Iterator[str]:
    field = getattr(model, "model_fields", {}).get(name)
    if field and field.description:
        yield f"# {field.description}"
    yield f"{name} = {_literal(value)}"


def _literal(value: Any) -> str:
    """A value as TOML writes it."""
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")  # TOML forbids DEL


def completed(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored configuration with defaults for settings that came later; as it is where it cannot be read as one."""
    try:
        return RunConfig.model_validate(config).model_dump(mode="json")
    except ValidationError:
        return config


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """What changed between two configurations, {key: "old -> new"}."""
    changed: dict[str, str] = {}
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            changed |= differences(before, after, f"{prefix}{name}.")
        elif before != after:
            changed[prefix + name] = f"{_literal(before)} -> {_literal(after)}"
    return changed
