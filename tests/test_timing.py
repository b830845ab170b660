"""The clock: what is called how often, in which order, with how many threads; no real time passes."""

import gc
import threading

import numpy as np
import pytest
import torch
from fieldgan.pipelines.comparison_settings import ComparisonSettings
from fieldgan.pipelines.measure import BATCH, batch_size, measure
from fieldgan.pipelines.methods import Method
from fieldgan.pipelines.problems import stored_problems
from fieldgan.pipelines.timing import Timed, first_call, interleave, is_noisy, quartiles, threads
from screened_poisson import CLOCK, SCENARIO, Planted, PlantedClock, dataset
from threadpoolctl import threadpool_info


def test_each_round_reads_every_method_once_in_a_new_order() -> None:
    clock, calls = PlantedClock(), []
    methods = {name: Timed(lambda k, name=name: calls.append((k, name)), threads=1) for name in "abcdef"}
    interleave(methods, 4, warm=False, clock=clock)
    rounds = [calls[6 * k : 6 * k + 6] for k in range(4)]
    assert all(sorted(round_) == [(k, name) for name in "abcdef"] for k, round_ in enumerate(rounds))
    assert len({tuple(name for _, name in round_) for round_ in rounds}) > 1


def test_drift_hits_all_methods_alike() -> None:
    """Every call takes 1 % longer than the one before; methods of equal cost still come out equal to 5 %."""
    clock, step = PlantedClock(), [1e-3]

    def slower_and_slower(_: int) -> None:
        step[0] *= 1.01
        clock.advance(step[0])

    timed = Timed(slower_and_slower, threads=1)
    seconds = interleave({"one": timed, "other": timed}, 15, warm=False, clock=clock)
    assert np.median(seconds["one"]) == pytest.approx(np.median(seconds["other"]), rel=0.05)
    assert seconds["one"][-1] > 1.2 * seconds["one"][0]


def test_only_the_second_of_two_warm_calls_is_timed() -> None:
    clock, costs = PlantedClock(), iter([0.25, 0.125, 0.25, 0.0625, 0.25, 0.5])
    seconds = interleave({"a": Timed(lambda _: clock.advance(next(costs)), 1)}, 3, warm=True, clock=clock)
    assert seconds["a"].tolist() == [0.125, 0.0625, 0.5]


def test_a_long_call_is_timed_at_once() -> None:
    clock, costs = PlantedClock(), iter([5.0, 6.0, 4.0])
    seconds = interleave({"a": Timed(lambda _: clock.advance(next(costs)), 1)}, 3, warm=True, clock=clock)
    assert seconds["a"].tolist() == [5.0, 6.0, 4.0]


def test_first_call_includes_what_later_calls_do_not() -> None:
    clock, costs = PlantedClock(), iter([9.0, 1.0])
    timed = Timed(lambda _: clock.advance(next(costs)), threads=1)
    assert first_call(timed, clock) == 9.0
    assert first_call(timed, clock) == 1.0


def test_threads_are_limited_and_come_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with threads(1):
        assert torch.get_num_threads() == 1
        assert {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"} == {1}
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_threads_come_back_after_a_failure() -> None:
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), threads(1):
        raise RuntimeError("blown up")
    assert torch.get_num_threads() == before


def test_the_collector_is_paused_while_the_clock_runs() -> None:
    states = []
    interleave({"a": Timed(lambda _: states.append(gc.isenabled()), 1)}, 2, warm=False)
    assert states == [False, False]
    assert gc.isenabled()


def test_quartiles_and_noise_by_hand() -> None:
    assert quartiles(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == {"median": 3.0, "q25": 2.0, "q75": 4.0}
    assert is_noisy(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert not is_noisy(np.array([2.9, 2.95, 3.0, 3.05, 3.1]))


def test_batches_count_per_sample_and_in_both_sizes() -> None:
    planted = Planted("planted", 0.1, seconds=2e-3)
    method = Method("planted", "surrogate", planted.fields)
    settings = ComparisonSettings(repeats=3, batch_repeats=3)
    problems = stored_problems(dataset(), SCENARIO, 8)
    seconds = measure([method], problems, settings, 2, clock=CLOCK)["planted"]
    assert seconds.batch_1 == pytest.approx(2e-3)
    assert seconds.batch_32 == pytest.approx(2e-3)


def test_a_pool_slower_than_one_core_is_not_used() -> None:
    """Solvers that hold Python's lock run one by one; here any pooled solve takes ten times as long."""
    main = threading.main_thread()

    def solve(conditions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        CLOCK.advance(1e-3 if threading.current_thread() is main else 1e-2)
        return {"temperature": conditions["source"]}

    method = Method("solver@32", "solver", solve, one_by_one=True, resolution=32)  # type: ignore[arg-type]
    problems = stored_problems(dataset(), SCENARIO, 4)
    seconds = measure([method], problems, ComparisonSettings(repeats=3, batch_repeats=3), 2, clock=CLOCK)
    assert seconds["solver@32"].batch_32 == pytest.approx(1e-3)


def solver(resolution: int | None) -> Method:
    return Method("solver", "solver", lambda conditions: conditions, one_by_one=True, resolution=resolution)


def test_fine_grids_get_smaller_batches() -> None:
    surrogate = Method("cgan", "surrogate", lambda conditions: conditions)
    assert batch_size(surrogate, 2) == batch_size(solver(None), 2) == batch_size(solver(128), 2) == BATCH
    assert batch_size(solver(256), 2) == 8
    assert batch_size(solver(4096), 2) == 2


@pytest.mark.parametrize("cores", [1, 3, 8, 12, 24, 64])
@pytest.mark.parametrize("resolution", [None, 64, 256, 512, 4096])
def test_no_core_is_left_without_a_sample(cores: int, resolution: int | None) -> None:
    size = batch_size(solver(resolution), cores)
    assert size >= cores
    assert size >= BATCH or size % cores == 0
    assert batch_size(Method("cgan", "surrogate", lambda conditions: conditions), cores) == BATCH


def test_small_batches_count_per_sample_and_say_how_many_they_had() -> None:
    """Three solves of 1 ms one by one on a grid of which none fit: 1 ms per sample."""

    def solve(conditions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        CLOCK.advance(1e-3)
        return {"temperature": conditions["source"]}

    method = Method("solver@1024", "solver", solve, one_by_one=True, resolution=1024)  # type: ignore[arg-type]
    problems = stored_problems(dataset(), SCENARIO, 4)
    seconds = measure([method], problems, ComparisonSettings(repeats=3, batch_repeats=3), 3, clock=CLOCK)["solver@1024"]
    assert seconds.samples == 3
    assert seconds.batch_32 == pytest.approx(1e-3)


def test_dear_solves_come_in_small_batches_that_count_per_sample_too() -> None:
    """A solve of an eighth of a second: four are half a second of work; here each is a millisecond, one after the other."""
    calls = []

    def solve(conditions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        calls.append(1)
        CLOCK.advance(1e-3)
        return {"temperature": conditions["source"]}

    method = Method("solver@32", "solver", solve, one_by_one=True, resolution=32)  # type: ignore[arg-type]
    problems, settings = stored_problems(dataset(), SCENARIO, 4), ComparisonSettings(repeats=3, batch_repeats=3)
    seconds = measure([method], problems, settings, 2, {"solver@32": 0.125}, CLOCK)["solver@32"]
    assert seconds.samples == 4
    assert seconds.batch_32 == pytest.approx(1e-3)
    calls.clear()
    assert measure([method], problems, settings, 2, {"solver@32": 5.0}, CLOCK)["solver@32"].samples == 2
    assert len(calls) == 3 * 2 + 3 * 2  # no call to warm up; at batch 1 each is called twice, as it is short here
