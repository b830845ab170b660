"""Ensembles in data sets: several outcomes of one problem, (sample, member, …), and how many of them count.

Splits may have different numbers of members. All samples are stored with as many as the longest has, so that files open together;
the rest is NaN, which compresses to nothing, and `members(sample)` says how many count.
"""

import numpy as np
import xarray as xr

from .scenario import Array, Scenario
from .splits import split_of

MEMBER = "member"
COUNT = "members"


def members_of(scenario: Scenario, index: int) -> int:
    """How many outcomes sample `index` has; 0 where scenarios have just one, without an axis for it."""
    return scenario.members[split_of(index, scenario.one_in)] if scenario.ensemble else 0


def longest(scenario: Scenario) -> int:
    """The most members of a sample; 0 without ensembles."""
    return max(scenario.members.values()) if scenario.ensemble else 0


def mean_members(scenario: Scenario) -> float:
    """Members of a sample on average over the splits; 1 without ensembles."""
    if not scenario.ensemble:
        return 1.0
    judging = 0.1 / scenario.one_in
    shares = {"train": 1 - 2 * judging, "validation": judging, "test": judging}
    return sum(share * scenario.members[split] for split, share in shares.items())


def padded(a: Array, length: int) -> Array:
    """(members, …) continued with NaN to a length."""
    rest = np.full((length - len(a), *a.shape[1:]), np.nan, dtype=a.dtype)
    return np.concatenate([a, rest])


def member_coords(length: int) -> dict[str, xr.Variable]:
    """The coordinate `member`; none for a length of 0."""
    attributes = {"units": "1", "long_name": "number of the member", "standard_name": "realization"}
    return {MEMBER: xr.Variable(MEMBER, np.arange(length), attributes)} if length else {}


def outcomes(dataset: xr.Dataset, name: str) -> Array:
    """Values of a variable; where it has members, those that count of all samples in one row, (k, …)."""
    values = dataset[name].values
    if MEMBER not in dataset[name].dims:
        return np.asarray(values)
    return np.asarray(values[counting(dataset)])


def counting(dataset: xr.Dataset) -> Array:
    """Which members of which samples count, (sample, member)."""
    counts = dataset[COUNT].values if COUNT in dataset else np.full(dataset.sizes["sample"], dataset.sizes[MEMBER])
    return np.asarray(np.arange(dataset.sizes[MEMBER]) < counts[:, None])


def shortest(dataset: xr.Dataset) -> int:
    """Members of the shortest of its samples; these are stored and read together."""
    return int(dataset[COUNT].values.min(initial=dataset.sizes[MEMBER])) if COUNT in dataset else dataset.sizes[MEMBER]


def without_padding(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with as many members as the longest of its samples has."""
    if MEMBER not in dataset.dims or COUNT not in dataset or not dataset.sizes["sample"]:
        return dataset
    return dataset.isel({MEMBER: slice(int(dataset[COUNT].values.max()))})
