"""How large a training is: samples, cells, fields and bytes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run

TORCH_MEMORY = 1.2e9  # bytes of a process with torch loaded, the default networks and their activations
COPIES = 7  # of the training fields in memory at most: read, encoded, as corrections, as rows, and less a mean (plumes)


@dataclass(frozen=True)
class Extent:
    """Samples, cells, and fields of all samples together: conditions once, and targets of every outcome."""

    samples: int
    cells: int
    fields: int


def training_memory(size: Extent) -> float:
    """Bytes that one training takes."""
    return TORCH_MEMORY + 4.0 * COPIES * size.cells * size.fields


def extent(job: "Run") -> Extent:
    """Of the training of a job, by its configuration, or by its data where they are the user's own."""
    if job.scenario:
        ny, nx = job.scenario.domain.shape(job.scenario.stored_resolution)
        samples, outcomes = job.config.data.samples, max(1, job.scenario.members.get("train", 1))
        given = sum(v.channels for v in job.scenario.inputs if not v.scalar)
        return Extent(samples, ny * nx, samples * (given + outcomes * sum(v.channels for v in job.scenario.targets)))
    dataset = job.dataset()
    fields = [v for v in dataset.data_vars.values() if "role" in v.attrs]
    return Extent(dataset.sizes["sample"], max(v[0].size for v in fields), dataset.sizes["sample"] * len(fields))
