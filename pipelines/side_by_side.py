"""Networks of a run trained side by side, each in a process of its own with its share of the threads.

Networks of this size keep few threads busy. What a process says goes on to stderr; a signal to this process goes on to the
others, which save what they have; and where this process dies they stop by themselves, as the pipe from it ends.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import psutil

from ..data.workers import by_value
from ..solvers.errors import FieldganError
from ..surrogate.interrupts import Interrupted, deferred_signals
from ..surrogate.registry import resolved_settings
from .console import set_verbosity, verbosity, warn
from .environment import THREAD_VARIABLES

if TYPE_CHECKING:
    from .run import Run

LONG = 500  # steps of a training beside which the seconds that a process takes to start are nothing
NETWORKS = ("cgan", "unet", "cgan-nocritic", "cgan-nonoise", "cgan-nolift")  # trained by steps, and not from another one
LOOK = 0.2  # seconds between looks at the processes
SIZE = 8  # bytes that tell how long an order is


def at_once(job: "Run", memory: float) -> int:
    """How many networks of a job to train at a time; 1 on GPUs, for short trainings, and where memory is short.

    Args:
        memory: of one training [bytes].
    """
    if job.config.training.device != "cpu" or job.config.training.steps < LONG:
        return 1
    fitting = int(psutil.virtual_memory().total / memory)
    return max(1, min(job.threads, len(networks(job)), fitting))


def networks(job: "Run") -> list[str]:
    """Those among the models of a job."""
    return [name for name in job.models if name in NETWORKS]


def train_side_by_side(job: "Run", count: int) -> Iterator[tuple[str, float]]:
    """Train the networks of a job, so many at a time, and give name and seconds of each when it is done.

    One that learns what `unet` leaves waits for it.

    Raises:
        FieldganError: what a training raises, once the others have saved.
        Interrupted: on SIGINT or SIGTERM, once all have saved.
    """
    waiting, running = networks(job), dict[str, Training]()
    threads = max(1, job.threads // count)
    with deferred_signals() as signalled, ended(running):
        while waiting or running:
            unet = "unet" in (*waiting, *running)
            ready = [name for name in waiting if not (unet and learns_from_unet(job, name))]
            for name in ready[: count - len(running)]:
                waiting.remove(name)
                running[name] = Training(job, name, threads)
            time.sleep(LOOK)
            if number := signalled():
                stop(running, number)
                raise Interrupted(number, "stopped; run the same command again to go on")
            for name in [name for name, training in running.items() if training.over]:
                yield name, running.pop(name).seconds()


def learns_from_unet(job: "Run", name: str) -> bool:
    """Whether a network is trained on what `unet` leaves."""
    return name != "unet" and resolved_settings(name, job.config.settings(), job.scenario).model.residual


class Training:
    """One training in a process of its own."""

    def __init__(self, job: "Run", name: str, threads: int) -> None:
        self.name, self._answer = name, b""
        scenario = by_value(job.scenario) if job.scenario else None
        order = cloudpickle.dumps((replace(job, scenario=None), scenario, name, verbosity()))
        own = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | own,
            start_new_session=True,  # signals come from here alone
        )
        assert self.process.stdin is not None
        self.process.stdin.write(len(order).to_bytes(SIZE) + order)
        self.process.stdin.flush()
        self.readers = [Thread(target=read, daemon=True) for read in (self._pass_on, self._hear)]
        for reader in self.readers:
            reader.start()

    @property
    def over(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def seconds(self) -> float:
        """Seconds that the training took, of a process that has ended.

        Raises:
            FieldganError: what went wrong.
        """
        for reader in self.readers:
            reader.join()
        if not self._answer:
            code = self.process.returncode
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            raise FieldganError(f"the process that trained {self.name} ended {how}; run the same command again to go on")
        answer = cloudpickle.loads(self._answer)
        if isinstance(answer, Exception):
            raise answer
        return float(answer)

    def _pass_on(self) -> None:
        for line in _lines(self.process.stderr):
            warn(line.decode(errors="replace").rstrip("\n"))

    def _hear(self) -> None:
        self._answer = b"".join(_lines(self.process.stdout))


def stop(running: dict[str, Training], number: int) -> None:
    """Signal all trainings, and wait until they have saved."""
    for training in running.values():
        training.process.send_signal(number)
    for training in running.values():
        training.process.wait()


@contextmanager
def ended(running: dict[str, Training]) -> Iterator[None]:
    """No training outlives this block."""
    try:
        yield
    finally:
        stop(running, signal.SIGTERM)


def _lines(stream: IO[bytes] | None) -> Iterator[bytes]:
    assert stream is not None
    yield from stream


def main() -> None:
    """Train one model, as ordered on stdin; the answer on stdout is its seconds, or an exception."""
    stdin, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    job, scenario, name, chosen = cloudpickle.loads(stdin.read(int.from_bytes(stdin.read(SIZE))))
    Thread(target=_stop_with, args=(stdin,), daemon=True).start()
    set_verbosity(chosen)
    from .run import samples, train_model

    try:
        whole = replace(job, scenario=cloudpickle.loads(scenario) if scenario else None)
        answer: Any = train_model(whole, name, *samples(whole))
    except FieldganError as error:
        answer = error
    except Interrupted as stopped:
        sys.exit(stopped.exit_code)
    answers.write(cloudpickle.dumps(answer))
    answers.close()


def _stop_with(stdin: IO[bytes]) -> None:
    """Stop this process as by a signal when the one that ordered it has died."""
    while stdin.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
