"""Networks of a run trained side by side, each in a process of its own with its share of the threads.

Networks of this size keep few threads busy. An order goes to a process by its stdin, which stays open: where it ends, the one
that ordered has died, and the process stops as by a signal. Messages come back by its stdout, what people read by its stderr.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]

from ..data.storage import MANIFEST
from ..data.workers import by_value
from ..solvers.errors import FieldganError
from ..surrogate.game import device_of
from ..surrogate.interrupts import Interrupted, deferred_signals
from ..surrogate.recipes import MODELS
from ..surrogate.registry import resolved_settings, scenario_in
from .console import set_verbosity, verbosity, warn
from .environment import THREAD_VARIABLES, memory
from .extent import TORCH_MEMORY
from .progress import Advance, progress_of_several
from .run_folder import FOLDERS

if TYPE_CHECKING:
    from .run import Run

LONG = 500  # steps of a training beside which the seconds that a process takes to start are nothing
LOOK = 0.2  # seconds between looks at the processes
SIZE = 8  # bytes that tell how long an order is
PLAIN = {"OMP_PROC_BIND": "false", "TTY_COMPATIBLE": "0", "PYTHONIOENCODING": "utf-8"}  # no process on the cores of another


def at_once(job: "Run", training_memory: Callable[[], float]) -> int:
    """How many networks of a job to train at a time; 1 on GPUs, for short trainings, and where memory is short.

    Args:
        training_memory: gives the bytes of one training.
    """
    training = job.config.training
    wanted = min(job.threads, len(networks(job)))
    if wanted < 2 or training.steps < LONG or device_of(training.device).type != "cpu" or not _can_travel(job):
        return 1
    return max(1, min(wanted, int((memory() - TORCH_MEMORY) / training_memory())))


def networks(job: "Run") -> list[str]:
    """Those among the models of a job that are trained step by step."""
    return [name for name in job.models if name in MODELS and MODELS[name].by_steps]


def train_side_by_side(job: "Run", count: int) -> Iterator[tuple[str, float]]:
    """Train the networks of a job that are not finished, so many at a time; give name and seconds of each when it is done.

    One that learns what `unet` leaves waits for it.

    Raises:
        FieldganError: what a training raises, once the others have saved.
        Interrupted: on SIGINT or SIGTERM, once all have saved.
    """
    waiting = [name for name in networks(job) if not (job.folder / FOLDERS["train"] / name / MANIFEST).is_file()]
    threads, running = max(1, job.threads // count), dict[str, Training]()
    with deferred_signals() as signalled, progress_of_several("steps") as begin, ended(running):
        while waiting or running:
            unet = "unet" in (*waiting, *running)
            ready = [name for name in waiting if not (unet and learns_from_unet(job, name))]
            for name in ready[: count - len(running)]:
                waiting.remove(name)
                running[name] = Training(job, name, threads, begin(f"train {name}"))
            time.sleep(LOOK)
            if number := signalled():
                stop(running)
                for training in running.values():
                    training.raise_error()
                raise Interrupted(number, "stopped; run the same command again to go on")
            for name in [name for name, training in running.items() if training.over]:
                yield name, running.pop(name).seconds()


def learns_from_unet(job: "Run", name: str) -> bool:
    """Whether a network is trained on what `unet` leaves."""
    if name == "unet" or not job.config.model.residual:
        return False
    return resolved_settings(name, job.config.settings(), job.scenario or scenario_in(job.dataset())).model.residual


class Training:
    """One training in a process of its own; what it has done is told to `advance`."""

    def __init__(self, job: "Run", name: str, threads: int, advance: Advance) -> None:
        self.name, self._advance = name, advance
        self._seconds: float | None = None
        self._error: Exception | None = None
        path = os.pathsep.join(part or os.getcwd() for part in sys.path)
        own = dict.fromkeys(THREAD_VARIABLES, str(threads)) | PLAIN | {"PYTHONPATH": path}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={key: value for key, value in os.environ.items() if key != "FORCE_COLOR"} | own,
            start_new_session=True,  # signals come from here alone
        )
        self._readers = [Thread(target=read, daemon=True) for read in (self._pass_on, self._hear)]
        for reader in self._readers:
            reader.start()
        order = _packed(job, name)
        with suppress(BrokenPipeError):  # one that has died is found by its silence
            stdin = _pipe(self.process.stdin)
            stdin.write(len(order).to_bytes(SIZE) + order)
            stdin.flush()

    @property
    def over(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def raise_error(self) -> None:
        """Raise what a process that has ended raised, if it did."""
        for reader in self._readers:
            reader.join()
        if self._error is not None:
            raise self._error

    def seconds(self) -> float:
        """Seconds that the training took, of a process that has ended.

        Raises:
            FieldganError: what went wrong.
        """
        self.raise_error()
        if self._seconds is not None:
            return self._seconds
        code = self.process.returncode
        how, remedy = f"with exit code {code}", "run the same command again to go on"
        if code < 0:
            how = f"by signal {-code}"
        if code == -signal.SIGKILL:
            how += ", most likely for want of memory"
            remedy += ", with --threads 1 to train one at a time"
        raise FieldganError(f"the process that trained {self.name} ended {how}; {remedy}")

    def _pass_on(self) -> None:
        for line in _pipe(self.process.stderr):
            warn(line.decode(errors="replace").rstrip("\n"))

    def _hear(self) -> None:
        with suppress(EOFError):
            while True:
                match pickle.load(_pipe(self.process.stdout)):
                    case (int(done), int(total), str(note)):
                        self._advance(done, total, note)
                    case float(seconds):
                        self._seconds = seconds
                    case Exception() as error:
                        self._error = error


def stop(running: dict[str, Training]) -> None:
    """End all trainings, and wait until they have saved: in its steps each takes the signal as a wish."""
    for training in running.values():
        training.process.terminate()
    for training in running.values():
        training.process.wait()


@contextmanager
def ended(running: dict[str, Training]) -> Iterator[None]:
    """No training outlives this block."""
    try:
        yield
    finally:
        stop(running)


def _packed(job: "Run", name: str) -> bytes:
    scenario = by_value(job.scenario) if job.scenario else None
    order: bytes = cloudpickle.dumps((replace(job, scenario=None), scenario, name, verbosity()))
    return order


def _can_travel(job: "Run") -> bool:
    """Whether the scenario can be sent to another process; one with an open file, say, cannot."""
    try:
        _packed(job, "")
    except (TypeError, pickle.PicklingError):
        return False
    return True


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def main() -> None:
    """Train one model, as ordered on stdin; messages on stdout are (done, total, note), in the end seconds or an exception."""
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no message
    job, scenario, name, chosen = cloudpickle.loads(sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(SIZE))))
    Thread(target=_stop_with_orderer, daemon=True).start()
    set_verbosity(chosen)

    def tell(message: Any) -> None:
        with suppress(OSError):  # nobody listens any more
            pickle.dump(message, messages)
            messages.flush()

    from .run import samples, train_model

    try:
        whole = replace(job, scenario=cloudpickle.loads(scenario) if scenario else None)
        tell(train_model(whole, name, *samples(whole), lambda done, total, note="": tell((done, total, note))))
    except Interrupted as stopped:
        sys.exit(stopped.exit_code)
    except Exception as error:
        error.add_note(traceback.format_exc())
        tell(error if _same(error) else FieldganError(f"{type(error).__name__}: {error}"))
        sys.exit(1)


def _same(error: Exception) -> bool:
    """Whether an exception comes out of a pipe as it went in."""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:
        return False


def _stop_with_orderer() -> None:
    """Stop this process as by a signal when the one that ordered it has died."""
    while os.read(0, 1):  # not by sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
