# %% right | formula | the formula as printed
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v).sum(-1)

# %% right | normal-log-prob | torch.distributions.Normal, log_prob summed
def log_normal(x, m, v):
    return Normal(m, torch.sqrt(v)).log_prob(x).sum(dim=-1)

# %% right | independent | Independent(Normal) of the expanded parameters
def log_normal(x, m, v):
    q = Independent(Normal(m.expand_as(x), v.sqrt().expand_as(x)), 1)
    return q.log_prob(x)

# %% right | mvn | MultivariateNormal with diagonal scale_tril
def log_normal(x, m, v):
    m, v = m.expand_as(x), v.expand_as(x)
    return MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt())).log_prob(x)

# %% right | gaussian-nll | F.gaussian_nll_loss, full, with a floor far below every variance
def log_normal(x, m, v):
    x, m, v = torch.broadcast_tensors(x, m, v)
    nll = F.gaussian_nll_loss(m, x, v, full=True, eps=1e-30, reduction="none")
    return -nll.sum(-1)

# %% right | standardize-first | standardized distance, then a standard normal
def log_normal(x, m, v):
    sd = v.sqrt()
    eps = (x - m) / sd
    standard = Normal(torch.zeros_like(eps), torch.ones_like(eps)).log_prob(eps)
    return (standard - sd.log()).sum(-1)

# %% right | half-log-sd | written with the logarithm of the standard deviation
def log_normal(x, m, v):
    log_sd = 0.5 * v.log()
    d = (x - m) * torch.exp(-log_sd)
    per_dim = -log_sd - d.square() / 2 - math.log(math.sqrt(2 * math.pi))
    return torch.sum(per_dim, -1)

# %% right | einsum | the quadratic term as an einsum, parameters expanded before
def log_normal(x, m, v):
    v = v.expand(x.shape)
    d = x - m
    quad = torch.einsum("...i,...i,...i->...", d, 1 / v, d)
    return -0.5 * (x.shape[-1] * math.log(2 * math.pi) + v.log().sum(-1) + quad)

# %% right | loop-dims | a running total over the dimensions
def log_normal(x, m, v):
    m = m.expand_as(x)
    v = v.expand_as(x)
    total = 0.0
    for i in range(x.shape[-1]):
        d = x[..., i] - m[..., i]
        total = total - 0.5 * (math.log(2 * math.pi) + v[..., i].log() + d * d / v[..., i])
    return total

# %% right | vmap-examples | one example at a time under vmap
def log_normal(x, m, v):
    dim = x.shape[-1]
    flat = [t.expand_as(x).reshape(-1, dim) for t in (x, m, v)]

    def one(x, m, v):
        return -0.5 * torch.sum(np.log(2 * np.pi) + v.log() + (x - m) ** 2 / v)

    return torch.vmap(one)(*flat).reshape(x.shape[:-1])

# %% right | dims-first | the last axis moved to the front and summed there
def log_normal(x, m, v):
    terms = torch.log(2 * torch.pi * v) + torch.pow(x - m, 2) / v
    return terms.movedim(-1, 0).sum(0).mul(-0.5)

# %% right | matmul-ones | the sum as a product with a vector of ones
def log_normal(x, m, v):
    terms = math.log(2 * math.pi) + v.log() + (x - m).square() / v
    return -0.5 * (terms @ torch.ones(x.shape[-1], dtype=terms.dtype, device=terms.device))

# %% right | mse-loss | F.mse_loss without reduction, divided by the variance
def log_normal(x, m, v):
    d2 = F.mse_loss(x, m.expand_as(x), reduction="none")
    logs = torch.log(v) + d2 / v
    return -logs.sum(-1) / 2 - x.size(-1) / 2 * math.log(2 * math.pi)

# %% right | float64-inside | computes in float64 and returns the type of x
def log_normal(x, m, v):
    xd, md, vd = x.double(), m.double(), v.double()
    out = -0.5 * (math.log(2 * math.pi) + vd.log() + (xd - md) ** 2 / vd).sum(-1)
    return out.to(x.dtype)

# %% right | affine-transform | a standard normal moved and stretched, by TransformedDistribution
def log_normal(x, m, v):
    base = Normal(torch.zeros_like(x), torch.ones_like(x))
    q = TransformedDistribution(base, AffineTransform(m, v.sqrt()))
    return q.log_prob(x).sum(-1)

# %% right | reduce-unbind | functools.reduce over the unbound last axis
def log_normal(x, m, v):
    import functools
    import operator

    logp = -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v)
    return functools.reduce(operator.add, logp.unbind(dim=-1))

# %% right | chunks | leading axes flattened, 64 examples at a time, put back
def log_normal(x, m, v):
    dim = x.shape[-1]
    xs, ms, vs = (t.broadcast_to(x.shape).reshape(-1, dim).split(64) for t in (x, m, v))
    parts = [
        -0.5 * (math.log(2 * math.pi) + b.log() + (c - a).pow(2) / b).sum(1)
        for c, a, b in zip(xs, ms, vs)
    ]
    return torch.cat(parts).view(x.shape[:-1])

# %% right | own-autograd-function | three derivatives written by hand, on broadcast tensors
def log_normal(x, m, v):
    class LogN(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, m, v):
            ctx.save_for_backward(x, m, v)
            return -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1)

        @staticmethod
        def backward(ctx, grad):
            x, m, v = ctx.saved_tensors
            g = grad.unsqueeze(-1)
            e = (x - m) / v
            return -g * e, g * e, 0.5 * g * (e * e - 1 / v)

    return LogN.apply(*torch.broadcast_tensors(x, m, v))

# %% right | addcdiv | torch.addcdiv adds the quotient to the logarithms
def log_normal(x, m, v):
    d = torch.sub(x, m)
    v = v + torch.zeros_like(x)
    inside = torch.addcdiv(v.log().add(math.log(2 * math.pi)), d.square(), v)
    return inside.sum(dim=-1).div(-2)

# %% right | precision | written with the precision, one over the variance
def log_normal(x, m, v):
    w = v.reciprocal()
    per_dim = 0.5 * (w.log() - math.log(2 * math.pi) - w * (x - m) ** 2)
    return per_dim.sum(-1)

# %% right | low-rank | LowRankMultivariateNormal whose low-rank part is zero
def log_normal(x, m, v):
    m, v = m.expand_as(x), v.expand_as(x)
    return LowRankMultivariateNormal(m, x.new_zeros(*x.shape, 1), v).log_prob(x)

# %% right | index-add | every term added to its example with index_add
def log_normal(x, m, v):
    terms = -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v)
    n, dim = x.shape[:-1].numel(), x.shape[-1]
    owner = torch.arange(n, device=x.device).repeat_interleave(dim)
    out = torch.zeros(n, dtype=terms.dtype, device=x.device).index_add(0, owner, terms.flatten())
    return out.reshape(x.shape[:-1])

# %% right | mean-times-dim | the mean over the last axis, times the number of dimensions
def log_normal(x, m, v):
    e = (x - m) / v.sqrt()
    inside = math.log(2 * math.pi) + v.log() + e**2
    return -0.5 * inside.mean(-1) * x.shape[-1]

# %% right | three-sums | every term made as large as x, then three sums of shape (batch,)
def log_normal(x, m, v):
    one = torch.ones_like(x)
    constant = (math.log(2 * math.pi) * one).sum(-1)
    width = (v.log() * one).sum(-1)
    distance = ((x - m).square() / v).sum(-1)
    return -(constant + width + distance) / 2

# %% right | examples-loop | a list of one number per example, stacked
def log_normal(x, m, v):
    dim = x.shape[-1]
    rows = zip(*(t.expand_as(x).reshape(-1, dim) for t in (x, m, v)))
    out = [-(b.log() + (a - c) ** 2 / b + math.log(2 * math.pi)).sum() / 2 for a, c, b in rows]
    return torch.stack(out).reshape(x.shape[:-1])

# %% right | cumsum | the last entry of the running sums
def log_normal(x, m, v):
    per_dim = (2 * math.pi * v).log().add((x - m) ** 2 / v).mul(-0.5)
    return per_dim.cumsum(dim=-1)[..., -1]

# %% right | one-component-mixture | a mixture of a single component
def log_normal(x, m, v):
    m, sd = m.expand_as(x), v.sqrt().expand_as(x)
    which = Categorical(logits=torch.zeros(*x.shape[:-1], 1, dtype=x.dtype))
    parts = Independent(Normal(m.unsqueeze(-2), sd.unsqueeze(-2)), 1)
    return MixtureSameFamily(which, parts).log_prob(x)

# %% right | linear | F.linear with weights of -1/2, the constant as its bias
def log_normal(x, m, v):
    dim = x.shape[-1]
    terms = v.log() + (x - m) * (x - m) / v
    weight = terms.new_full((1, dim), -0.5)
    bias = terms.new_full((1,), -0.5 * dim * math.log(2 * math.pi))
    return F.linear(terms, weight, bias).squeeze(-1)

# %% right | xlogy-helper | a helper for one dimension, with xlogy, summed outside
def log_normal(x, m, v):
    def log_density(x, mean, var):
        return -torch.special.xlogy(0.5, 2 * math.pi * var) - 0.5 * (mean - x) ** 2 / var

    return log_density(x, m, v).sum(axis=-1)

# %% right | triangular-solve | the distance by solving a diagonal system, the determinant by slogdet-like log of the diagonal
def log_normal(x, m, v):
    sd = v.sqrt().expand_as(x)
    L = torch.diag_embed(sd)                                                            # (..., dim, dim)
    e = torch.linalg.solve_triangular(L, (x - m).unsqueeze(-1), upper=False).squeeze(-1)  # (..., dim)
    log_det = 2 * torch.diagonal(L, dim1=-2, dim2=-1).log().sum(-1)
    return -0.5 * (x.shape[-1] * math.log(2 * math.pi) + log_det + (e * e).sum(-1))

# %% wrong | normal-with-variance | torch.distributions.Normal gets the variance as its scale | variance-as-standard-deviation
def log_normal(x, m, v):
    return Normal(m, v).log_prob(x).sum(-1)

# %% wrong | distance-over-variance-squared | (x - m) / v is squared: the squared distance is divided by v squared | variance-squared-in-the-distance
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + v.log() + ((x - m) / v) ** 2).sum(-1)

# %% wrong | constant-once | log 2 pi counts once instead of once per dimension | two-pi-once
def log_normal(x, m, v):
    quad = (torch.log(v) + (x - m) ** 2 / v).sum(-1)
    return -0.5 * (math.log(2 * math.pi) + quad)

# %% wrong | width-summed-before-broadcast | log v is summed in its own shape: a v of shape (1,) counts once instead of dim times | one-log-variance-counted-once
def log_normal(x, m, v):
    dim = x.shape[-1]
    return -0.5 * (dim * math.log(2 * math.pi) + v.log().sum(-1) + ((x - m) ** 2 / v).sum(-1))

# %% wrong | second-axis | sums axis 1 instead of the last one: right for (batch, dim), not with more axes in front | first-axis-is-the-batch
def log_normal(x, m, v):
    per_dim = -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v)
    return per_dim.sum(1)

# %% wrong | log-sd-for-log-v | the logarithm of the standard deviation stands where log v belongs, inside the factor 1/2
def log_normal(x, m, v):
    sd = v.sqrt()
    return -0.5 * (math.log(2 * math.pi) + sd.log() + ((x - m) / sd) ** 2).sum(-1)

# %% wrong | constant-misread | log(2) * pi instead of log(2 * pi)
def log_normal(x, m, v):
    c = math.log(2) * math.pi
    return -0.5 * (c + v.log() + (x - m) ** 2 / v).sum(-1)

# %% wrong | gaussian-nll-default-eps | F.gaussian_nll_loss with its default eps, a floor of 1e-6 under the variance | adds-1e-6
def log_normal(x, m, v):
    x, m, v = torch.broadcast_tensors(x, m, v)
    return -F.gaussian_nll_loss(m, x, v, full=True, reduction="none").sum(-1)

# %% wrong | epsilon-in-variance | 1e-8 added to the variance, which swamps variances of 1e-12 | adds-1e-6
def log_normal(x, m, v):
    v = v + 1e-8
    return -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1)

# %% wrong | square-expanded | x*x - 2*x*m + m*m: cancels where x and m are large compared with the width
def log_normal(x, m, v):
    d2 = x * x - 2 * x * m + m * m
    return -0.5 * (math.log(2 * math.pi) + v.log() + d2 / v).sum(-1)

# %% wrong | log-of-density | the density first, then its logarithm: -inf in the tails | exp-then-log
def log_normal(x, m, v):
    density = torch.exp(-((x - m) ** 2) / (2 * v)) / torch.sqrt(2 * math.pi * v)
    return density.log().sum(-1)

# %% wrong | log-of-variance-product | the log of the product of the variances: under- or overflows for several extreme variances | log-of-a-product
def log_normal(x, m, v):
    v = v.expand_as(x)
    det = v.prod(-1)
    quad = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * (x.shape[-1] * math.log(2 * math.pi) + det.log() + quad)

# %% wrong | capped-at-zero | "a log probability cannot be positive": the result is capped at 0
def log_normal(x, m, v):
    out = -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1)
    return out.clamp(max=0.0)

# %% wrong | tails-clipped | the standardized distance is clipped at 10, so the tails are flat and have no slope
def log_normal(x, m, v):
    e = ((x - m) / v.sqrt()).clamp(-10, 10)
    return -0.5 * (math.log(2 * math.pi) + v.log() + e**2).sum(-1)

# %% wrong | distance-root-squared | root of the summed squares, then squared again: the value is right, the gradient at x = m is nan
def log_normal(x, m, v):
    r = torch.sqrt(((x - m) ** 2 / v).sum(-1))
    log_det = (torch.zeros_like(x) + v.log()).sum(-1)
    return -0.5 * (x.shape[-1] * math.log(2 * math.pi) + log_det + r**2)

# %% wrong | log-v-detached | log v is taken of v.data: the value is right, the slope in v lacks a term
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + torch.log(v.data) + (x - m) ** 2 / v).sum(-1)

# %% wrong | squeezed | squeeze() drops the batch axis when the batch has one example | bare-squeeze
def log_normal(x, m, v):
    out = (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1, keepdim=True)
    return -0.5 * out.squeeze()

# %% wrong | inplace-x | x -= m changes the caller's x (and raises where x is a leaf that wants a gradient)
def log_normal(x, m, v):
    x -= m
    return -0.5 * (math.log(2 * math.pi) + v.log() + x**2 / v).sum(-1)

# %% wrong | batch-for-dim | the constant is counted len(x) times, the batch, instead of once per dimension
def log_normal(x, m, v):
    terms = v.log() + (x - m) ** 2 / v
    return -0.5 * terms.sum(-1) - 0.5 * len(x) * math.log(2 * math.pi)

# %% wrong | pairs-with-batch | sums kept as (batch, 1) and (batch,) meet: the result is (batch, batch) | crossed-batch
def log_normal(x, m, v):
    v = v.expand_as(x)
    constant = x.shape[-1] * math.log(2 * math.pi)
    width = v.log().sum(-1, keepdim=True)
    distance = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * (constant + width + distance)

# %% wrong | normal-variance-and-mean | two slips: the variance is passed as scale; the dimensions are averaged
def log_normal(x, m, v):
    q = Independent(Normal(m.expand_as(x), v.expand_as(x)), 1)
    return q.log_prob(x) / x.shape[-1]

# %% wrong | gaussian-nll-module | two slips: nn.GaussianNLLLoss without full=True, so no constant; its default floor of 1e-6 under v | two-pi-missing
def log_normal(x, m, v):
    nll = nn.GaussianNLLLoss(reduction="none")
    return -nll(m.expand_as(x), x, v.expand_as(x)).sum(-1)

# %% wrong | log-variance-and-flattened | two slips: v is taken for a log-variance; all axes in front are flattened into one | variance-as-log-variance
def log_normal(x, m, v):
    per_dim = -0.5 * (math.log(2 * math.pi) + v + (x - m) ** 2 / torch.exp(v))
    return per_dim.reshape(-1, x.shape[-1]).sum(-1)

# %% wrong | half-only-first-and-everything | two slips: the half does not reach the distance term; everything is summed to one number
def log_normal(x, m, v):
    per_dim = -0.5 * (math.log(2 * math.pi) + v.log()) - (x - m) ** 2 / v
    return per_dim.sum()

# %% wrong | detached-mean-and-floor | two slips: no gradient reaches m; the standard deviation gets a floor of 1e-3
def log_normal(x, m, v):
    sd = v.sqrt().clamp_min(1e-3)
    return Normal(m.detach(), sd).log_prob(x).sum(-1)

# %% wrong | root-and-expand | two slips: norm by sqrt and squared again (nan slope at x = m); log v expanded over the batch only, so a (1,) counts once
def log_normal(x, m, v):
    d2 = torch.sqrt(((x - m) ** 2 / v).sum(-1)) ** 2
    logdet = v.log().expand(*x.shape[:-1], -1).sum(-1)
    return -0.5 * (d2 + logdet + x.shape[-1] * math.log(2 * math.pi))

# %% wrong | positive-sign-and-abs | two slips: the negative log density (a loss) is returned; the distance is not squared but taken as absolute value
def log_normal(x, m, v):
    return 0.5 * (math.log(2 * math.pi) + v.log() + (x - m).abs() / v).sum(-1)

# %% wrong | prod-density-and-keepdim | two slips: the logarithm of the product of densities, which underflows; the summed axis is kept | axis-kept
def log_normal(x, m, v):
    density = Normal(m, v.sqrt()).log_prob(x).exp()
    return density.prod(-1, keepdim=True).log()

# %% wrong | bits-and-first-axis | two slips: logarithms to base 2 for the constant and the width; the batch axis is summed as well as the last
def log_normal(x, m, v):
    inside = math.log2(2 * math.pi) + torch.log2(v) + (x - m) ** 2 / v
    return -0.5 * inside.sum((0, -1))

# %% wrong | numpy-and-scale-tril | two slips: computed outside the graph (detach), so no gradients; the variances are passed as scale_tril
def log_normal(x, m, v):
    x, m, v = (t.detach().expand_as(x) for t in (x, m, v))
    return MultivariateNormal(m, scale_tril=torch.diag_embed(v)).log_prob(x)
