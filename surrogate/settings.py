"""What can be chosen about a model and its training, each with default, range and the reason for it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Width = Annotated[int, Field(ge=4, le=1024)]
Padding = Literal["zeros", "replicate", "circular", "longitude"]
Upsampling = Literal["nearest", "linear"]
Reconstruction = Literal["rms", "l1", "l2", "crps", "energy"]
LEVELS_OF_MAPS = 3  # noise maps join levels between the first and the last
Precision = Literal["auto", "float32", "bfloat16"]
Adversarial = Literal["vanilla", "nonsaturating", "lsgan", "hinge", "wgan-gp", "relativistic"]


class ModelSettings(BaseModel):
    """The networks and what they are given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    generator: Literal["convolutional", "modal"] = Field(
        default="convolutional",
        description="convolutional for any geometry; modal, four times faster, where a few numbers describe all conditions",
    )
    widths: tuple[Width, ...] = Field(
        default=(16, 32, 64, 96),
        min_length=1,
        max_length=7,
        description=(
            "channels per level of the generator, the first at half the stored resolution; cost grows with their square"
        ),
    )
    blocks: int = Field(default=1, ge=1, le=8, description="residual blocks per level; one is the cheapest per error reached")
    deepest: int = Field(
        default=1,
        ge=1,
        le=32,
        description=(
            "residual blocks of the coarsest level, if more; cheap there, they carry what happens at one place to far ones: each "
            "reaches two of its cells to either side"
        ),
    )
    perceptron: int = Field(
        default=0,
        ge=0,
        le=1024,
        description=(
            "width of two layers that turn scalars and noise vector into what steers the convolutions, beside these themselves; "
            "0 for none, where fields say all. It costs next to nothing where outcomes hang on scalars, as a plume on its stack"
        ),
    )
    head: int = Field(
        default=12,
        ge=1,
        le=128,
        description="channels at full resolution, which cost most of the time of a prediction",
    )
    padding: Padding | None = Field(
        default=None,
        description=(
            "beyond the rim; zeros show the network where the rim is, circular suits periodic domains, longitude goes around the "
            "globe and across its poles; by default longitude on latitude-longitude grids and zeros else"
        ),
    )
    noise_channels: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description=(
            "components of the noise vector, and noise maps per coarse level; by default 8 for stochastic scenarios and 0 else"
        ),
    )
    noise_vector: bool = Field(
        default=True,
        description=(
            "whether noise steers all convolutions at once, beside the maps; without it members differ from place to place "
            "alone, as those of turbulence do, and none is an outlier as a whole. For three levels or more"
        ),
    )
    upsampling: Upsampling = Field(
        default="nearest",
        description=(
            "how coarse levels come to finer ones: nearest copies cells; linear interpolates, so that members whose noise enters "
            "at the coarse levels show no blocks"
        ),
    )
    lift_resolution: int | None = Field(
        default=32,
        ge=4,
        le=4096,
        description=("cells along the first axis of the coarse solve that the network corrects; null for none. Its cost counts"),
    )
    guided: bool = Field(
        default=True,
        description="networks see what the closed formula of the scenario says, where it has one and there is no lift",
    )
    residual: bool = Field(
        default=False,
        description=(
            "where there are ensembles, networks with noise learn what the network of `unet` leaves, which they see too; it is "
            "trained first, or taken from beside. The mean is then as good as a regression's; for problems without symmetries"
        ),
    )
    modes: int = Field(
        default=160, ge=1, le=2000, description="modes of a modal generator; their product with the cells costs most of its time"
    )
    hidden: int = Field(default=256, ge=4, le=4096, description="width of a modal generator's perceptron")
    streamfunction: bool = Field(
        default=False,
        description="convolutions predict the streamfunction, for scenarios with one, and derive a divergence-free velocity",
    )
    precision: Precision = Field(
        default="float32",
        description=(
            "of convolutions in predictions, not in training; bfloat16 errs by a few thousandths of what a network adds, in half "
            "the time on CPUs with AMX; auto takes it where CPU or GPU has units for it"
        ),
    )
    critic_widths: tuple[Width, ...] = Field(
        default=(32, 64, 64),
        min_length=1,
        max_length=6,
        description="channels of the patch critic, each level at half the resolution of the one before",
    )
    spectral_norm: bool = Field(
        default=False,
        description="hold the largest singular value of each layer of the critic at one (Miyato et al. 2018), beside the penalty",
    )


class TrainingSettings(BaseModel):
    """How the networks learn; budgets count steps, so that a resumed run equals an undisturbed one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=1500, ge=1, le=10_000_000, description="generator steps; below 1000 coarse grids win")
    batch: int = Field(default=16, ge=1, le=4096, description="samples per step; 16 keeps two cores busy")
    learning_rate: float = Field(
        default=4e-3,
        gt=0,
        le=1,
        description="Muon's peak rate, after the warm-up; cosine to zero at the end",
    )
    warmup: int = Field(default=50, ge=0, le=100_000, description="steps of linear warm-up; without it early steps diverge")
    weight_decay: float = Field(default=1e-2, ge=0, le=1, description="decoupled decay of the generator's weights")
    mean_decay: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description=(
            "decay in place of weight_decay for a regression of means, `unet` where there are ensembles and what lies beneath a "
            "residual: it has no spread to lose; null for weight_decay"
        ),
    )
    mean_floor: float | None = Field(
        default=None,
        gt=0,
        description=(
            "where targets are seen through their roots, cells count in such a regression by the mean of their sample and this, "
            "in units of the target, as the square of an error of √c counts 4c times in c; null for all cells alike"
        ),
    )
    clip: float = Field(default=1.0, gt=0, le=1e6, description="largest gradient norm; larger ones are scaled down to it")
    truths: int = Field(
        default=1,
        ge=1,
        le=64,
        description=(
            "outcomes of each condition that the members of a step are compared with, where there are ensembles; more of them "
            "cost next to nothing and make steps less random"
        ),
    )
    ema: float = Field(default=0.99, ge=0, lt=1, description="decay per step of the averaged weights that predict")
    reconstruction: Reconstruction = Field(
        default="rms",
        description=("distance to the truth; rms is what vrmse measures, crps and energy are for stochastic scenarios"),
    )
    reconstruction_weight: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description="weight of that distance; 0 leaves the adversary alone, which needs critic_start=0 and loses modes",
    )
    adversarial: Adversarial = Field(
        default="relativistic",
        description="game between generator and critic; relativistic is the most stable",
    )
    critic_weight: float = Field(
        default=0.002,
        ge=0,
        le=100,
        description=(
            "weight of the adversarial term; above 0.005 it costs accuracy on deterministic problems, 0.1 suits stochastic ones"
        ),
    )
    critic_start: float = Field(
        default=2 / 3,
        ge=0,
        le=1,
        description="share of the steps before the critic joins, as each of its steps costs 1.8x",
    )
    critic_rate: float = Field(default=6e-4, gt=0, le=1, description="AdamW's rate for the critic, after a warm-up of its own")
    penalty: float = Field(
        default=10.0,
        ge=0,
        le=1000,
        description="weight of the critic's gradient penalty; with 0.05 the critic and then the spread run away",
    )
    penalty_every: int = Field(
        default=4, ge=1, le=1000, description="steps between penalties, whose weight is raised in proportion"
    )
    validate_every: int = Field(default=100, ge=1, le=1_000_000, description="steps between validations; the best model is kept")
    checkpoint_every: int = Field(
        default=200, ge=1, le=1_000_000, description="steps between checkpoints; more is lost when killed"
    )
    precision: Precision = Field(
        default="float32",
        description=(
            "of convolutions in training; bfloat16 doubles the speed of GPUs, saves a quarter of a step on CPUs with AMX, and is "
            "four times slower on CPUs without AVX-512; auto takes it where GPU or CPU has units for it"
        ),
    )
    device: str = Field(
        default="cpu",
        pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
        description=("where the networks train: auto, cpu, mps, cuda or cuda:N; auto takes a GPU where there is one"),
    )


class PODSettings(BaseModel):
    """The POD baseline: kernel regression of modes of the targets on components of the conditions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: int = Field(
        default=100,
        ge=1,
        le=2000,
        description="POD modes of the target; 100 leave an error of a few per cent",
    )
    components: int = Field(
        default=60,
        ge=1,
        le=2000,
        description="principal components of the conditions that the regression sees",
    )
    augmented: int = Field(
        default=3200,
        ge=1,
        le=20_000,
        description=("training samples at most, with their mirror images; memory and time grow with square and cube"),
    )


class Settings(BaseModel):
    """All that `train` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelSettings = Field(default_factory=ModelSettings, description="networks and their inputs")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="optimisation of the networks")
    pod: PODSettings = Field(default_factory=PODSettings, description="the POD baseline")

    @model_validator(mode="after")
    def _modes_need_no_streamfunction(self) -> "Settings":
        if self.model.streamfunction and self.model.generator == "modal":
            raise ValueError("model.streamfunction=true is for convolutions; modes are divergence-free by themselves, use false")
        return self

    @model_validator(mode="after")
    def _maps_need_levels(self) -> "Settings":
        if not self.model.noise_vector and (self.model.generator == "modal" or len(self.model.widths) < LEVELS_OF_MAPS):
            raise ValueError(
                f"model.noise_vector=false leaves noise to maps, which convolutions of {LEVELS_OF_MAPS} levels have; use true"
            )
        return self

    @model_validator(mode="after")
    def _two_members_need_noise(self) -> "Settings":
        if self.training.reconstruction in ("crps", "energy") and self.model.noise_channels == 0:
            raise ValueError("crps and energy compare two members, which noise_channels=0 makes equal; use 8")
        return self
