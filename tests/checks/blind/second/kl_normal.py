# %% right | direct | the boxed formula typed in, one line, summed last
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% right | named-terms | difference of two logs, every term has a name, added before the sum
def kl_normal(qm, qv, pm, pv):
    log_ratio = pv.log() - qv.log()
    width = qv / pv
    distance = (qm - pm).square() / pv
    per_dimension = log_ratio + width + distance - torch.ones_like(qm)
    return per_dimension.sum(dim=-1) / 2

# %% right | torch-distributions | kl_divergence of two Normals with standard deviations
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, qv.sqrt())
    p = Normal(pm, pv.sqrt())
    return torch.distributions.kl_divergence(q, p).sum(-1)

# %% right | independent | Independent wrappers, prior expanded first, event axis summed by torch
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    q = torch.distributions.Independent(torch.distributions.Normal(qm, torch.sqrt(qv)), 1)
    p = torch.distributions.Independent(torch.distributions.Normal(pm, torch.sqrt(pv)), 1)
    return torch.distributions.kl_divergence(q, p)

# %% right | multivariate | MultivariateNormal with a diagonal scale_tril
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    q = torch.distributions.MultivariateNormal(qm, scale_tril=torch.diag_embed(qv.sqrt()))
    p = torch.distributions.MultivariateNormal(pm, scale_tril=torch.diag_embed(pv.sqrt()))
    return torch.distributions.kl_divergence(q, p)

# %% right | loop-dims | python loop over the dimensions with an accumulator
def kl_normal(qm, qv, pm, pv):
    pm, pv = pm.expand_as(qm), pv.expand_as(qm)
    qv = qv.expand_as(qm)
    total = 0.0
    for i in range(qm.shape[-1]):
        a, b = qv[..., i], pv[..., i]
        d = qm[..., i] - pm[..., i]
        total = total + 0.5 * (torch.log(b) - torch.log(a) + (a + d * d) / b - 1)
    return total

# %% right | loop-rows | flatten the leading axes, one scalar per example in a list, stack and reshape
def kl_normal(qm, qv, pm, pv):
    shape = qm.shape
    def rows(t):
        return t.expand(shape).reshape(-1, shape[-1])
    results = []
    for a, b, c, d in zip(rows(qm), rows(qv), rows(pm), rows(pv)):
        results.append(0.5 * torch.sum(torch.log(d / b) + b / d + (a - c) ** 2 / d - 1.0))
    return torch.stack(results).reshape(shape[:-1])

# %% right | einsum | Mahalanobis distance by einsum with the precision, the rest summed
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    d = qm - pm
    precision = 1 / pv
    mahalanobis = torch.einsum("...i,...i,...i->...", d, precision, d)
    ratio = qv * precision
    rest = torch.einsum("...i->...", ratio - 1 - torch.log(ratio))
    return 0.5 * (mahalanobis + rest)

# %% right | vmap | written for one example, vmapped over the flattened batch
def kl_normal(qm, qv, pm, pv):
    full = torch.broadcast_shapes(qm.shape, qv.shape, pm.shape, pv.shape)

    def one(a, b, c, d):
        return 0.5 * (torch.log(d / b) + b / d + (a - c) ** 2 / d - 1).sum()

    flat = [t.expand(full).reshape(-1, full[-1]) for t in (qm, qv, pm, pv)]
    return torch.vmap(one)(*flat).reshape(full[:-1])

# %% right | cross-entropy | cross-entropy minus entropy per dimension, both with their log 2 pi, subtracted before the sum
def kl_normal(qm, qv, pm, pv):
    entropy = 0.5 * (math.log(2 * math.pi) + 1 + torch.log(qv))
    cross = 0.5 * (math.log(2 * math.pi) + torch.log(pv) + (qv + (qm - pm) ** 2) / pv)
    return torch.sum(cross - entropy, -1)

# %% right | whitening | change units so that p is N(0, 1), then the VAE formula
def kl_normal(qm, qv, pm, pv):
    def to_standard_normal(m, v):
        return 0.5 * (v + m * m - 1 - torch.log(v)).sum(-1)

    return to_standard_normal((qm - pm) / torch.sqrt(pv), qv / pv)

# %% right | sds | everything with standard deviations
def kl_normal(qm, qv, pm, pv):
    qs, ps = qv.sqrt(), pv.sqrt()
    r = qs / ps
    t = (qm - pm) / ps
    return (0.5 * (r**2 + t**2 - 1) - r.log()).sum(-1)

# %% right | expm1 | in the log ratio t: expm1(t) - t, accurate near 0
def kl_normal(qm, qv, pm, pv):
    t = qv.log() - pv.log()
    width = torch.expm1(t) - t
    place = torch.square(pm - qm) / pv
    return torch.add(width, place).sum(-1).mul(0.5)

# %% right | stack-terms | the four terms broadcast, stacked along a new axis, summed over both axes
def kl_normal(qm, qv, pm, pv):
    terms = torch.broadcast_tensors(pv.log() - qv.log(), qv / pv, (qm - pm).pow(2) / pv, -torch.ones_like(qm))
    return 0.5 * torch.stack(terms).sum(dim=(0, -1))

# %% right | matmul | the last axis contracted with a vector of halves
def kl_normal(qm, qv, pm, pv):
    per_dim = torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1
    halves = per_dim.new_full((per_dim.shape[-1],), 0.5)
    return per_dim @ halves

# %% right | autograd-function | own autograd.Function with the gradients of the four inputs by hand, sum_to_size for broadcasting
class _KL(torch.autograd.Function):
    @staticmethod
    def forward(ctx, qm, qv, pm, pv):
        ctx.save_for_backward(qm, qv, pm, pv)
        return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

    @staticmethod
    def backward(ctx, g):
        qm, qv, pm, pv = ctx.saved_tensors
        g = g.unsqueeze(-1)
        d = qm - pm
        gqm = g * d / pv
        gqv = 0.5 * g * (1 / pv - 1 / qv)
        gpv = 0.5 * g * (1 / pv - qv / pv**2 - d**2 / pv**2)
        return (
            gqm.sum_to_size(qm.shape),
            (gqv + torch.zeros_like(d)).sum_to_size(qv.shape),
            (-gqm).sum_to_size(pm.shape),
            gpv.sum_to_size(pv.shape),
        )


def kl_normal(qm, qv, pm, pv):
    return _KL.apply(qm, qv, pm, pv)

# %% right | double-inside | computed in float64 and cast back to the dtype of qm
def kl_normal(qm, qv, pm, pv):
    a, b, c, d = (t.to(torch.float64) for t in (qm, qv, pm, pv))
    kl = (torch.log(d) - torch.log(b) + (b - d + (a - c) ** 2) / d).sum(-1) / 2
    return kl.to(qm.dtype)

# %% right | chunks | batch cut into chunks of two along the flattened leading axes, results concatenated
def kl_normal(qm, qv, pm, pv):
    shape = qm.shape
    args = [t.expand(shape).reshape(-1, shape[-1]).split(2) for t in (qm, qv, pm, pv)]
    parts = []
    for a, b, c, d in zip(*args):
        r = b / d
        parts.append((0.5 * (r - r.log() - 1 + (a - c) ** 2 / d)).sum(1))
    return torch.cat(parts).view(shape[:-1])

# %% right | movedim | dimensions moved to the front, summed over axis 0
def kl_normal(qm, qv, pm, pv):
    tensors = torch.broadcast_tensors(qm, qv, pm, pv)
    qm, qv, pm, pv = (t.movedim(-1, 0) for t in tensors)
    return 0.5 * sum(torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)

# %% right | log-normal-per-dim | earlier lesson's log_normal at the mean, each dimension an example of its own
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    a, b, c, d = qm[..., None], qv[..., None], pm[..., None], pv[..., None]
    at_mean = log_normal(a, a, b) - log_normal(a, c, d)
    return (at_mean + 0.5 * (qv / pv - 1)).sum(-1)

# %% right | index-add | every dimension of every example in one long vector, collected per example by index_add
def kl_normal(qm, qv, pm, pv):
    shape = qm.shape
    m, v, c, w = (t.expand(shape).reshape(-1) for t in (qm, qv, pm, pv))
    long = 0.5 * (torch.log(w / v) + v / w + (m - c) ** 2 / w - 1)
    example = torch.arange(shape[:-1].numel()).repeat_interleave(shape[-1])
    out = torch.zeros(shape[:-1].numel(), dtype=qm.dtype)
    return out.index_add(0, example, long).reshape(shape[:-1])

# %% right | gaussian-nll | F.gaussian_nll_loss with a harmless tiny eps for the cross term, minus the entropy of q
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    nll = F.gaussian_nll_loss(pm, qm, pv, full=False, eps=1e-30, reduction="none")
    return (nll - 0.5 * qv.log() + 0.5 * (qv / pv - 1)).sum(-1)

# %% right | mean-times-dim | mean over the last axis times the number of dimensions
def kl_normal(qm, qv, pm, pv):
    inside = torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1
    dim = inside.size(-1)
    return 0.5 * dim * inside.mean(dim=-1)

# %% right | dataclass | a small Gaussian class with a method
from dataclasses import dataclass


@dataclass
class Gauss:
    mean: Tensor
    var: Tensor

    def kl_to(self, other):
        scaled = (self.mean - other.mean) / other.var.sqrt()
        r = self.var / other.var
        return (scaled.square() + (r - 1) - r.log()) / 2


def kl_normal(qm, qv, pm, pv):
    return Gauss(qm, qv).kl_to(Gauss(pm, pv)).sum(-1)

# %% right | vector-norm | squared 2-norm of the whitened distance plus the width cost
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    length = torch.linalg.vector_norm((qm - pm) * pv.rsqrt(), dim=-1)
    r = qv / pv
    return 0.5 * length**2 + 0.5 * (r - 1 - r.log()).sum(-1)

# %% right | addcdiv | torch.addcdiv, in-place only on its own tensors
def kl_normal(qm, qv, pm, pv):
    d = qm - pm
    out = torch.log(pv / qv).expand_as(d).clone()
    out = torch.addcdiv(out, d * d + qv, pv)
    out -= 1
    out *= 0.5
    return out.sum(-1)

# %% right | cumsum | cumulative sum, last entry, natural log from log2
def kl_normal(qm, qv, pm, pv):
    log_term = torch.log2(pv / qv) * math.log(2.0)
    return torch.cumsum(0.5 * (log_term + (qv + (qm - pm) ** 2 - pv) / pv), dim=-1)[..., -1]

# %% right | recursion | splits the dimensions in halves until one is left
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    n = qm.shape[-1]
    if n == 1:
        r = (qv / pv).squeeze(-1)
        d = (qm - pm).squeeze(-1)
        return 0.5 * (r - torch.log(r) + d**2 / pv.squeeze(-1) - 1)
    k = n // 2
    left = kl_normal(qm[..., :k], qv[..., :k], pm[..., :k], pv[..., :k])
    right = kl_normal(qm[..., k:], qv[..., k:], pm[..., k:], pv[..., k:])
    return left + right

# %% right | unbind-reduce | functools.reduce over unbound dimensions with mse_loss for the squares
import functools
import operator


def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    squares = F.mse_loss(qm, pm, reduction="none")
    per_dim = 0.5 * (qv.div(pv) + squares.div(pv) - qv.div(pv).log() - 1)
    return functools.reduce(operator.add, per_dim.unbind(-1))

# %% right | log-sds | half log-variances, exponentials of differences, sum by F.linear
def kl_normal(qm, qv, pm, pv):
    lq, lp = 0.5 * torch.log(qv), 0.5 * torch.log(pv)
    per_dim = (lp - lq) + 0.5 * torch.exp(2 * (lq - lp)) + 0.5 * ((qm - pm) * torch.exp(-lp)) ** 2 - 0.5
    return F.linear(per_dim, torch.ones(1, per_dim.shape[-1], dtype=per_dim.dtype)).squeeze(-1)

# %% wrong | variance-as-sd | the variances are handed to Normal as standard deviations | variance-as-standard-deviation
def kl_normal(qm, qv, pm, pv):
    return torch.distributions.kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1)

# %% wrong | reversed | KL(p | arguments-swapped
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(qv / pv) + pv / qv + (pm - qm) ** 2 / qv - 1).sum(-1)

# %% wrong | nll-eps | F.gaussian_nll_loss keeps its default eps of 1e-6: variances of p below that are floored
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    cross = F.gaussian_nll_loss(pm, qm, pv, reduction="none") + 0.5 * qv / pv
    entropy = 0.5 * (qv.log() + 1)
    return (cross - entropy).sum(-1)

# %% wrong | sum-before-broadcast | log pv is summed before it broadcasts: a (1,) prior counts it once instead of dim times | prior-counted-once
def kl_normal(qm, qv, pm, pv):
    log_det = pv.log().sum(-1) - qv.log().sum(-1)
    trace = (qv / pv).sum(-1)
    dist = ((qm - pm) ** 2 / pv).sum(-1)
    return 0.5 * (log_det + trace + dist - qm.shape[-1])

# %% wrong | one-outside | the -1 stands outside the sum: counted once instead of once per dimension | minus-one-once
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.sum(torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv, dim=-1) - 1)

# %% wrong | dim-from-prior | the number of dimensions is read off pm: 1 for a (1,) prior | dimensions-of-the-prior
def kl_normal(qm, qv, pm, pv):
    k = pm.shape[-1]
    s = (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv).sum(-1)
    return 0.5 * (s - k)

# %% wrong | dim-from-axis-1 | the number of dimensions is shape[1]: wrong with more axes in front
def kl_normal(qm, qv, pm, pv):
    logs = torch.log(pv / qv).sum(-1)
    rest = ((qv + (qm - pm) ** 2) / pv).sum(-1)
    return 0.5 * (logs + rest - qm.shape[1 if qm.dim() > 1 else 0])

# %% wrong | eps-in-denominator | 1e-8 added to the variances "for stability": wrong for 1e-12 | adds-1e-6
def kl_normal(qm, qv, pm, pv):
    eps = 1e-8
    return 0.5 * (torch.log((pv + eps) / (qv + eps)) + qv / (pv + eps) + (qm - pm) ** 2 / (pv + eps) - 1).sum(-1)

# %% wrong | prior-detached | the prior is detached: no gradient in pm and pv
def kl_normal(qm, qv, pm, pv):
    pm, pv = pm.detach(), pv.detach()
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | natural-parameters | Bregman form in natural parameters m/v and -1/(2v): right on paper, m^2/v cancels catastrophically for small variances
def kl_normal(qm, qv, pm, pv):
    def log_partition(m, v):
        return 0.5 * (m**2 / v + torch.log(v))

    first = qm * (pm / pv - qm / qv)
    second = (qm**2 + qv) * (-0.5 / pv + 0.5 / qv)
    return (log_partition(pm, pv) - log_partition(qm, qv) - first - second).sum(-1)

# %% wrong | log-of-prod | log of the product of the ratios: under- or overflows with extreme variances or many dimensions
def kl_normal(qm, qv, pm, pv):
    ratio = (qv / pv).expand_as(qm)
    return 0.5 * (-torch.log(ratio.prod(-1)) + ratio.sum(-1) + ((qm - pm) ** 2 / pv).sum(-1) - qm.shape[-1])

# %% wrong | log1p | log(r) written as log1p(r - 1) "for accuracy": -inf for small ratios
def kl_normal(qm, qv, pm, pv):
    excess = qv / pv - 1
    return 0.5 * (excess - torch.log1p(excess) + (qm - pm) ** 2 / pv).sum(-1)

# %% wrong | squared-ratio | log of the squared ratio, a quarter: the square overflows float32 at 1e12 against 1e-12
def kl_normal(qm, qv, pm, pv):
    logs = 0.25 * torch.log((pv / qv) ** 2)
    return (logs + 0.5 * (qv + (qm - pm) ** 2) / pv - 0.5).sum(-1)

# %% wrong | in-place-input | divides qv by pv in place: the caller's qv is changed
def kl_normal(qm, qv, pm, pv):
    dist = (qm - pm) ** 2 / pv
    qv /= pv
    return 0.5 * (qv - torch.log(qv) + dist - 1).sum(-1)

# %% wrong | squeeze | a bare squeeze at the end: a batch of one loses its axis | bare-squeeze
def kl_normal(qm, qv, pm, pv):
    kl = 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1, keepdim=True)
    return kl.squeeze()

# %% wrong | flatten-sum | all axes after the first are summed: wrong shape with more axes in front
def kl_normal(qm, qv, pm, pv):
    per_dim = 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)
    return per_dim.flatten(1).sum(1) if per_dim.dim() > 1 else per_dim.sum()

# %% wrong | stale-cache | log pv is computed at the first call and kept for every tensor of the same shape: stale for another prior
_cache = {}


def kl_normal(qm, qv, pm, pv):
    if pv.shape not in _cache:
        _cache[pv.shape] = torch.log(pv)
    return 0.5 * (_cache[pv.shape] - torch.log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | backward-term | own backward whose slope in pv forgets the distance term
class _KLF(torch.autograd.Function):
    @staticmethod
    def forward(ctx, qm, qv, pm, pv):
        ctx.save_for_backward(qm, qv, pm, pv)
        return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

    @staticmethod
    def backward(ctx, g):
        qm, qv, pm, pv = ctx.saved_tensors
        g = g[..., None]
        gm = g * (qm - pm) / pv
        gq = 0.5 * g * (1 / pv - 1 / qv)
        gp = 0.5 * g * (1 / pv - qv / pv**2)
        return gm, gq.sum_to_size(qv.shape), (-gm).sum_to_size(pm.shape), gp.sum_to_size(pv.shape)


def kl_normal(qm, qv, pm, pv):
    return _KLF.apply(qm, qv, pm, pv)

# %% wrong | ratio-clamped | the ratio of the variances is clamped to [1e-6, 1e6]: wrong values and no slope outside
def kl_normal(qm, qv, pm, pv):
    r = (qv / pv).clamp(1e-6, 1e6)
    return 0.5 * (r - 1 - r.log() + (qm - pm) ** 2 / pv).sum(-1)

# %% wrong | distance-pv-squared | the distance is divided by pv before squaring: pv^2, invisible for pv = 1
def kl_normal(qm, qv, pm, pv):
    r = qv / pv
    t = (qm - pm) / pv
    return 0.5 * (r + t**2 - 1 - torch.log(r)).sum(-1)

# %% wrong | half-first+mean | two slips: the 1/2 stands before the logarithm only, and mean for sum
def kl_normal(qm, qv, pm, pv):
    return (0.5 * torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).mean(-1)

# %% wrong | sd-variance+one-outside | two slips: sds formula on variances (log of pv/qv unhalved with squares of v), and the -1/2 outside the sum
def kl_normal(qm, qv, pm, pv):
    terms = torch.log(pv / qv) + (qv**2 + (qm - pm) ** 2) / (2 * pv**2)
    return terms.sum(-1) - 0.5

# %% wrong | standard-prior+keepdim | two slips: N(0, I) written in for the width terms (pv ignored there), and keepdim leaves (batch, 1)
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (qv - torch.log(qv) - 1 + (qm - pm) ** 2 / pv).sum(-1, keepdim=True)

# %% wrong | log2+detached-qv | two slips: bits in the logarithm instead of nats, and qv detached in the ratio qv / pv
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log2(pv) - torch.log2(qv) + qv.detach() / pv + (qm - pm).pow(2) / pv - 1).sum(-1)

# %% wrong | clamp+squeeze | two slips: pv floored at 1e-6, and a bare squeeze that eats a batch of one
def kl_normal(qm, qv, pm, pv):
    pv = torch.clamp(pv, min=1e-6)
    q = torch.distributions.Normal(qm, qv.sqrt())
    p = torch.distributions.Normal(pm, pv.sqrt())
    return torch.distributions.kl_divergence(q, p).sum(-1, keepdim=True).squeeze()

# %% wrong | numpy+dim-axis-1 | two slips: numpy, so no gradients; and the number of dimensions is shape[1], wrong with more axes
def kl_normal(qm, qv, pm, pv):
    a, b, c, d = (t.detach().numpy() for t in (qm, qv, pm, pv))
    k = a.shape[1] if a.ndim > 1 else a.shape[0]
    s = np.sum(np.log(d / b) + b / d + (a - c) ** 2 / d, axis=-1)
    return torch.as_tensor(0.5 * (s - k))

# %% wrong | prior-first-entry+eps | two slips: pv is taken from its first entry (right only for a prior equal in all dimensions), and 1e-7 inside the log of qv
def kl_normal(qm, qv, pm, pv):
    v = pv.flatten()[0]
    return 0.5 * (torch.log(v) - torch.log(qv + 1e-7) + qv / v + (qm - pm) ** 2 / v - 1).sum(-1)

# %% wrong | distance-by-qv+no-grad-log | two slips: the distance is divided by qv, and the log term is computed without gradient
def kl_normal(qm, qv, pm, pv):
    with torch.no_grad():
        log_ratio = torch.log(pv) - torch.log(qv)
    return 0.5 * (log_ratio + qv / pv + (qm - pm) ** 2 / qv - 1).sum(-1)

# %% wrong | monte-carlo+seed | two slips: 2,000 draws instead of the closed form (noise in every value), and the global seed is set to 0
def kl_normal(qm, qv, pm, pv):
    torch.manual_seed(0)
    q = torch.distributions.Normal(qm, qv.sqrt())
    p = torch.distributions.Normal(pm, pv.sqrt())
    z = q.rsample((2_000,))
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)

# %% wrong | trace-of-sums+batch-mean | two slips: sum of qv over sum of pv times dim instead of the sum of ratios, and averaged over the batch (same number for all)
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    n = qm.shape[-1]
    trace = n * qv.sum(-1) / pv.sum(-1)
    kl = 0.5 * (torch.log(pv / qv).sum(-1) + trace + ((qm - pm) ** 2 / pv).sum(-1) - n)
    return kl.mean().expand(kl.shape)
