"""Tasks on one process, on local processes, or on a Dask cluster."""

import os
import sys
import sysconfig
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib import import_module
from itertools import islice
from logging import CRITICAL
from multiprocessing import parent_process
from pathlib import Path
from socket import create_connection
from typing import Any, TypeVar
from urllib.parse import urlsplit

import cloudpickle  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ..solvers.errors import FieldganError, UsageError
from .scenario import Scenario

Task = TypeVar("Task")
Result = TypeVar("Result")
Work = Callable[[Scenario, Task], Result]

PACKAGE = __name__.partition(".")[0]
WORKERS = {
    # dask asks malloc to give every freed array back to the system, which doubles the time of a solve
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.worker.profile.enabled": False,
}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
GUARD = 'in a script, put the call under `if __name__ == "__main__":`'
CONNECT_WITHIN = 3.0  # seconds for a scheduler to accept a connection
AHEAD = 3  # tasks in flight per worker: enough to keep it busy, few enough to bound the memory of a long run


def run_tasks(
    work: Work[Task, Result],
    scenario: Scenario,
    tasks: Iterable[Task],
    count: int,
    workers: int,
    scheduler: str | None = None,
) -> Generator[Result]:
    """Do every task once, and give the results in the order in which they are done.

    Args:
        work: `work(scenario, task)`, a function of this package.
        tasks, count: the tasks, of which only a few are held at a time, and how many there are.
        workers: processes on this machine, one thread each; 1 stays in this process.
        scheduler: address of a Dask scheduler to use in place of local processes.
    Raises:
        FieldganError: if a task kills its worker again and again.
    """
    if scheduler is None and min(workers, count) <= 1:
        return _in_turn(work, scenario, tasks)
    return _distribute(work, scenario, tasks, min(workers, count), scheduler)


def _in_turn(work: Work[Task, Result], scenario: Scenario, tasks: Iterable[Task]) -> Generator[Result]:
    """On one thread, as workers do: on fields this small, threads of linear algebra wait for each other most of the time."""
    with threadpool_limits(1, user_api="blas"):
        for task in tasks:
            yield work(scenario, task)


def _distribute(
    work: Work[Task, Result], scenario: Scenario, tasks: Iterable[Task], workers: int, scheduler: str | None
) -> Generator[Result]:
    distributed = _distributed()
    pickled = by_value(scenario)
    with _client(workers, scheduler) as client:
        waiting = iter(tasks)
        in_flight = AHEAD * max(1, len(client.nthreads()))

        def submit(task: Task) -> Any:
            return client.submit(_work_on, work, pickled, task, pure=False)

        first = [submit(task) for task in islice(waiting, in_flight)]
        done = distributed.as_completed(first, loop=client.loop)
        for future in done:
            try:
                result = future.result()
            except distributed.KilledWorker:
                raise FieldganError(
                    "a worker process died several times on the same task, most likely for want of memory; "
                    "use fewer workers or smaller shards, then run it again"
                ) from None
            future.release()
            for task in islice(waiting, 1):
                done.add(submit(task))
            yield result


def require_scheduler(address: str) -> None:
    """Refuse an address at which nobody listens, quickly and before the library is loaded.

    Raises:
        UsageError: naming the address and how to start a scheduler.
    """
    try:
        place = urlsplit(address if "://" in address else f"tcp://{address}")
        if place.hostname is None or place.port is None:
            raise UsageError(f"--scheduler {address!r} is no address; give tcp://HOST:PORT, as `dask scheduler` prints it")
        create_connection((place.hostname, place.port), timeout=CONNECT_WITHIN).close()
    except (OSError, ValueError) as error:
        remedy = "start one with `dask scheduler`"
        raise UsageError(f"no Dask scheduler answers at {address}: {error}; {remedy}") from None


def _distributed() -> Any:
    """The library, which takes two seconds to import and is not needed by a single process."""
    return import_module("distributed")


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    if scheduler is not None:
        require_scheduler(scheduler)
    distributed = _distributed()
    with ExitStack() as stack:
        address = scheduler or stack.enter_context(_local_cluster(workers))
        try:
            client = stack.enter_context(distributed.Client(address, timeout="5s", set_as_default=False))
        except (OSError, ValueError) as error:
            remedy = "start one with `dask scheduler`"
            raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}; {remedy}") from None
        yield client


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Processes of one thread each, reachable from this machine only."""
    local = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": CRITICAL}
    with ExitStack() as stack:
        stack.enter_context(import_module("dask").config.set(WORKERS))
        stack.enter_context(_environment(ONE_THREAD))
        try:
            cluster = _distributed().LocalCluster(workers, threads_per_worker=1, processes=True, **local)
        except RuntimeError as error:
            raise FieldganError(f"the worker processes did not start ({error}); {GUARD}, or use one worker") from None
        yield stack.enter_context(cluster)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What processes that start meanwhile inherit; dask's own setting for this yields to what the parent has."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def refuse_nested_start(workers: int) -> None:
    """A script without a guard is run again by each worker it starts, and would start workers itself.

    Raises:
        UsageError: in such a worker.
    """
    if workers > 1 and parent_process() is not None:
        raise UsageError(f"{workers} workers cannot be started by a worker; {GUARD}")


def _work_on(work: Work[Task, Result], pickled: bytes, task: Task) -> Result:
    return work(_unpickle(pickled), task)


@lru_cache(maxsize=2)
def _unpickle(pickled: bytes) -> Scenario:
    """Once per worker, so that compiled functions of a scenario stay compiled."""
    scenario: Scenario = cloudpickle.loads(pickled)
    return scenario


def by_value(scenario: Scenario) -> bytes:
    """Pickle a scenario so that a process that cannot import its functions can still call them.

    Functions of installed packages travel by name, those of a script or of a module beside it by value.
    """
    modules = [sys.modules[name] for name in _modules(scenario) if name in sys.modules]
    with ExitStack() as stack:
        for module in (m for m in modules if not _is_installed(m)):
            cloudpickle.register_pickle_by_value(module)
            stack.callback(cloudpickle.unregister_pickle_by_value, module)
        pickled: bytes = cloudpickle.dumps(scenario)
        return pickled


def _modules(scenario: Scenario) -> set[str]:
    values = [value for field in vars(scenario).values() for value in (field.values() if isinstance(field, dict) else [field])]
    functions = [getattr(value, "func", value) for value in values]  # `func` of a functools.partial
    return {f.__module__ if hasattr(f, "__module__") else type(f).__module__ for f in functions} - {"__main__"}


def _is_installed(module: Any) -> bool:
    if module.__name__.partition(".")[0] == PACKAGE or getattr(module, "__file__", None) is None:
        return True
    folders = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib")}
    return any(folder in Path(module.__file__).resolve().parents for folder in folders)
