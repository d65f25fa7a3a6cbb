# %% right | cs236-elementwise | the usual homework form, constant inside, one sum
def log_normal(x, m, v):
    element_wise = -0.5 * (np.log(2 * np.pi) + torch.log(v) + (x - m).pow(2) / v)
    log_prob = element_wise.sum(-1)
    return log_prob


# %% right | distributions | torch.distributions.Normal with the square root, then sum
def log_normal(x, m, v):
    return Normal(loc=m, scale=torch.sqrt(v)).log_prob(x).sum(dim=-1)


# %% right | expanded-parts | three sums, but with m and v expanded to x first
def log_normal(x, m, v):
    m = m.expand_as(x)
    v = v.expand_as(x)
    const = -0.5 * x.size(-1) * math.log(2 * math.pi)
    log_det = -0.5 * torch.sum(torch.log(v), dim=-1)
    log_exp = -0.5 * torch.sum((x - m) ** 2 / v, dim=-1)
    return const + log_det + log_exp


# %% right | standardise-einsum | standard score first, then an einsum of it with itself
def log_normal(x, m, v):
    e = (x - m) * v.rsqrt()
    log_sd = 0.5 * (v * (2 * math.pi)).log()
    return -0.5 * torch.einsum("...i,...i->...", e, e) - log_sd.expand(e.shape).sum(-1)


# %% right | dimension-by-dimension | loop over the last axis, adding up in float64
def log_normal(x, m, v):
    out_dtype = x.dtype
    x, m, v = torch.broadcast_tensors(x, m, v)
    acc = torch.zeros(x.shape[:-1], dtype=torch.float64, device=x.device)
    for i in range(x.shape[-1]):
        xi, mi, vi = (t[..., i].double() for t in (x, m, v))
        acc = acc - (xi - mi) ** 2 / (2 * vi) - torch.log(torch.sqrt(2 * math.pi * vi))
    return acc.to(out_dtype)


# %% wrong | cs236-log-det-once | log v is summed by itself: for v of shape (1,) it counts once and not dim times
def log_normal(x, m, v):
    const = -0.5 * x.size(-1) * torch.log(2 * torch.tensor(np.pi))
    log_det = -0.5 * torch.sum(torch.log(v), dim=-1)
    log_exp = -0.5 * torch.sum((x - m) ** 2 / v, dim=-1)
    log_prob = const + log_det + log_exp
    return log_prob


# %% wrong | constant-once | 0.5 log 2 pi stands outside the sum and counts once per example
def log_normal(x, m, v):
    log_prob = -0.5 * (torch.log(v) + (x - m).pow(2) / v).sum(-1) - 0.5 * np.log(2 * np.pi)
    return log_prob


# %% wrong | variance-squared | the distance is divided by 2 v**2, v taken for sigma there
def log_normal(x, m, v):
    element_wise = -0.5 * torch.log(2 * np.pi * v) - (x - m) ** 2 / (2 * v**2)
    return element_wise.sum(-1)


# %% wrong | eps-everywhere | v + 1e-8 "for stability": wrong for variances near 1e-12
def log_normal(x, m, v):
    v = v + 1e-8
    element_wise = -0.5 * (torch.log(v) + (x - m).pow(2) / v + np.log(2 * np.pi))
    return element_wise.sum(-1)


# %% wrong | gaussian-nll-loss | F.gaussian_nll_loss clamps the variance at 1e-6 and passes no right value below
def log_normal(x, m, v):
    x_, m_, v_ = torch.broadcast_tensors(x, m, v)
    nll = F.gaussian_nll_loss(m_, x_, v_, full=True, reduction="none")
    return -nll.sum(-1)


# %% wrong | log-of-the-density | the density is formed first and its logarithm taken: -inf in the tails
def log_normal(x, m, v):
    density = torch.exp(-((x - m) ** 2) / (2 * v)) / torch.sqrt(2 * np.pi * v)
    return torch.log(density).sum(-1)


# %% wrong | sum-dim-one | axis 1 is summed instead of the last one: wrong for more axes in front
def log_normal(x, m, v):
    log_prob = -0.5 * (torch.log(v) + (x - m).pow(2) / v + np.log(2 * np.pi))
    log_prob = torch.sum(log_prob, dim=1)
    return log_prob


# %% wrong | numpy-log-variance | the logarithm of v is made by numpy: its part of the gradient in v is lost
def log_normal(x, m, v):
    log_v = torch.from_numpy(np.log(v.detach().cpu().numpy())).to(v)
    element_wise = -0.5 * (np.log(2 * np.pi) + log_v + (x - m) ** 2 / v)
    return element_wise.sum(-1)


# %% wrong | log-of-product | the determinant as a product of variances: over- and underflow with extreme variances in several dimensions
def log_normal(x, m, v):
    d = x.shape[-1]
    det = torch.prod(v.expand_as(x), dim=-1)
    mahalanobis = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * (d * math.log(2 * math.pi) + torch.log(det) + mahalanobis)


# %% wrong | log-variance-keepdim | two slips: v taken for a log variance, and keepdim=True leaves (batch, 1)
def log_normal(x, m, v):
    element_wise = -0.5 * (np.log(2 * np.pi) + v + (x - m).pow(2) * torch.exp(-v))
    return element_wise.sum(-1, keepdim=True)


# %% wrong | no-constant-mean | two slips: log 2 pi is missing, and the mean of the last axis instead of its sum
def log_normal(x, m, v):
    element_wise = -0.5 * (torch.log(v) + (x - m).pow(2) / v)
    return element_wise.mean(-1)


# %% wrong | scale-v-squeeze | two slips: Normal gets the variance as scale, and a bare squeeze loses a batch of one
def log_normal(x, m, v):
    log_prob = Normal(m, v).log_prob(x)
    return log_prob.sum(-1, keepdim=True).squeeze()


# %% wrong | sign-and-tail | two slips: log v has the wrong sign, and the standardised distance is cut at 10
def log_normal(x, m, v):
    e = ((x - m) / torch.sqrt(v)).clamp(-10, 10)
    return (-0.5 * math.log(2 * math.pi) + 0.5 * torch.log(v) - 0.5 * e.pow(2)).sum(-1)


# %% wrong | batch-mean-half | two slips: the half is missing before the squared distance, and the batch is averaged
def log_normal(x, m, v):
    log_prob = (-0.5 * torch.log(2 * np.pi * v) - (x - m).pow(2) / v).sum(-1)
    return torch.mean(log_prob)
