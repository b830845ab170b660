"""Checkpoints: what they hold, what they refuse, and that a run goes on from them bit for bit."""

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from fieldgan.solvers.errors import IntegrityError
from fieldgan.surrogate.checkpoints import LATEST, latest_configuration, load_checkpoint, save_checkpoint

STATE = {
    "step": 7,
    "weights": {"a": torch.arange(6.0).reshape(2, 3)},
    "history": [{"step": 1, "error": 0.5}],
    "best": float("inf"),
}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 7, STATE, {"seed": 1})
    state = load_checkpoint(tmp_path)
    assert state is not None
    assert torch.equal(state["weights"]["a"], STATE["weights"]["a"])
    assert {k: state[k] for k in ("step", "history", "best")} == {k: STATE[k] for k in ("step", "history", "best")}
    assert latest_configuration(tmp_path) == {"seed": 1}


def test_one_checkpoint_is_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, STATE, {})
    assert sorted(p.name for p in tmp_path.iterdir()) == [LATEST, "step-00000003.pt"]


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    assert latest_configuration(tmp_path / "missing") is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_truncated_files_are_refused(tmp_path: Path, share: float) -> None:
    save_checkpoint(tmp_path, 7, STATE, {})
    for name in (LATEST, "step-00000007.pt"):
        path = tmp_path / name
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * (len(whole) - 2))])
        with pytest.raises(IntegrityError, match=r"delete|not valid JSON"):
            load_checkpoint(tmp_path)
        path.write_bytes(whole)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 7, STATE, {})
    path = tmp_path / "step-00000007.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="was changed"):
        load_checkpoint(tmp_path)


@dataclass
class Evil:
    path: str

    def __reduce__(self) -> Any:
        return (open, (self.path, "w"))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", [lambda evil, path: path.write_bytes(pickle.dumps(evil)), torch.save])
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, write: Any) -> None:
    trace = tmp_path / "trace"
    write(Evil(str(trace)), tmp_path / "evil")
    save_checkpoint(tmp_path, 7, STATE, {})
    content = (tmp_path / "evil").read_bytes()
    before = (tmp_path / "step-00000007.pt").read_bytes()
    (tmp_path / "step-00000007.pt").write_bytes(content)
    latest = (tmp_path / LATEST).read_text()
    sums = [hashlib.sha256(c).hexdigest() for c in (before, content)]
    (tmp_path / LATEST).write_text(latest.replace(*sums))
    with pytest.raises(IntegrityError, match="not a checkpoint"):
        load_checkpoint(tmp_path)
    assert not trace.exists()


def test_a_newer_schema_says_upgrade(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 7, STATE, {})
    latest = (tmp_path / LATEST).read_text()
    (tmp_path / LATEST).write_text(latest.replace("fieldgan-checkpoint/1", "fieldgan-checkpoint/2"))
    with pytest.raises(IntegrityError, match="upgrade fieldgan"):
        load_checkpoint(tmp_path)


def test_a_name_that_leads_out_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 7, STATE, {})
    latest = (tmp_path / LATEST).read_text()
    (tmp_path / LATEST).write_text(latest.replace("step-00000007.pt", "../step-00000007.pt"))
    with pytest.raises(IntegrityError, match="leads out"):
        load_checkpoint(tmp_path)
