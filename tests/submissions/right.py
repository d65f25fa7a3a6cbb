"""Right answers in the styles in which people write them: all get full marks for what they answer."""

import json

from tests.runner.notebooks.hand_ins import solved
from tests.submissions.hand_in import HEAD, HandIn, Row, correct
from vae_course.checks.lessons import EXERCISES


def right(name: str, tries: str, lesson: str, text: str, **points: float) -> HandIn:
    """A hand-in whose answers are all correct; methods as VAE_loss for "VAE.loss"."""
    rows: dict[str, Row] = {key.replace("VAE_", "VAE.", 1): correct(worth) for key, worth in points.items()}
    return HandIn(name, tries, f"{HEAD}{text}", rows, lesson)


def as_it_was_built(lesson: str) -> HandIn:
    """A solved lesson as the course's own sources have it."""
    rows = {exercise.name: correct(exercise.points) for exercise in EXERCISES.values() if exercise.lesson == lesson}
    text = json.dumps(solved(lesson))
    return HandIn(f"solved {lesson[:2]}", "The solution itself.", text, rows, lesson, form=lambda hand_in, text: text)


HAND_INS = (
    *map(as_it_was_built, ("00_start_here", "02_kl_divergence", "03_reconstruction", "06_generation")),
    right(
        "right 1 distributions",
        "Draws by torch.distributions.",
        "01_reparameterization",
        """
from torch.distributions import Normal
def sample_gaussian(m, v):
    return Normal(m, v.sqrt()).rsample()
""",
        sample_gaussian=7,
    ),
    right(
        "right 2 a noise of its own",
        "Draws by the quantile function of uniform noise, in double precision, with an Independent.",
        "01_reparameterization",
        """
def sample_gaussian(m, v):
    u = torch.rand(m.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)
    return m + v ** 0.5 * torch.special.ndtri(u).to(m.dtype)
# %%
predict_noise = dict(slope=1 / 2, mean=0.5, variance=1 / 12)
# %%
choose_estimator = {"square": "pathwise", "step": "score function", "moving edge": "neither"}
""",
        sample_gaussian=7,
        predict_noise=1,
        choose_estimator=1,
    ),
    right(
        "right 3 loops",
        "Loops over the dimensions where others sum.",
        "02_kl_divergence",
        """
import math
def log_normal(x, m, v):
    x, m, v = torch.broadcast_tensors(x, m, v)
    total = 0
    for i in range(x.shape[-1]):
        total = total - 0.5 * (math.log(2 * math.pi) + v[..., i].log() + (x[..., i] - m[..., i]) ** 2 / v[..., i])
    return total
# %%
def kl_normal(qm, qv, pm, pv):
    terms = []
    for a, b, c, d in zip(*(t.unbind(-1) for t in torch.broadcast_tensors(qm, qv, pm, pv))):
        terms.append(0.5 * (d.log() - b.log() - 1 + b / d + (a - c) ** 2 / d))
    return torch.stack(terms).sum(0)
""",
        log_normal=5,
        kl_normal=6,
    ),
    right(
        "right 4 einsum",
        "Sums by einsum, formulas by torch.distributions, helpers with annotations and a decorator.",
        "02_kl_divergence",
        """
import functools
from torch.distributions import Independent, Normal, kl_divergence
def last_axis(function):
    @functools.wraps(function)
    def summed(*tensors: Tensor) -> Tensor:
        return torch.einsum("...d->...", function(*torch.broadcast_tensors(*tensors)))
    return summed
@last_axis
def log_normal(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    return Normal(m, v.sqrt(), validate_args=False).log_prob(x)
@last_axis
def kl_normal(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    return kl_divergence(Normal(qm, qv.sqrt()), Normal(pm, pv.sqrt()))
kl_monte_carlo = lambda z, qm, qv, pm, pv: log_normal(z, qm, qv) - log_normal(z, pm, pv)
""",
        log_normal=5,
        kl_normal=6,
        kl_monte_carlo=2,
    ),
    right(
        "right 5 the loss of torch",
        "The loss that torch has, and the maximum taken out by hand.",
        "03_reconstruction",
        """
import torch.nn.functional as F
def log_bernoulli_with_logits(x, logits):
    x, logits = torch.broadcast_tensors(x, logits)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=-1)
# %%
def log_mean_exp(x, dim):
    top = x.max(dim, keepdim=True).values
    return (x - top).exp().mean(dim).log() + top.squeeze(dim)
""",
        log_bernoulli_with_logits=6,
        log_mean_exp=5,
    ),
    right(
        "right 6 a class of another name",
        "A class of its own name, all terms by Monte Carlo, helpers as methods.",
        "04_nelbo",
        """
from torch.distributions import Bernoulli, Normal
class MyVAE(given.VAE):
    def posterior(self, x):
        m, v = self.enc(x)
        return Normal(m, v.sqrt())
    def negative_elbo_bound(self, x):
        q = self.posterior(x)
        z = q.rsample()
        prior = Normal(self.z_prior[0], self.z_prior[1].sqrt())
        kl = torch.distributions.kl_divergence(q, prior).sum(1).mean(0)
        rec = -Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(1).mean(0)
        return kl + rec, kl, rec
# %%
def training_step(model, x, optimizer):
    optimizer.zero_grad(set_to_none=False)
    loss = model.loss(x)[0]
    loss.backward()
    optimizer.step()
    return loss.detach()
""",
        VAE_negative_elbo_bound=11,
        training_step=3,
    ),
    right(
        "right 8 an order from words",
        "The order computed, in the lesson's second sitting.",
        "04b_collapse",
        """
derivation = "E C G A H B".split()
""",
        derivation=3,
    ),
    right(
        "right 7 one batch of all draws",
        "All draws in one long batch, and a loop over the draws in the bound.",
        "05_iwae",
        """
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v, xs = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
    z = given.sample_gaussian(m, v)
    log_w = given.log_bernoulli_with_logits(xs, model.dec(z)) + given.log_normal(z, *model.z_prior)
    return (log_w - given.log_normal(z, m, v)).view(-1, iw)
# %%
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        columns = [log_weights(self, x, 1).squeeze(1) for _ in range(iw)]
        niwae = -(torch.stack(columns).logsumexp(0) - torch.tensor(float(iw)).log()).mean()
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return niwae, kl, rec
# %%
def effective_sample_size(log_w):
    w = torch.softmax(log_w, dim=-1)
    return 1 / torch.einsum("...k,...k->...", w, w)
""",
        log_weights=5,
        VAE_negative_iwae_bound=9,
        effective_sample_size=2,
    ),
)
