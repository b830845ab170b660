"""Models of a run trained side by side, by processes that share the threads: each reads the samples once, and trains in turn
what it is given.

Networks of this size keep few threads busy. Orders go to a process by its stdin, which stays open: where it ends, the one that
orders has died, and the process stops as by a signal. Messages come back by its stdout, what people read by its stderr.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import SimpleQueue
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
    """How many models of a job to train at a time; 1 on GPUs, for short trainings, and where memory is short.

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
    """Train the models of a job that are not finished, so many at a time; give name and seconds of each when it is done.

    Networks go first, as they take longest; one that learns what `unet` leaves waits for it, and so does what is no network.

    Raises:
        FieldganError: what a training raises, once the others have saved.
        Interrupted: on SIGINT or SIGTERM, once all have saved.
    """
    waiting = [name for name in in_order(job) if not (job.folder / FOLDERS["train"] / name / MANIFEST).is_file()]
    threads, trainers = max(1, job.threads // count), list[Trainer]()
    with deferred_signals() as signalled, progress_of_several("steps") as begin, ended(trainers):
        for _ in range(min(count, len(waiting))):
            trainers.append(Trainer(job, threads, begin))  # one by one: where the second does not start, the first is ended
        while waiting or any(trainer.at_work for trainer in trainers):
            for trainer in trainers:
                unet = "unet" in (*waiting, *(other.name for other in trainers))
                ready = (name for name in waiting if not (unet and needs_unet(job, name)))
                if not trainer.at_work and (name := next(ready, "")):
                    waiting.remove(name)
                    trainer.train(name)
            time.sleep(LOOK)
            if number := signalled():
                stop(trainers)
                for trainer in trainers:
                    trainer.raise_error()
                raise Interrupted(number, "stopped; run the same command again to go on")
            for trainer in trainers:
                if (done := trainer.finished()) is not None:
                    yield done


def in_order(job: "Run") -> list[str]:
    """The models of a job that are trained side by side, in the order in which they are begun."""
    return [*networks(job), *(name for name in job.models if name in MODELS and not MODELS[name].by_steps)]


def needs_unet(job: "Run", name: str) -> bool:
    """Whether a model is begun when `unet` is done: a network that learns what it leaves, and what is no network."""
    return not MODELS[name].by_steps or learns_from_unet(job, name)


def learns_from_unet(job: "Run", name: str) -> bool:
    """Whether a network is trained on what `unet` leaves."""
    if name == "unet" or not job.config.model.residual:
        return False
    return resolved_settings(name, job.config.settings(), job.scenario or scenario_in(job.dataset())).model.residual


class Trainer:
    """A process that trains one model of a job after the other; how far it is is told to what `begin` gives for the model.

    Attributes:
        name: of the model that it trains; empty where it has nothing to do.
    """

    def __init__(self, job: "Run", threads: int, begin: Callable[[str], Advance]) -> None:
        self.name = ""
        self._begin = begin
        self._advance: Advance | None = None
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
        self._send(_packed(job))

    @property
    def at_work(self) -> bool:
        """Whether it trains a model."""
        return bool(self.name)

    def train(self, name: str) -> None:
        """Begin with a model."""
        self.name, self._advance, self._seconds = name, None, None
        self._send(name.encode())

    def finished(self) -> tuple[str, float] | None:
        """Name and seconds of the model that it has trained, once; None where it has not.

        Raises:
            FieldganError: what went wrong.
        """
        if self._seconds is None:
            if self.process.poll() is not None:
                self.raise_error()
                raise FieldganError(self._how_it_ended())
            return None
        done, self.name, self._seconds = (self.name, self._seconds), "", None
        return done

    def raise_error(self) -> None:
        """Raise what a process that has ended raised, if it did."""
        self.hear_out()
        if self._error is not None:
            raise self._error

    def hear_out(self) -> None:
        """Wait until all is read that a process that has ended has said."""
        for reader in self._readers:
            reader.join()

    def _how_it_ended(self) -> str:
        code = self.process.returncode
        how, remedy = f"with exit code {code}", "run the same command again to go on"
        if code < 0:
            how = f"by signal {-code}"
        if code == -signal.SIGKILL:
            how += ", most likely for want of memory"
            remedy += ", with --threads 1 to train one at a time"
        return f"the process that trained {self.name or 'models'} ended {how}; {remedy}"

    def _send(self, order: bytes) -> None:
        with suppress(BrokenPipeError):  # one that has died is found by its silence
            stdin = _pipe(self.process.stdin)
            stdin.write(len(order).to_bytes(SIZE) + order)
            stdin.flush()

    def _pass_on(self) -> None:
        for line in _pipe(self.process.stderr):
            warn(line.decode(errors="replace").rstrip("\n"))

    def _hear(self) -> None:
        with suppress(EOFError):
            while True:
                match pickle.load(_pipe(self.process.stdout)):
                    case (int(done), int(total), str(note)):
                        self._advance = self._advance or self._begin(f"train {self.name}")
                        self._advance(done, total, note)
                    case float(seconds):
                        self._seconds = seconds
                    case Exception() as error:
                        self._error = error


def stop(trainers: Sequence[Trainer]) -> None:
    """End all trainers, and wait until they have saved: in its steps each takes the signal as a wish.

    One that is past its last step does not see the signal, and ends as no more orders come.
    """
    for trainer in trainers:
        trainer.process.terminate()
        with suppress(BrokenPipeError):
            _pipe(trainer.process.stdin).close()
    for trainer in trainers:
        trainer.process.wait()
        trainer.hear_out()


@contextmanager
def ended(trainers: Sequence[Trainer]) -> Iterator[None]:
    """No trainer outlives this block."""
    try:
        yield
    finally:
        stop(trainers)


def _packed(job: "Run") -> bytes:
    scenario = by_value(job.scenario) if job.scenario else None
    packed: bytes = cloudpickle.dumps((replace(job, scenario=None), scenario, verbosity()))
    return packed


def _can_travel(job: "Run") -> bool:
    """Whether the scenario can be sent to another process; one with an open file, say, cannot."""
    try:
        _packed(job)
    except (TypeError, pickle.PicklingError):
        return False
    return True


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def main() -> None:
    """Train models of a job: it is the first order on stdin, and names of models follow.

    Messages on stdout are (done, total, note), seconds when a model is trained, or an exception, which ends the process.
    """
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no message
    orders = SimpleQueue[bytes]()
    Thread(target=_listen, args=(orders,), daemon=True).start()
    job, scenario, chosen = cloudpickle.loads(orders.get())
    set_verbosity(chosen)

    def tell(message: Any) -> None:
        with suppress(OSError):  # nobody listens any more
            pickle.dump(message, messages)
            messages.flush()

    from .run import samples, train_model

    try:
        whole = replace(job, scenario=cloudpickle.loads(scenario) if scenario else None)
        read = samples(whole)
        while name := orders.get().decode():
            tell(train_model(whole, name, *read, lambda done, total, note="": tell((done, total, note))))
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


def _listen(orders: SimpleQueue[bytes]) -> None:
    """Pass on what is ordered; where that ends, stop this process as by a signal, and at the latest after this model."""
    stdin = os.fdopen(os.dup(0), "rb")  # not sys.stdin, whose lock would be held when the interpreter ends
    while length := stdin.read(SIZE):
        orders.put(stdin.read(int.from_bytes(length)))
    orders.put(b"")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
