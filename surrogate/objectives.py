"""Losses as pure functions: distances to the truth, and games between generator and critic.

Fields are (n, channels, ny, nx), cell weights w are (n or 1, 1, ny, nx), scores are of any shape. ⟨·⟩
averages over cells by weight.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as nnf

Loss = Callable[[Tensor, Tensor], Tensor]


def weighted_mean(a: Tensor, weights: Tensor) -> Tensor:
    """⟨a⟩ per sample and channel, (n, channels)."""
    return (a * weights).sum(dim=(2, 3)) / weights.sum(dim=(2, 3))


def l1(members: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """⟨|v − u|⟩, averaged over members (m, n, channels, ny, nx), samples and channels."""
    return torch.stack([weighted_mean((v - truth).abs(), weights).mean() for v in members]).mean()


def l2(members: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """⟨(v − u)²⟩, averaged over members, samples and channels."""
    return torch.stack([weighted_mean((v - truth).square(), weights).mean() for v in members]).mean()


def rms(members: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """√⟨(v − u)²⟩ per sample and channel, then averaged: vrmse, for fields in units of their deviation."""
    return torch.stack([torch.sqrt(weighted_mean((v - truth).square(), weights) + 1e-12).mean() for v in members]).mean()


def crps(members: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Fair continuous ranked probability score of m ≥ 2 members, per cell.

        mean_i |x_i − y| − Σ_{i≠j} |x_i − x_j| / (2 m (m − 1))

    Its expectation is least for members drawn from the distribution of y, for any m.
    Source: Ferro, QJRMS 140 (2014) 1917; Lang et al., arXiv:2412.15832 (2024).
    """
    m = len(members)
    skill = (members - truth).abs().mean(dim=0)
    spread = (members[:, None] - members[None]).abs().sum(dim=(0, 1)) / (2 * m * (m - 1))
    return weighted_mean(skill - spread, weights).mean()


def energy(members: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Fair energy score of m ≥ 2 members: the same with the norm √⟨·²⟩ over each field in place of |·|.

    Source: Gneiting & Raftery, JASA 102 (2007) 359, eq. 22.
    """
    m = len(members)

    def norm(a: Tensor) -> Tensor:
        return torch.sqrt(weighted_mean(a.square(), weights) + 1e-12)

    skill = torch.stack([norm(x - truth) for x in members]).mean(dim=0)
    pairs = [norm(members[i] - members[j]) for i in range(m) for j in range(i)]
    return (skill - torch.stack(pairs).sum(dim=0) / (m * (m - 1))).mean()


RECONSTRUCTION: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "rms": rms,
    "l1": l1,
    "l2": l2,
    "crps": crps,
    "energy": energy,
}


def vanilla_critic(real: Tensor, fake: Tensor) -> Tensor:
    """−log σ(D(u)) − log(1 − σ(D(v))) (Goodfellow et al. 2014)."""
    return nnf.softplus(-real).mean() + nnf.softplus(fake).mean()


def vanilla_generator(real: Tensor, fake: Tensor) -> Tensor:
    """log(1 − σ(D(v))), the minimax form."""
    return -nnf.softplus(fake).mean()


def nonsaturating_generator(real: Tensor, fake: Tensor) -> Tensor:
    """−log σ(D(v)), which has a slope where the critic wins."""
    return nnf.softplus(-fake).mean()


def lsgan_critic(real: Tensor, fake: Tensor) -> Tensor:
    """½ (D(u) − 1)² + ½ D(v)² (Mao et al. 2017)."""
    return 0.5 * ((real - 1).square().mean() + fake.square().mean())


def lsgan_generator(real: Tensor, fake: Tensor) -> Tensor:
    """½ (D(v) − 1)²."""
    return 0.5 * (fake - 1).square().mean()


def hinge_critic(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 − D(u)) + max(0, 1 + D(v)) (Lim & Ye 2017)."""
    return nnf.relu(1 - real).mean() + nnf.relu(1 + fake).mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """D(v) − D(u) (Arjovsky et al. 2017); needs a critic of bounded slope."""
    return fake.mean() - real.mean()


def wasserstein_generator(real: Tensor, fake: Tensor) -> Tensor:
    """−D(v)."""
    return -fake.mean()


def relativistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(v) − D(u)) of pairs under the same conditions (Jolicoeur-Martineau 2019)."""
    return nnf.softplus(fake - real).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(u) − D(v))."""
    return nnf.softplus(real - fake).mean()


ADVERSARIAL: dict[str, tuple[Loss, Loss]] = {
    "vanilla": (vanilla_critic, vanilla_generator),
    "nonsaturating": (vanilla_critic, nonsaturating_generator),
    "lsgan": (lsgan_critic, lsgan_generator),
    "hinge": (hinge_critic, wasserstein_generator),
    "wgan-gp": (wasserstein_critic, wasserstein_generator),
    "relativistic": (relativistic_critic, relativistic_generator),
}


def squared_slope(score: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """‖∂D/∂x‖² per sample, (n,), differentiable: R1 at true fields, R2 at generated ones (Mescheder 2018).

    D is the mean over patches, as in the losses; the slope of their sum is larger by their number, and its square far larger.
    """
    x = at.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(score(x).flatten(1).mean(dim=1).sum(), x, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3))


def gradient_penalty(name: str, score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """What keeps the critic's slope bounded: R1 + R2, or for wgan-gp (‖∂D/∂x‖ − 1)² between truth and
    prediction.

    Args:
        mix: where between the two, uniform in [0, 1], (n, 1, 1, 1). Source: Gulrajani et al. (2017).
    """
    if name == "wgan-gp":
        return (torch.sqrt(squared_slope(score, mix * real + (1 - mix) * fake) + 1e-12) - 1).square().mean()
    return (squared_slope(score, real) + squared_slope(score, fake)).mean()
