"""From a fresh clone to a report or a test result, with nothing but Python.

`python tools/bootstrap.py demo|test` makes .venv and installs the exact versions of constraints.txt. A stamp,
written last, makes the next call instant as long as neither pyproject.toml nor constraints.txt change.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "fieldgan-stamp.json"
OLDEST = (3, 11)
DEMO = Path("runs") / "heat-demo"


def main(arguments: list[str]) -> int:
    """Carry out `demo` or `test`; further arguments go to fieldgan or pytest."""
    if sys.version_info < OLDEST:
        print(
            "fieldgan needs Python {}.{} or newer, this is {}.{}".format(*OLDEST, *sys.version_info[:2]),
            file=sys.stderr,
        )
        return 2
    if not arguments or arguments[0] not in ("demo", "test"):
        print("usage: python tools/bootstrap.py demo|test [arguments]", file=sys.stderr)
        return 2
    task, *rest = arguments
    install(development=task == "test")
    return test(rest) if task == "test" else demo(rest)


def demo(arguments: list[str]) -> int:
    """Run the main job and say where the report is."""
    code = call([PYTHON, "-m", "fieldgan", "run", "heat", "--preset", "quick", "-o", DEMO, *arguments])
    report = ROOT / DEMO / "comparison" / "report.html"
    if code == 0:
        print(f"\nThe report: {report}\n(open {report.as_uri()} in a browser)", flush=True)
    return code


def test(arguments: list[str]) -> int:
    """Run the test suite."""
    return call([PYTHON, "-m", "pytest", *arguments])


def install(development: bool) -> None:
    """Make .venv hold fieldgan and its dependencies, unless the stamp says that it does."""
    wanted = fingerprint()
    if stamped(wanted, development):
        return
    if not works(PYTHON):
        print(f"making {VENV}", flush=True)
        venv.EnvBuilder(with_pip=True, clear=True).create(VENV)
    target = ".[dev]" if development else "."
    print("installing fieldgan and its dependencies; the first time takes minutes", flush=True)
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    code = call([*pip, "--constraint", "constraints.txt", "--editable", target])
    if code:
        sys.exit(code)
    STAMP.write_text(json.dumps({"fingerprint": wanted, "development": development}))


def fingerprint() -> str:
    """Hash of all that decides what is installed."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"".join([*parts, str(ROOT).encode()])).hexdigest()


def stamped(wanted: str, development: bool) -> bool:
    """Whether .venv holds this already; the development extra serves the demo too."""
    try:
        stamp = json.loads(STAMP.read_text())
        return stamp["fingerprint"] == wanted and stamp["development"] >= development and works(PYTHON)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def works(python: Path) -> bool:
    """Whether an interpreter starts; half-made or moved environments do not."""
    try:
        return subprocess.run([str(python), "-c", "import pip"], capture_output=True).returncode == 0
    except OSError:
        return False


def call(command: list[str | Path]) -> int:
    """Run a command in the root of the repository; an interruption is left to it."""
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
