"""The commands on a tiny scenario: what they print, write and answer."""

import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from fieldgan.pipelines.cli import app, call
from poisson import symbol
from small_run import SETTINGS, copied, fieldgan, finished_run, plugin, waves_by_name


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def named() -> Iterator[None]:
    with waves_by_name():
        yield


def test_run_leaves_the_folder_of_the_interface(finished: Path) -> None:
    names = {str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file()}
    assert {
        "run.json",
        "config.toml",
        "data/shard-00000.nc",
        "data/manifest.json",
        "data/statistics.json",
        "data/DATASET.md",
        "models/cgan/model.safetensors",
        "models/cgan/MODEL_CARD.md",
        "models/mean/manifest.json",
        "comparison/metrics.json",
        "comparison/metrics.nc",
        "comparison/report.html",
        "comparison/report.md",
    } <= names
    record = json.loads((finished / "run.json").read_text())
    assert record["schema"] == "fieldgan-run/1"
    assert record["scenario"] == "waves"
    assert {name: stage["state"] for name, stage in record["stages"].items()} == dict.fromkeys(
        ("generate", "train", "compare"), "done"
    )
    assert record["stages"]["train"]["models"]["cgan"]["training_seconds"] > 0
    assert record["config"]["data"]["samples"] == 60


def test_config_of_a_run_repeats_it(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["config", "waves", "--config", str(finished / "config.toml"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again == json.loads((finished / "run.json").read_text())["config"]


def test_running_again_computes_nothing(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*.nc")}
    models = ["--model", "cgan", "--model", "mean"]
    assert call(["run", "waves", "-o", str(finished), "--workers", "1", *models, *SETTINGS]) == 0
    told = capsys.readouterr().err
    assert "plan: generate done" in told
    assert "compare: up to date" in told
    assert before == {path: path.stat().st_mtime_ns for path in finished.rglob("*.nc")}


def test_another_configuration_is_refused_with_the_difference(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["train", str(finished), "--set", "training.steps=7", "--set", "scenario.amplitude=2"]) == 2
    told = capsys.readouterr().err
    assert "training.steps: 6 -> 7" in told
    assert "scenario.amplitude: 1.0 -> 2.0" in told


def test_fresh_starts_a_stage_over(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    shards = (run / "data" / "manifest.json").read_bytes()
    assert call(["train", str(run), "--set", "training.steps=4", "--fresh", "-q"]) == 0
    assert (run / "data" / "manifest.json").read_bytes() == shards
    history = (run / "models" / "cgan" / "history.csv").read_text()
    assert history.splitlines()[-1].startswith("4,")
    assert not (run / "comparison").exists()


def test_fresh_with_a_model_spares_the_others_and_their_settings(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(finished, tmp_path)
    assert call(["train", str(run), "--set", "training.steps=4", "--model", "mean", "--fresh", "-q"]) == 2
    assert "`fieldgan train … --fresh` to make everything from there on again" in capsys.readouterr().err
    assert (run / "models" / "cgan" / "manifest.json").exists()


def test_the_plan_of_a_fresh_start_calls_nothing_done(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "waves", "-o", str(finished), "--model", "mean", *SETTINGS, "--dry-run", "--json"]
    assert call([*command, "--fresh"]) == 0
    assert json.loads(capsys.readouterr().out)["generate"]["samples"] == 60
    assert call(command) == 0
    assert json.loads(capsys.readouterr().out)["generate"] == "done"


def test_the_record_holds_a_command_that_can_be_typed_again(tmp_path: Path) -> None:
    command = ["generate", "heat", "-o", "run", "-n", "1", "--workers", "1"]
    assert fieldgan(*command, cwd=tmp_path).returncode == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["commands"] == [" ".join(["fieldgan", *command])]


def test_an_added_model_joins_the_others(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    assert call(["train", str(run), "--model", "nearest", "-q"]) == 0
    assert {path.name for path in (run / "models").iterdir()} == {"cgan", "mean", "nearest"}
    assert json.loads((run / "run.json").read_text())["config"]["models"] == ["cgan", "mean", "nearest"]


def test_dry_run_prints_the_plan_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", "waves", "-o", str(tmp_path / "run"), *SETTINGS, "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["generate"]["samples"] == 60
    assert plan["generate"]["shards"] == 4  # of 16 samples
    assert plan["train"]["steps"] == 12  # cgan and unet, six each
    assert not (tmp_path / "run").exists()


def test_sample_then_solve_is_what_generate_stores(finished: Path, tmp_path: Path) -> None:
    drawn, solved = tmp_path / "conditions.nc", tmp_path / "fields.nc"
    assert call(["sample", "waves", "-n", "3", "-o", str(drawn), "--resolution", "16", "-q"]) == 0
    assert call(["solve", "waves", str(drawn), "-o", str(solved), "-q"]) == 0
    fine = xr.load_dataset(solved)["potential"].values
    averages = fine.reshape(3, 8, 2, 8, 2).mean(axis=(2, 4))
    stored = xr.load_dataset(finished / "data" / "shard-00000.nc")["potential"].values[:3]
    np.testing.assert_allclose(averages, stored, rtol=1e-6, atol=1e-6)


def test_solve_on_a_coarser_grid_solves_the_averaged_conditions(tmp_path: Path) -> None:
    drawn, solved = tmp_path / "conditions.nc", tmp_path / "fields.nc"
    assert call(["sample", "waves", "-n", "2", "-o", str(drawn), "-q"]) == 0
    assert call(["solve", "waves", str(drawn), "-o", str(solved), "--resolution", "4", "-q"]) == 0
    conditions, fields = xr.load_dataset(drawn), xr.load_dataset(solved)
    forcing = conditions["source"].values.reshape(2, 4, 2, 4, 2).mean(axis=(2, 4))
    applied = np.fft.ifft2(symbol(4) * np.fft.fft2(fields["potential"].values)).real
    offset = conditions["offset"].values[:, None, None]
    np.testing.assert_allclose(applied, forcing + offset, rtol=1e-5, atol=1e-5)


def test_predict_by_the_mean_model_is_the_mean_of_the_training_fields(finished: Path, tmp_path: Path) -> None:
    drawn, predicted = tmp_path / "conditions.nc", tmp_path / "fields.nc"
    assert call(["sample", "waves", "-n", "2", "-o", str(drawn), "--seed", "5", "-q"]) == 0
    assert call(["predict", str(finished), str(drawn), "-o", str(predicted), "--model", "mean", "-q"]) == 0
    data = xr.concat([xr.load_dataset(f) for f in sorted((finished / "data").glob("*.nc"))], dim="sample")
    mean = data["potential"].values[data["split"].values == "train"].mean(axis=0)
    result = xr.load_dataset(predicted)["potential"]
    assert result.attrs["role"] == "target"
    np.testing.assert_allclose(result.values, np.stack([mean, mean]), rtol=1e-4, atol=1e-5)


def test_commands_on_fields_tell_their_output_as_json(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = str(tmp_path / "conditions.nc")
    commands = {
        drawn: ["sample", "waves", "-n", "2"],
        str(tmp_path / "solved.nc"): ["solve", "waves", drawn],
        str(tmp_path / "predicted.nc"): ["predict", str(finished), drawn, "--device", "cpu"],
    }
    for output, command in commands.items():
        assert call([*command, "-o", output, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"output": output, "samples": 2}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_predict_on_a_device_that_is_not_there(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn, out = str(tmp_path / "conditions.nc"), tmp_path / "predicted.nc"
    assert call(["sample", "waves", "-n", "2", "-o", drawn, "-q"]) == 0
    assert call(["predict", str(finished), drawn, "-o", str(out), "--device", "cuda"]) == 2
    assert "cuda is not available" in capsys.readouterr().err
    assert not out.exists()


def test_own_files_train_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    force = rng.normal(size=(40, 6, 6))
    fields = {"force": (("case", "y", "x"), force), "response": (("case", "y", "x"), 2 * force)}
    axes = {"y": np.arange(6.0), "x": np.arange(6.0)}
    xr.Dataset(fields, axes).to_netcdf(tmp_path / "mine.nc")
    run = tmp_path / "run"
    command = ["train", str(tmp_path / "mine.nc"), "-o", str(run), "--model", "pod", "--model", "mean"]
    assert call([*command, "--conditions", "force", "--targets", "response"]) == 0
    assert {path.name for path in (run / "models").iterdir()} == {"pod", "mean"}
    assert call(["inspect", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.rpartition("\n{")[2].join(["{", ""]))
    assert told["models"]["pod"]["conditions"] == ["force"]
    assert call(["compare", str(run)]) == 2
    assert "no solver to compare with" in capsys.readouterr().err


def test_verify_finds_a_flipped_bit_and_repair_makes_room(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(finished, tmp_path)
    shard = run / "data" / "shard-00001.nc"
    original = shard.read_bytes()
    content = bytearray(original)
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    assert call(["verify", str(run)]) == 3
    assert "shard-00001.nc" in capsys.readouterr().err
    assert call(["verify", str(run), "--repair"]) == 3
    record = json.loads((run / "run.json").read_text())["config"]
    assert call(["generate", "waves", "-o", str(run), "--workers", "1", *SETTINGS, "-q"]) == 0
    assert call(["verify", str(run)]) == 0
    assert json.loads((run / "run.json").read_text())["config"]["data"] == record["data"]
    with xr.open_dataset(shard) as again:
        assert again.sizes["sample"] == 16


def test_lint_passes_on_sound_data(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", str(finished), "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert {"residual", "effect"} <= {finding["check"] for finding in findings}


def test_inspect_tells_run_model_and_file(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["inspect", str(finished)]) == 0
    assert "vrmse" in capsys.readouterr().out
    assert call(["inspect", str(finished / "models" / "cgan"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["targets"] == ["potential"]
    assert call(["inspect", str(finished / "data" / "shard-00003.nc"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dimensions"]["sample"] == 12  # 60 samples in shards of 16


def test_scenarios_names_units_and_presets(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["scenarios", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["heat"]["targets"]["temperature"]["units"] == "K"
    assert told["waves"]["options"] == {"amplitude": 1.0}
    assert list(told["heat"]["presets"]) == ["quick", "standard", "large"]


def test_config_prints_a_file_that_toml_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["config", "waves", "--set", "model.lift_resolution=none", "--seed", "3"]) == 0
    settings = tomllib.loads(capsys.readouterr().out)
    assert settings["model"]["lift_resolution"] == "none"
    assert settings["seed"] == 3


def test_info_names_version_and_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["info", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cores"] >= 1
    assert told["versions"]["torch"]


def test_a_scenario_of_an_installed_package_is_found_by_name(tmp_path: Path) -> None:
    environment = plugin(tmp_path / "site")
    listed = fieldgan("scenarios", "--json", env=environment, cwd=tmp_path)
    assert "waves" in json.loads(listed.stdout)
    command = ["generate", "waves", "-o", "run", "-n", "8", "--workers", "2", "--set", "data.shard_size=4"]
    assert fieldgan(*command, env=environment, cwd=tmp_path).returncode == 0
    assert len(list((tmp_path / "run" / "data").glob("*.nc"))) == 2


def test_every_command_has_the_options_that_the_readme_promises() -> None:
    commands = {command.callback.__name__: inspect.signature(command.callback).parameters for command in app.registered_commands}
    assert all("as_json" in parameters for parameters in commands.values())
    for name in ("run", "generate", "train", "compare"):
        assert {"dry_run", "assignments"} <= commands[name].keys()
