"""What a user can set about the data."""

from pydantic import BaseModel, ConfigDict, Field


class GenerationSettings(BaseModel):
    """How many samples are generated, and how they are stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int = Field(1000, ge=1, description="number of simulations [samples]")
    shard_size: int = Field(32, ge=1, le=4096, description="samples per file; a killed run loses one file per worker [samples]")
