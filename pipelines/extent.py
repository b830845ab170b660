"""How large a training is: samples, cells, fields and bytes, from the configuration alone."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run

TORCH_MEMORY = 1.2e9  # bytes of a process with torch loaded, the default networks and their activations
COPIES = 3  # of the training fields in memory: read, encoded, and the batch's share


def training_memory(job: "Run") -> float:
    """Bytes that one training takes."""
    _, cells, fields = extent(job)
    return TORCH_MEMORY + 4.0 * COPIES * cells * fields


def extent(job: "Run") -> tuple[int, int, int]:
    """Samples, cells, and fields of all samples together: conditions once, and targets of every outcome."""
    if job.scenario:
        ny, nx = job.scenario.domain.shape(job.scenario.stored_resolution)
        samples, outcomes = job.config.data.samples, max(1, job.scenario.members.get("train", 1))
        given = sum(v.channels for v in job.scenario.inputs if not v.scalar)
        return samples, ny * nx, samples * (given + outcomes * sum(v.channels for v in job.scenario.targets))
    dataset = job.dataset()
    fields = [v for v in dataset.data_vars.values() if "role" in v.attrs]
    return dataset.sizes["sample"], max(v[0].size for v in fields), dataset.sizes["sample"] * len(fields)
