"""Compiled kernels do not outlive the sources that they were compiled from."""

import os

from fieldgan.solvers import _forget_stale_kernels


def test_kernels_older_than_any_source_are_deleted(tmp_path):
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    for path, time in (
        (tmp_path / "caller.py", 100),
        (tmp_path / "callee.py", 300),
        (cache / "caller.step-7.py311.nbi", 200),
        (cache / "caller.step-7.py311.1.nbc", 200),
        (cache / "callee.flux-3.py311.nbi", 400),
        (cache / "caller.cpython-311.pyc", 200),
    ):
        path.write_bytes(b"")
        os.utime(path, (time, time))
    _forget_stale_kernels(tmp_path)
    assert sorted(p.name for p in cache.iterdir()) == ["callee.flux-3.py311.nbi", "caller.cpython-311.pyc"]
