# %% right | cs236-elementwise | the usual homework form, log difference, sum of the last axis
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
    kl = element_wise.sum(-1)
    return kl


# %% right | independent-distributions | torch.distributions with expanded parameters and Independent
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    q = Independent(Normal(qm, qv.sqrt()), 1)
    p = Independent(Normal(pm, pv.sqrt()), 1)
    return kl_divergence(q, p)


# %% right | einsum-precision | precision matrix style: r - 1 - log r, and an einsum for the distance
def kl_normal(qm, qv, pm, pv):
    r = qv / pv
    d = qm - pm
    width = (r - 1 - r.log()).sum(dim=-1)
    d, w = torch.broadcast_tensors(d, pv.reciprocal())
    distance = torch.einsum("...i,...i,...i->...", d, w, d)
    return (width + distance) / 2


# %% right | loop-over-dimensions | a Python loop over the last axis, in float64, back to the input's dtype
def kl_normal(qm, qv, pm, pv):
    dtype = qm.dtype
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    total = 0.0
    for a, b, c, d in zip(qm.unbind(-1), qv.unbind(-1), pm.unbind(-1), pv.unbind(-1)):
        a, b, c, d = a.double(), b.double(), c.double(), d.double()
        total = total + 0.5 * (torch.log(d / b) + (b + (a - c) ** 2) / d - 1)
    return total.to(dtype)


# %% right | cross-entropy-minus-entropy | KL = H(q, p) - H(q), each written with its own constant
def kl_normal(qm, qv, pm, pv):
    def entropy(v):
        return 0.5 * (1 + math.log(2 * math.pi) + v.log())

    cross = 0.5 * (math.log(2 * math.pi) + pv.log() + (qv + torch.square(qm - pm)) / pv)
    return torch.sum(cross - entropy(qv), dim=-1)


# %% wrong | tutorial-standard-prior | prior N(0, I) written in: pm and pv are not used
def kl_normal(qm, qv, pm, pv):
    kl = -0.5 * torch.sum(1 + torch.log(qv) - qm.pow(2) - qv, dim=-1)
    return kl


# %% wrong | summed-term-by-term | each term summed by itself, so that log pv of shape (1,) counts once and not dim times
def kl_normal(qm, qv, pm, pv):
    log_det_p = torch.sum(torch.log(pv), dim=-1)
    log_det_q = torch.sum(torch.log(qv), dim=-1)
    trace = torch.sum(qv / pv, dim=-1)
    mahalanobis = torch.sum((qm - pm) ** 2 / pv, dim=-1)
    kl = 0.5 * (log_det_p - log_det_q + trace + mahalanobis - qm.size(-1))
    return kl


# %% wrong | wikipedia-sigma | the formula with sigma from Wikipedia, with the variances put in for sigma
def kl_normal(qm, qv, pm, pv):
    element_wise = torch.log(pv / qv) + (qv**2 + (qm - pm) ** 2) / (2 * pv**2) - 0.5
    return element_wise.sum(-1)


# %% wrong | eps-in-logs | 1e-8 added in both logarithms: wrong for variances near 1e-12
def kl_normal(qm, qv, pm, pv):
    eps = 1e-8
    element_wise = 0.5 * (torch.log(pv + eps) - torch.log(qv + eps) + qv / pv + (qm - pm).pow(2) / pv - 1)
    return element_wise.sum(-1)


# %% wrong | squeezed | keepdim and a bare squeeze: a batch of one loses its axis
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
    kl = element_wise.sum(-1, keepdim=True)
    return kl.squeeze()


# %% wrong | log-of-product | determinants as products of the variances: over- and underflow for extreme variances in several dimensions
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    k = qm.shape[-1]
    log_det = torch.log(torch.prod(pv, dim=-1) / torch.prod(qv, dim=-1))
    trace = (qv / pv).sum(-1)
    diff = qm - pm
    return 0.5 * (log_det + trace + (diff * diff / pv).sum(-1) - k)


# %% wrong | prior-detached | p taken as a constant: no gradient reaches pm and pv
def kl_normal(qm, qv, pm, pv):
    prior_m, prior_v = pm.detach(), pv.detach()
    q = Normal(qm, torch.sqrt(qv))
    p = Normal(prior_m, torch.sqrt(prior_v))
    return kl_divergence(q, p).sum(-1)


# %% wrong | one-outside-the-sum | the -1 stands behind the sum and counts once, not once per dimension
def kl_normal(qm, qv, pm, pv):
    kl = 0.5 * ((torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv).sum(-1) - 1)
    return kl


# %% wrong | sampled | Monte Carlo with 2,000 draws where the closed form is asked for: scatters
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, qv.sqrt())
    p = Normal(pm, pv.sqrt())
    z = q.rsample((2000,))
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)


# %% wrong | tutorial-log-variance | two slips: qv taken for a log variance, and N(0, I) written in
def kl_normal(qm, qv, pm, pv):
    return -0.5 * torch.sum(1 + qv - qm.pow(2) - qv.exp(), dim=-1)


# %% wrong | swapped-and-mean | two slips: KL of p to q (arguments swapped), and mean over the dimensions
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(qv) - torch.log(pv) + pv / qv + (pm - qm).pow(2) / qv - 1)
    return element_wise.mean(-1)


# %% wrong | half-and-keepdim | two slips: the half does not reach the log ratio, and keepdim=True leaves (batch, 1)
def kl_normal(qm, qv, pm, pv):
    var_ratio = qv / pv
    t1 = (qm - pm) ** 2 / pv
    kl = 0.5 * (var_ratio + t1 - 1) - torch.log(var_ratio)
    return kl.sum(-1, keepdim=True)


# %% wrong | no-square-dim-one | two slips: the distance of the means is not squared (abs), and dim=1 is summed instead of the last axis
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm).abs() / pv - 1)
    return element_wise.sum(dim=1)


# %% wrong | std-and-clamped | two slips: Normal gets the variance as its scale, and the result is cut off at 100 nats
def kl_normal(qm, qv, pm, pv):
    kl = kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1)
    return torch.clamp(kl, max=100.0)
