# %% right | textbook | the formula of the card, term by term, summed once
def log_normal(x, m, v):
    terms = math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v
    return -0.5 * terms.sum(-1)

# %% right | normal-log-prob | torch.distributions, given the standard deviation
def log_normal(x, m, v):
    return Normal(m, v.sqrt()).log_prob(x).sum(-1)

# %% right | one-line-log-of-product | one line with log(2 pi v)
def log_normal(x, m, v): return (-((x - m).pow(2)) / (2 * v) - 0.5 * (2 * np.pi * v).log()).sum(dim=-1)

# %% right | verbose-beginner | a careful beginner with prints, comments and dead code
def log_normal(x, m, v):
    # step 1: the constant
    constant = math.log(2 * math.pi)
    # step 2: the price of width
    width = torch.log(v)
    # step 3: the distance
    difference = x - m
    squared = difference * difference
    distance = squared / v
    # std = torch.sqrt(v)   (not needed, v is already squared)
    print("shapes:", x.shape, width.shape, distance.shape)
    # now put it together
    inside = constant + width + distance
    per_dimension = -0.5 * inside
    result = torch.sum(per_dimension, dim=-1)
    return result

# %% right | independent-after-expand | Independent over the last axis, after m and v were expanded to the shape of x
def log_normal(x, m, v):
    m = m.expand_as(x)
    v = v.expand_as(x)
    return Independent(Normal(m, v.sqrt()), 1).log_prob(x)

# %% right | multivariate-scale-tril | a multivariate normal with a diagonal Cholesky factor
def log_normal(x, m, v):
    m, v = m.expand(x.shape), v.expand(x.shape)
    return MultivariateNormal(m, scale_tril=torch.diag_embed(torch.sqrt(v))).log_prob(x)

# %% right | low-rank-multivariate | a low-rank multivariate normal whose low-rank part is zero, leaving the diagonal v
def log_normal(x, m, v):
    from torch.distributions import LowRankMultivariateNormal
    m, v = m.expand_as(x), v.expand_as(x)
    nothing = torch.zeros_like(x).unsqueeze(-1)
    return LowRankMultivariateNormal(m, nothing, v).log_prob(x)

# %% right | loop-over-dimensions | adds up one latent dimension after the other
def log_normal(x, m, v):
    m = m.expand_as(x)
    v = v.expand_as(x)
    total = 0
    for i in range(x.shape[-1]):
        d = x[..., i] - m[..., i]
        total = total - 0.5 * (math.log(2 * math.pi) + torch.log(v[..., i]) + d * d / v[..., i])
    return total

# %% right | loop-over-examples | flattens the axes in front, treats example by example, and gives the shape back
def log_normal(x, m, v):
    D = x.shape[-1]
    xs = x.reshape(-1, D)
    ms = m.expand_as(x).reshape(-1, D)
    vs = v.expand_as(x).reshape(-1, D)
    out = []
    for k in range(xs.shape[0]):
        e = (xs[k] - ms[k]) ** 2 / vs[k]
        out.append(-0.5 * (D * math.log(2 * math.pi) + vs[k].log().sum() + e.sum()))
    return torch.stack(out).reshape(x.shape[:-1])

# %% right | einsum-mahalanobis | the squared distance by einsum, the constant times the dimension of x, the log variances expanded first
def log_normal(x, m, v):
    dim = x.size(-1)
    diff = x - m
    maha = torch.einsum("...i,...i->...", diff, diff / v)
    logdet = v.log().expand_as(x).sum(-1)
    return -0.5 * (dim * math.log(2 * math.pi) + logdet + maha)

# %% right | standardize-then-change-of-variables | the standard normal density at the standardized place, minus the log of the stretch
def log_normal(x, m, v):
    s = torch.sqrt(v)
    eps = (x - m) / s
    log_standard = -0.5 * eps**2 - 0.5 * math.log(2 * math.pi)
    return (log_standard - torch.log(s)).sum(-1)

# %% right | gaussian-nll-loss | the loss from torch.nn.functional with full=True, a tiny eps and no reduction, sign turned
def log_normal(x, m, v):
    nll = F.gaussian_nll_loss(m.expand_as(x), x, v.expand_as(x), full=True, eps=1e-30, reduction="none")
    return -nll.sum(-1)

# %% right | float64-inside | computes in double precision and returns the dtype of x
def log_normal(x, m, v):
    xd, md, vd = x.double(), m.double(), v.double()
    logp = -0.5 * (np.log(2 * np.pi) + vd.log() + (xd - md).square() / vd)
    return logp.sum(-1).to(x.dtype)

# %% right | helper-for-one-dimension | a helper for one dimension, and the sum outside
def log_bell(x, m, v):
    """log density of one-dimensional normals, entry by entry"""
    return -(math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v) / 2


def log_normal(x, m, v):
    return log_bell(x, m, v).sum(-1)

# %% right | in-place-on-own-tensor | starts a fresh tensor and changes that one in place
def log_normal(x, m, v):
    t = x - m
    t = t.square()
    t = t / v
    t += v.log()
    t += math.log(2 * math.pi)
    t *= -0.5
    return t.sum(-1)

# %% right | log-of-the-prefactor | the log of 1 / sqrt(2 pi v) taken literally, plus the exponent
def log_normal(x, m, v):
    prefactor = 1 / torch.sqrt(2 * math.pi * v)
    exponent = -((x - m) ** 2) / (2 * v)
    return torch.sum(prefactor.log() + exponent, -1)

# %% right | broadcast-tensors-first | broadcasts all three to one shape, then sums every term by itself
def log_normal(x, m, v):
    x, m, v = torch.broadcast_tensors(x, m, v)
    const = x.shape[-1] * math.log(2 * math.pi)
    log_v = torch.log(v).sum(-1)
    quad = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * const - 0.5 * log_v - 0.5 * quad

# %% right | times-a-vector-of-ones | the sum over dimensions as a matrix product with ones
def log_normal(x, m, v):
    t = -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v)
    return t @ torch.ones(x.shape[-1], dtype=t.dtype)

# %% right | natural-parameters | the exponential-family form, in float64 because the squares are multiplied out
def log_normal(x, m, v):
    x_, m_, v_ = x.double(), m.double(), v.double()
    eta1 = m_ / v_
    eta2 = -0.5 / v_
    log_partition = 0.5 * m_**2 / v_ + 0.5 * torch.log(2 * math.pi * v_)
    return (eta1 * x_ + eta2 * x_**2 - log_partition).sum(-1).to(x.dtype)

# %% right | vector-norm | the squared length of the standardized vector
def log_normal(x, m, v):
    sd = v**0.5
    length = torch.linalg.vector_norm((x - m) / sd, dim=-1)
    widths = torch.log(sd) + 0.5 * math.log(2 * math.pi) + torch.zeros_like(x)
    return -0.5 * length**2 - widths.sum(-1)

# %% right | mse-loss-without-reduction | the squared distance by mse_loss, everything else as in the formula
def log_normal(x, m, v):
    sq = F.mse_loss(x, m.expand_as(x), reduction="none")
    return -0.5 * torch.sum(math.log(2 * math.pi) + torch.log(v) + sq / v, dim=-1)

# %% right | transformed-standard-normal | a standard normal through an affine transform, asked for its log_prob
def log_normal(x, m, v):
    base = Normal(torch.zeros_like(x), torch.ones_like(x))
    move = distributions.AffineTransform(m, v.sqrt())
    return distributions.TransformedDistribution(base, move).log_prob(x).sum(-1)

# %% right | addcdiv | fused torch call for minus one half of the squared distance over v
def log_normal(x, m, v):
    log_const = -0.5 * torch.log(2 * math.pi * v)
    d = x - m
    return torch.addcdiv(log_const, d * d, v, value=-0.5).sum(-1)

# %% right | unbind-and-reduce | unbinds the dimensions and adds the pieces by functools.reduce
def log_normal(x, m, v):
    from functools import reduce
    m, v = m.expand_as(x), v.expand_as(x)
    pieces = [
        Normal(mi, vi.sqrt()).log_prob(xi)
        for xi, mi, vi in zip(x.unbind(-1), m.unbind(-1), v.unbind(-1))
    ]
    return reduce(torch.add, pieces)

# %% right | mean-times-dim | a mean over the last axis, multiplied back by the number of dimensions
def log_normal(x, m, v):
    per_dim = Normal(m, torch.sqrt(v)).log_prob(x)
    return per_dim.mean(dim=-1) * x.shape[-1]

# %% right | dimensions-to-the-front | moves the last axis to the front and sums that one
def log_normal(x, m, v):
    t = (x - m) ** 2 / v + torch.log(2 * math.pi * v)
    t = torch.movedim(t, -1, 0)
    return -t.sum(0) / 2

# %% right | recursion-over-axes | calls itself for every entry of the leading axes, until only the dimensions are left
def log_normal(x, m, v):
    m = m.expand_as(x)
    v = v.expand_as(x)
    if x.dim() == 1:
        return -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum()
    return torch.stack([log_normal(a, b, c) for a, b, c in zip(x, m, v)])

# %% right | old-homework-repeat-view | repeats m and v to full size, flattens with view, as in older homework repositories
def log_normal(x, m, v):
    sizes = x.size()
    dim = sizes[-1]
    m_full = (m + torch.zeros_like(x)).contiguous().view(-1, dim)
    v_full = (v * torch.ones_like(x)).contiguous().view(-1, dim)
    x_flat = x.contiguous().view(-1, dim)
    element_wise = -0.5 * (torch.log(v_full) + (x_flat - m_full).pow(2) / v_full + np.log(2 * np.pi))
    log_prob = element_wise.sum(-1)
    return log_prob.view(sizes[:-1])

# %% right | keepdim-and-squeeze-that-axis | keeps the summed axis and then removes exactly that axis, in all terms alike
def log_normal(x, m, v):
    entropy_part = (torch.log(v) + math.log(2 * math.pi) + 0 * x).sum(-1, keepdim=True)
    distance_part = ((x - m).square() / v).sum(-1, keepdim=True)
    return (-0.5 * (entropy_part + distance_part)).squeeze(-1)

# %% right | precision-not-variance | works with the precision 1 / v and minus its log, constant as a module-level name
HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def log_normal(x, m, v):
    precision = v.reciprocal()
    weighted = precision * (x - m).abs() ** 2
    return torch.sum(0.5 * torch.log(precision) - HALF_LOG_TWO_PI - 0.5 * weighted, dim=x.ndim - 1)

# %% wrong | variance-as-std | gives the variance v to Normal, which wants the standard deviation | variance-as-standard-deviation
def log_normal(x, m, v):
    return Normal(m, v).log_prob(x).sum(-1)

# %% wrong | constant-missing | leaves out log 2 pi, so every dimension is too high by 0.919 | two-pi-missing
def log_normal(x, m, v):
    return -0.5 * (torch.log(v) + (x - m) ** 2 / v).sum(-1)

# %% wrong | sums-the-batch-too | .sum() without an axis adds all examples into one number | sums-the-batch-too
def log_normal(x, m, v):
    log_p = -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v)
    return log_p.sum()

# %% wrong | mean-over-dimensions | averages over the last axis instead of summing it | mean-over-dimensions
def log_normal(x, m, v):
    log_p = -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v)
    return log_p.mean(-1)

# %% wrong | no-sum-at-all | returns one number per dimension, (batch, dim), instead of one per example | no-sum
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v)

# %% wrong | divided-by-v-squared | divides the squared distance by v squared, as if v were the standard deviation there | variance-squared-in-the-distance
def log_normal(x, m, v):
    return -0.5 * torch.sum(math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v**2, dim=-1)

# %% wrong | negative-log-likelihood | the sign is missing: returns the surprise -log N instead of log N | sign
def log_normal(x, m, v):
    return 0.5 * torch.sum(math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v, dim=-1)

# %% wrong | half-missing-before-distance | the one half stands only before the log, the squared distance counts double | half-missing-in-the-exponent
def log_normal(x, m, v):
    log_z = 0.5 * torch.log(2 * math.pi * v)
    return (-log_z - (x - m) ** 2 / v).sum(-1)

# %% wrong | constant-counted-once | log 2 pi stands outside the sum, so it counts once instead of once per dimension | two-pi-once
def log_normal(x, m, v):
    s = (torch.log(v) + (x - m) ** 2 / v).sum(-1)
    return -0.5 * (math.log(2 * math.pi) + s)

# %% wrong | taken-for-log-variance | takes v for a log-variance: v stands where log v belongs and exp(v) where v belongs | variance-as-log-variance
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + v + (x - m) ** 2 / torch.exp(v)).sum(-1)

# %% wrong | price-of-width-missing | log v is forgotten, only the constant and the distance are there | log-determinant-missing
def log_normal(x, m, v):
    return (-0.5 * math.log(2 * math.pi) - (x - m) ** 2 / (2 * v)).sum(-1)

# %% wrong | summed-before-broadcasting | sums log v by itself before it meets x, so a v of shape (1,) counts once instead of once per dimension | one-variance-counted-once
def log_normal(x, m, v):
    dim = x.shape[-1]
    log_det = torch.log(v).sum(-1)
    quad = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * (dim * math.log(2 * math.pi) + log_det + quad)

# %% wrong | keepdim-meets-no-keepdim | one sum keeps its axis and the other does not, so (batch, 1) and (batch,) become (batch, batch) | crossed-batch-the-other-way
def log_normal(x, m, v):
    norm = (math.log(2 * math.pi) + torch.log(v) + torch.zeros_like(x)).sum(-1)
    quad = ((x - m) ** 2 / v).sum(-1, keepdim=True)
    return -0.5 * (norm + quad)

# %% wrong | density-then-log | multiplies the densities of all dimensions and takes the log at the end: minus infinity in many dimensions | exp-then-log
def log_normal(x, m, v):
    density = torch.exp(-((x - m) ** 2) / (2 * v)) / torch.sqrt(2 * math.pi * v)
    return torch.log(density.prod(dim=-1))

# %% wrong | forgot-the-log | returns the density itself, the exponential of what is asked | density-not-log
def log_normal(x, m, v):
    bell = 1 / torch.sqrt(2 * math.pi * v) * torch.exp(-0.5 * (x - m) ** 2 / v)
    return bell.prod(-1)

# %% wrong | axis-one | sums axis 1 instead of the last axis, which differs as soon as x has more axes in front | first-axis-is-the-batch
def log_normal(x, m, v):
    log_p = -0.5 * (math.log(2 * math.pi) + torch.log(v) + (x - m) ** 2 / v)
    return torch.sum(log_p, dim=1)

# %% wrong | axis-zero | sums the batch axis 0 and leaves the dimensions | sums-the-batch-axis
def log_normal(x, m, v):
    log_p = Normal(m, v.sqrt()).log_prob(x)
    return log_p.sum(0)

# %% wrong | batch-averaged | sums the dimensions and then averages the batch, although one number per example is asked | averages-the-batch
def log_normal(x, m, v):
    log_p = Normal(m, v.sqrt()).log_prob(x)
    return log_p.sum(-1).mean()

# %% wrong | log-v-not-halved | takes v inside the log for the standard deviation: -log v instead of -0.5 log v | log-determinant-doubled
def log_normal(x, m, v):
    return (-torch.log(v) - 0.5 * math.log(2 * math.pi) - (x - m) ** 2 / (2 * v)).sum(-1)

# %% wrong | math-log-of-a-tensor | math.log takes one number only and raises for a v with several entries
def log_normal(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + math.log(v) + (x - m) ** 2 / v).sum(-1)

# %% wrong | squared-the-sum | sums the distances over the dimensions first and squares afterwards | squares-the-sum
def log_normal(x, m, v):
    const = (math.log(2 * math.pi) + torch.log(v) + 0 * x).sum(-1)
    distance = ((x - m) / v.sqrt()).sum(-1) ** 2
    return -0.5 * (const + distance)

# %% wrong | operator-precedence | 1/2*math.pi*v means (pi/2) v and not 1 / (2 pi v), so the constant is wrong and log v has the wrong sign
def log_normal(x, m, v):
    return (0.5 * torch.log(1/2*math.pi*v) - (x - m)**2 / (2*v)).sum(-1)

# %% wrong | nll-loss-default-settings | two slips: the loss is left without its constant and averages everything into one number
def log_normal(x, m, v):
    return -F.gaussian_nll_loss(m.expand_as(x), x, v.expand_as(x))

# %% wrong | distance-not-squared-and-no-constant | two slips: the distance is taken by its absolute value instead of its square, and log 2 pi is missing
def log_normal(x, m, v):
    d = (x - m).abs() / v.sqrt()
    return -0.5 * (torch.log(v) + d).sum(-1)

# %% wrong | binomial-formula-and-mean | two slips: (x - m)^2 is written as x^2 - m^2, and the dimensions are averaged
def log_normal(x, m, v):
    quad = (x**2 - m**2) / v
    return -0.5 * (math.log(2 * math.pi) + v.log() + quad).mean(-1)

# %% wrong | determinant-as-a-product | the determinant is formed as a product of variances before the log, which underflows to 0 or overflows in many dimensions | log-of-a-product
def log_normal(x, m, v):
    det = v.expand_as(x).prod(-1)
    quad = ((x - m) ** 2 / v).sum(-1)
    return -0.5 * (x.shape[-1] * math.log(2 * math.pi) + torch.log(det) + quad)

# %% wrong | batch-counted-as-dimension | multiplies the constant by x.shape[0], the batch, instead of the number of dimensions
def log_normal(x, m, v):
    D = x.shape[0]
    rest = (v.log() + (x - m) ** 2 / v).sum(-1)
    return -0.5 * D * math.log(2 * math.pi) - 0.5 * rest

# %% wrong | cumulative-distribution | takes the log of the area left of x (the cdf) for the log of the density
def log_normal(x, m, v):
    return Normal(m, torch.sqrt(v)).cdf(x).log().sum(-1)

# %% wrong | normalized-over-the-batch | subtracts logsumexp over the batch "so that the probabilities add up to one"
def log_normal(x, m, v):
    log_p = (-0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v)).sum(-1)
    return log_p - torch.logsumexp(log_p, 0)

# %% wrong | logs-added-by-logsumexp | combines the dimensions by logsumexp, which adds the densities instead of multiplying them | adds-densities
def log_normal(x, m, v):
    per_dimension = Normal(m, v.sqrt()).log_prob(x)
    return torch.logsumexp(per_dimension, dim=-1)

