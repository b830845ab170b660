"""Whatever happens, running again gives the data of an undisturbed run, and nothing damaged is read."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import poisson as module
import psutil
import pytest
import xarray as xr
from fieldgan.data.datasets import arrays, open_dataset
from fieldgan.data.integrity import repair, verify
from fieldgan.data.lock import writer
from fieldgan.data.scenario import Fields
from fieldgan.data.schema import content_hash
from fieldgan.data.storage import MANIFEST, read_json
from fieldgan.solvers.errors import FieldganError, IntegrityError, UsageError
from poisson import disturbed_run, run, simulate

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["fieldgan.data.generation", "netCDF4", "dask.array"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(folder)
    return folder


@pytest.fixture
def damaged(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, to be damaged."""
    shutil.copytree(undisturbed, tmp_path / "run")
    return tmp_path / "run"


def assert_completes(folder: Path, undisturbed: Path) -> None:
    run(folder)
    assert content_hash(open_dataset(folder)) == content_hash(open_dataset(undisturbed))
    assert verify(folder) == []
    assert not list(folder.rglob("*.partial"))


@pytest.mark.parametrize(
    "fault",
    [
        "after-temporary:shard-00002.nc",
        "before-rename:shard-00002.nc",
        "after-temporary:statistics.json",
        "before-rename:DATASET.md",
        "before-manifest",
        "before-rename:manifest.json",
    ],
)
def test_killed_at_each_hook(tmp_path: Path, undisturbed: Path, fault: str) -> None:
    process = server.Process(target=disturbed_run, args=(tmp_path, 0.0, fault))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(IntegrityError):
        open_dataset(tmp_path)
    for shard in (tmp_path / "data").glob("*.nc"):
        xr.load_dataset(shard)
    assert_completes(tmp_path, undisturbed)


def test_killed_at_ten_random_moments(tmp_path: Path, undisturbed: Path) -> None:
    """Each kill meets what the ones before have left; a run that ends first makes room for a new one."""
    moments = random.Random(1)
    folder, killed = tmp_path / "run", 0
    while killed < 10:
        process = server.Process(target=disturbed_run, args=(folder, 0.01))
        process.start()
        process.join(moments.uniform(0.0, 0.4))
        process.kill()
        process.join()
        if process.exitcode == -signal.SIGKILL:
            killed += 1
        else:
            assert process.exitcode == 0
            shutil.rmtree(folder)
    assert_completes(folder, undisturbed)


def listen() -> None:
    """Hear SIGINT also where the tests themselves run in the background, deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_with_two_workers(tmp_path: Path, number: int) -> None:
    """A script with workers: they end with it, and the data can be completed."""
    command = [sys.executable, module.__file__, str(tmp_path), "4000", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("4 "):
        assert process.poll() is None
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode != 0
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert alive == []
    made = len(list((tmp_path / "data").glob("shard-*.nc")))
    assert 0 < made < 1000
    with pytest.raises(UsageError, match="samples=4000 there"):
        run(tmp_path)
    with writer(tmp_path):
        pass


def test_a_killed_worker_does_not_lose_the_run(tmp_path: Path, undisturbed: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()

    def once_deadly(conditions: Fields, seed: int) -> Fields:
        if flag.exists():
            flag.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return simulate(conditions, seed)

    run(tmp_path / "run", once_deadly, workers=2)
    assert not flag.exists()
    assert_completes(tmp_path / "run", undisturbed)


def test_a_task_that_kills_every_worker_is_one_clear_line(tmp_path: Path, undisturbed: Path) -> None:
    def deadly(conditions: Fields, seed: int) -> Fields:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with pytest.raises(FieldganError, match="a worker process died several times"):
        run(tmp_path, deadly, workers=2)
    assert_completes(tmp_path, undisturbed)


@pytest.mark.parametrize("limit", [200, 20_000])
def test_full_disk_is_one_clear_line(tmp_path: Path, undisturbed: Path, limit: int) -> None:
    lines = server.Queue()
    process = server.Process(target=disturbed_run, args=(tmp_path, 0.0, "", limit, lines))
    process.start()
    message = lines.get(timeout=30)
    process.join()
    assert "cannot write" in message
    assert "File too large; free space" in message
    assert "\n" not in message
    assert_completes(tmp_path, undisturbed)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(FieldganError, match="cannot write"):
        run(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_a_second_writer_is_refused(tmp_path: Path, undisturbed: Path) -> None:
    process = server.Process(target=disturbed_run, args=(tmp_path, 0.5))
    process.start()
    while not (tmp_path / ".writer.json").exists():
        time.sleep(0.01)
    with pytest.raises(UsageError, match=f"process {process.pid} on "):
        run(tmp_path)
    process.kill()
    process.join()
    assert_completes(tmp_path, undisturbed)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 16
    path.write_bytes(content)


def cut(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(share * path.stat().st_size))


@pytest.mark.parametrize("damage", [flip, cut(0), cut(0.01), cut(0.5), cut(0.999), Path.unlink])
@pytest.mark.parametrize("name", ["shard-00001.nc", "statistics.json", "DATASET.md", MANIFEST])
def test_damage_is_found_refused_and_repaired(
    damaged: Path, undisturbed: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(damaged / "data" / name)
    with pytest.raises(IntegrityError) as caught:
        open_dataset(damaged)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    assert len(verify(damaged)) == 1
    repair(damaged)
    assert_completes(damaged, undisturbed)


def test_a_flipped_bit_is_found_without_a_manifest(damaged: Path) -> None:
    path = damaged / "data" / "shard-00001.nc"
    with xr.open_dataset(path) as dataset:
        value = dataset["source"].values[2, 3].tobytes()
    content = path.read_bytes()
    start = content.index(value)
    (damaged / "alone.nc").write_bytes(content[:start] + bytes([content[start] ^ 1]) + content[start + 1 :])
    with pytest.raises(IntegrityError, match="cannot be read"):
        arrays(open_dataset(damaged / "alone.nc"), ["source"])


def test_shards_of_another_configuration_are_not_mixed_in(tmp_path: Path, undisturbed: Path) -> None:
    run(tmp_path, seed=8)
    (tmp_path / "data" / MANIFEST).unlink()
    with pytest.raises(UsageError, match=r"shard-00000\.nc holds another data set: seed=8 there but 7 asked"):
        run(tmp_path)


@pytest.mark.parametrize("name", ["../shard-00000.nc", "/shard-00000.nc", "x/../../shard-00000.nc"])
def test_evil_names_in_a_manifest(damaged: Path, name: str) -> None:
    from fieldgan.data.storage import write_manifest

    manifest = read_json(damaged / "data" / MANIFEST)
    files = {**manifest["files"], name: manifest["files"]["shard-00000.nc"]}
    extra = {key: value for key, value in manifest.items() if key not in ("files", "seal", "schema")}
    write_manifest(damaged / "data", files, extra)
    for reader in (open_dataset, run):
        with pytest.raises(IntegrityError, match="leads out of its folder"):
            reader(damaged)


def test_links_in_a_data_folder(damaged: Path) -> None:
    shard = damaged / "data" / "shard-00000.nc"
    shard.rename(damaged / "elsewhere.nc")
    shard.symlink_to(damaged / "elsewhere.nc")
    with pytest.raises(IntegrityError, match="symbolic link"):
        open_dataset(damaged)


def test_a_pickle_in_place_of_a_shard_is_not_executed(tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'executed'}",)

    (tmp_path / "evil.nc").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(IntegrityError, match="cannot be read as NetCDF"):
        open_dataset(tmp_path / "evil.nc")
    assert not (tmp_path / "executed").exists()
