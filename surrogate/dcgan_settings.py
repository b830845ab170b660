"""What can be chosen about the unconditional network; its layers are those of the article."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DCGAN = "dcgan"


class DCGANSettings(BaseModel):
    """How the unconditional network learns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str = Field(default="", description="the variable whose fields are learned; by default the first target")
    steps: int = Field(
        default=1500, ge=1, le=10_000_000, description="steps of both players, each a third of a second on one core"
    )
    batch: int = Field(default=64, ge=2, le=4096, description="fields per step; batch normalisation needs some to average over")
    learning_rate: float = Field(default=1e-4, gt=0, le=1, description="Adam's rate for both players, with β₁ = 0.5")
    adversarial: Literal["vanilla", "nonsaturating"] = Field(
        default="vanilla",
        description="the generator's loss: vanilla is the article's min-max, nonsaturating keeps a slope where the other wins",
    )
