"""Settings of the comparison, the section [comparison] of a configuration."""

from pydantic import BaseModel, ConfigDict, Field


class ComparisonSettings(BaseModel):
    """How many samples are scored and how often the clock is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int = Field(default=128, ge=2, description="test samples that are scored, at most")
    repeats: int = Field(default=15, ge=3, description="timings of every method at batch 1; the median counts")
    batch_repeats: int = Field(default=5, ge=3, description="timings of every method at batch 32")
    truth_samples: int = Field(default=32, ge=1, description="test samples on which the truth's own error is estimated")
    draws: int = Field(default=2000, ge=200, description="bootstrap draws behind every interval")
