"""Answers to the puzzles: those that solve them, the shortest that we know, and those that miss by one thing. No page shows them."""

import math

import torch

from vae_course import given
from vae_course.given import log_bernoulli_with_logits, log_normal, sample_gaussian

# ---------------------------------------------------------------- 01


def halves(m, v):
    return m + torch.exp(torch.log(v) / 2) * torch.randn_like(m)


def halves_in_four(m, v):
    return torch.addcmul(m, torch.exp(torch.xlogy(0.5, v)), torch.randn_like(m))


def rooted(m, v):
    return m + v.sqrt() * torch.randn_like(m)


def rooted_by_power(m, v):
    return m + v**0.5 * torch.randn_like(m)


def rooted_in_place(m, v):
    return m + v.clone().sqrt_() * torch.randn_like(m)


def halves_missed(m, v):
    std = torch.exp(torch.log(v))
    return m + std * torch.randn_like(m)


# ---------------------------------------------------------------- 02


def eight(x, m, v):
    return -0.5 * (torch.log(math.tau * v) + (x - m) ** 2 / v).sum(-1)


def seven(x, m, v):
    return torch.addcdiv(torch.log(math.tau * v), (x - m) ** 2, v).sum(-1) / -2


def nine(x, m, v):
    each = torch.log(2 * math.pi * v) + (x - m) ** 2 / v
    return -0.5 * each.sum(-1)


def from_the_library(x, m, v):
    return torch.distributions.Normal(m, v.sqrt()).log_prob(x).sum(-1)


def eight_missed(x, m, v):
    return -0.5 * (torch.log(math.pi * v) + (x - m) ** 2 / v).sum(-1)


def from_densities(qm, qv, pm, pv):
    return log_normal(qm, qm, qv) - log_normal(qm, pm, pv) + 0.5 * (qv / pv - 1).sum(-1)


def from_two_densities(qm, qv, pm, pv):
    s = qv.sqrt()
    return log_normal(s, 0, qv) - log_normal(torch.hypot(qm - pm, s), 0, pv)


def with_a_log(qm, qv, pm, pv):
    return 0.5 * ((qv + (qm - pm) ** 2) / pv - (qv / pv).log() - 1).sum(-1)


def from_densities_missed(qm, qv, pm, pv):
    return log_normal(qm, qm, qv) - log_normal(qm, pm, pv)


# ---------------------------------------------------------------- 03


def by_logaddexp(x, logits):
    return (x * logits - torch.logaddexp(logits, torch.zeros_like(logits))).sum(-1)


def by_softplus(x, logits):
    return (x * logits - torch.nn.functional.softplus(logits)).sum(-1)


def by_a_module(x, logits):
    return (x * logits - torch.nn.Softplus()(logits)).sum(-1)


def by_logs(x, logits):
    p = torch.sigmoid(logits)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)


def largest_out(x, dim):
    return (x - x.amax(dim, keepdim=True)).exp().mean(dim).log() + x.amax(dim)


def largest_out_in_two(x, dim):
    top = x.amax(dim, keepdim=True)
    return (top + (x - top).exp().mean(dim, keepdim=True).log()).squeeze(dim)


def by_logsumexp(x, dim):
    return torch.logsumexp(x, dim=dim) - math.log(x.shape[dim])


def in_one_line_and_fragile(x, dim):
    return torch.log(torch.exp(x).mean(dim))


# ---------------------------------------------------------------- 05


def draws_in_front(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(iw, *m.shape), v)
    return (log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)).T


def draws_in_the_middle(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)


def draws_not_turned(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(iw, *m.shape), v)
    return log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)


def doubled(log_w):
    return torch.exp(2 * torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1))


def shares(log_w):
    share = (log_w - log_w.logsumexp(-1, True)).exp()
    return 1 / torch.linalg.vecdot(share, share)


def by_softmax(log_w):
    share = torch.softmax(log_w, -1)
    return 1 / (share * share).sum(-1)


def doubled_missed(log_w):
    return torch.exp(torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1))


# ---------------------------------------------------------------- 06


def outer(z0, z1, n):
    return z0 + torch.outer(torch.linspace(0, 1, n), z1 - z0)


def three(z0, z1, n):
    return torch.lerp(z0, z1, torch.linspace(0, 1, n)[:, None])


def five(z0, z1, n):
    return z0 + torch.linspace(0, 1, n)[:, None] * (z1 - z0)


def outer_missed(z0, z1, n):
    return z0 + torch.outer(torch.linspace(0, 1, n), z1)


def counted(z0, z1, n):
    t = torch.arange(n)[:, None] / (n - 1)
    return (1 - t) * z0 + t * z1


def counted_in_five(z0, z1, n):
    return torch.addr(z0, torch.arange(n) / (n - 1), z1 - z0)


def one_by_one(z0, z1, n):
    return torch.stack([z0 + (z1 - z0) * (j / (n - 1)) for j in range(n)])


def counted_short(z0, z1, n):
    t = torch.arange(n)[:, None] / n
    return (1 - t) * z0 + t * z1


class VAE(given.VAE):
    def broadcast(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim)

    def broadcast_in_three(self, batch):
        m, v = self.z_prior
        return torch.addcmul(m, v.sqrt(), torch.randn(batch, self.z_dim))

    def expanded(self, batch):
        m, v = self.z_prior
        m = m.expand(batch, self.z_dim)
        return m + v.sqrt() * torch.randn_like(m)

    def one_number(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, 1)


# ---------------------------------------------------------------- 08


def half_of_sum_and_distance(kl, floor):
    mean = kl.mean(0)
    return (mean + floor + (mean - floor).abs()).sum() / 2


def held_by_clamp(kl, floor):
    return kl.mean(0).clamp(min=floor).sum()


def held_by_where(kl, floor):
    mean = kl.mean(0)
    return torch.where(mean > floor, mean, floor).sum()


def half_forgotten(kl, floor):
    mean = kl.mean(0)
    return (mean + floor + (mean - floor).abs()).sum()


# ---------------------------------------------------------------- 09


def picked_by_comparison(model, x, labelled, y, weight):
    logits = model.cls(labelled)
    own = (logits * (y.unsqueeze(1) == torch.arange(10))).sum(1)
    nelbo, *_ = model.unlabelled_bound(x)
    return nelbo + weight * (logits.logsumexp(1) - own).mean()


def picked_by_an_index(model, x, labelled, y, weight):
    logits = model.cls(labelled)
    own = logits[range(len(y)), y]
    nelbo, *_ = model.unlabelled_bound(x)
    return nelbo + weight * (logits.logsumexp(1) - own).mean()


def by_log_softmax(model, x, labelled, y, weight):
    own = (model.cls(labelled).log_softmax(1) * (y.unsqueeze(1) == torch.arange(10))).sum(1)
    nelbo, *_ = model.unlabelled_bound(x)
    return nelbo - weight * own.mean()


def logsumexp_forgotten(model, x, labelled, y, weight):
    own = (model.cls(labelled) * (y.unsqueeze(1) == torch.arange(10))).sum(1)
    nelbo, *_ = model.unlabelled_bound(x)
    return nelbo - weight * own.mean()


# ---------------------------------------------------------------- 10


def differences_of_logits(noise, predicted, alpha_bar, alpha_bar_before):
    weight = torch.expm1(alpha_bar_before.logit() - alpha_bar.logit()) / 2
    return (weight * (noise - predicted) ** 2).sum(-1)


def differences_of_logits_in_eight(noise, predicted, alpha_bar, alpha_bar_before):
    error = noise - predicted
    return torch.linalg.vecdot(torch.expm1(alpha_bar_before.logit() - alpha_bar.logit()) / 2 * error, error)


def ratio_of_shares(noise, predicted, alpha_bar, alpha_bar_before):
    snr, before = alpha_bar / (1 - alpha_bar), alpha_bar_before / (1 - alpha_bar_before)
    return ((before / snr - 1) / 2 * (noise - predicted) ** 2).sum(-1)


def by_its_loss(noise, predicted, alpha_bar, alpha_bar_before):
    weight = torch.expm1(alpha_bar_before.logit() - alpha_bar.logit()) / 2
    return (weight * torch.nn.functional.mse_loss(noise, predicted, reduction="none")).sum(-1)


def one_logit_forgotten(noise, predicted, alpha_bar, alpha_bar_before):
    weight = torch.expm1(alpha_bar_before.log() - alpha_bar.log()) / 2
    return (weight * (noise - predicted) ** 2).sum(-1)


SOLVED = {
    "01.no-root": halves,
    "02.eight": eight,
    "02.no-log": from_densities,
    "03.no-softplus": by_logaddexp,
    "03.one-line": largest_out,
    "05.in-front": draws_in_front,
    "05.doubling": doubled,
    "06.four": outer,
    "06.steps": counted,
    "06.broadcast": VAE.broadcast,
    "08.no-larger": half_of_sum_and_distance,
    "09.no-softmax": picked_by_comparison,
    "10.nine": differences_of_logits,
}
SHORTEST = SOLVED | {
    "01.no-root": halves_in_four,
    "02.eight": seven,
    "02.no-log": from_two_densities,
    "05.doubling": shares,
    "06.four": three,
    "06.steps": counted_in_five,
    "06.broadcast": VAE.broadcast_in_three,
    "10.nine": differences_of_logits_in_eight,
}
RIGHT_BUT_BROKEN = [
    ("01.no-root", rooted, "`sqrt`"),
    ("01.no-root", rooted_by_power, "`**`"),
    ("01.no-root", rooted_in_place, "`sqrt_`"),
    ("02.eight", nine, "9 operations (line"),
    ("02.eight", from_the_library, "`distributions`"),
    ("02.no-log", with_a_log, "`log`"),
    ("03.no-softplus", by_softplus, "`softplus`"),
    ("03.no-softplus", by_a_module, "`Softplus`"),
    ("03.one-line", largest_out_in_two, "statement 2 of 2"),
    ("03.one-line", by_logsumexp, "`logsumexp`"),
    ("05.in-front", draws_in_the_middle, "`unsqueeze`"),
    ("05.doubling", by_softmax, "`softmax`"),
    ("06.four", five, "5 operations"),
    ("06.steps", three, "`lerp`"),
    ("06.steps", one_by_one, "a comprehension"),
    ("06.broadcast", VAE.expanded, "`expand`"),
    ("08.no-larger", held_by_clamp, "`clamp`"),
    ("08.no-larger", held_by_where, "`where`"),
    ("09.no-softmax", picked_by_an_index, "`[]`"),
    ("09.no-softmax", by_log_softmax, "`log_softmax`"),
    ("10.nine", ratio_of_shares, "operations"),
    ("10.nine", by_its_loss, "`mse_loss`"),
]
"""Right answers that break the rule, and what the card names."""
KEPT_BUT_WRONG = {
    "01.no-root": halves_missed,
    "02.eight": eight_missed,
    "02.no-log": from_densities_missed,
    "03.no-softplus": by_logs,
    "03.one-line": in_one_line_and_fragile,
    "05.in-front": draws_not_turned,
    "05.doubling": doubled_missed,
    "06.four": outer_missed,
    "06.steps": counted_short,
    "06.broadcast": VAE.one_number,
    "08.no-larger": half_forgotten,
    "09.no-softmax": logsumexp_forgotten,
    "10.nine": one_logit_forgotten,
}

# ---------------------------------------------------------------- weak tests, broken and not


def v_for_its_root(m, v):
    return m + v * torch.randn_like(m)


def no_gradient(m, v):
    return torch.normal(m, v.sqrt())


def fixed_noise(m, v):
    return m + v.sqrt() * torch.randn(m.shape[0], 1)


def uniform_noise(m, v):
    return m + v.sqrt() * torch.rand_like(m)


def over_the_batch(x, m, v):
    return torch.distributions.Normal(m, v.sqrt()).log_prob(x).sum(0)


def v_forgotten(x, m, v):
    return torch.distributions.Normal(m, torch.ones_like(m)).log_prob(x).sum(-1)


def averaged(x, m, v):
    return torch.distributions.Normal(m, v.sqrt()).log_prob(x).mean(-1)


def only_ink(x, logits):
    return (x * torch.sigmoid(logits).log()).sum(-1)


def a_clamp(x, logits):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)


def black_or_white(x, logits):
    return (torch.where(x > 0.5, logits, 0.0) - torch.nn.functional.softplus(logits)).sum(-1)


def how_many(log_w):
    return torch.full(log_w.shape[:-1], float(log_w.shape[-1]))


def no_square(log_w):
    w = torch.exp(log_w)
    return w.sum(-1) ** 2 / w.sum(-1)


def of_the_largest(log_w):
    return torch.ones(len(log_w))


BROKEN = [
    ("01.break-sampling", v_for_its_root),
    ("01.break-sampling", no_gradient),
    ("01.break-sampling", fixed_noise),
    ("02.break-axis", over_the_batch),
    ("02.break-axis", v_forgotten),
    ("03.break-calm", by_logs),
    ("03.break-calm", a_clamp),
    ("03.break-calm", black_or_white),
    ("05.break-equal", how_many),
    ("05.break-equal", no_square),
]
SEEN = [
    ("01.break-sampling", uniform_noise, "assert abs(z.mean() - 3) < 0.05"),
    ("02.break-axis", averaged, "assert torch.allclose(log_normal(x, m, v), right, atol=1e-3)"),
    ("03.break-calm", only_ink, "assert torch.allclose(log_bernoulli_with_logits(x, odds.log())"),
    ("05.break-equal", of_the_largest, "assert torch.allclose(effective_sample_size("),
]
"""Wrong answers that the weak test refuses, and at which assertion."""
RIGHT = [
    ("01.break-sampling", rooted),
    ("02.break-axis", from_the_library),
    ("03.break-calm", by_softplus),
    ("05.break-equal", doubled),
]
