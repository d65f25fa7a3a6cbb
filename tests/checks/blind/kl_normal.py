# %% right | textbook | the card's formula, one expression, summed over the last axis
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% right | library-normal | torch.distributions with standard deviations, summed by hand
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, torch.sqrt(qv))
    p = Normal(pm, torch.sqrt(pv))
    return kl_divergence(q, p).sum(dim=-1)

# %% right | library-independent | Independent makes the last axis an event, kl_divergence does the sum
def kl_normal(qm, qv, pm, pv):
    pm = pm.expand_as(qm)
    pv = pv.expand_as(qv)
    q = Independent(Normal(qm, qv ** 0.5), 1)
    p = Independent(Normal(pm, pv ** 0.5), 1)
    return kl_divergence(q, p)

# %% right | full-covariance | MultivariateNormal with diagonal covariance matrices
def kl_normal(qm, qv, pm, pv):
    pm, pv = pm.expand(qm.shape), pv.expand(qm.shape)
    return kl_divergence(
        MultivariateNormal(qm, covariance_matrix=torch.diag_embed(qv)),
        MultivariateNormal(pm, covariance_matrix=torch.diag_embed(pv)),
    )

# %% right | loop-over-dimensions | adds up one latent dimension after the other
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    total = torch.zeros(qm.shape[:-1], dtype=qm.dtype)
    for i in range(qm.shape[-1]):
        a, b, c, d = qm[..., i], qv[..., i], pm[..., i], pv[..., i]
        total = total + 0.5 * (d.log() - b.log() + b / d + (a - c) ** 2 / d - 1)
    return total

# %% right | loop-over-rows | flattens the front axes, treats one example at a time, stacks and reshapes
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    front, dim = qm.shape[:-1], qm.shape[-1]
    results = []
    for m1, v1, m2, v2 in zip(
        qm.reshape(-1, dim), qv.reshape(-1, dim), pm.reshape(-1, dim), pv.reshape(-1, dim)
    ):
        results.append(0.5 * torch.sum(torch.log(v2 / v1) + v1 / v2 + (m1 - m2) ** 2 / v2 - 1))
    return torch.stack(results).reshape(front)

# %% right | einsum | the quadratic and the trace term as einsum contractions with the precision
def kl_normal(qm, qv, pm, pv):
    d = qm - pm
    precision = (1 / pv).expand_as(d)
    quad = torch.einsum("...i,...i,...i->...", d, d, precision)
    trace = torch.einsum("...i,...i->...", qv.expand_as(d), precision)
    logs = torch.einsum("...i->...", torch.log(pv) - torch.log(qv))
    return (quad + trace + logs - d.size(-1)) / 2

# %% right | old-homework | element_wise and kl as in an older homework repository, with expand and view
def kl_normal(qm, qv, pm, pv):
    z_dim = qm.size()[-1]
    pm_ = pm.expand(*qm.size()).contiguous().view(-1, z_dim)
    pv_ = pv.expand(*qm.size()).contiguous().view(-1, z_dim)
    qm_ = qm.contiguous().view(-1, z_dim)
    qv_ = qv.contiguous().view(-1, z_dim)
    element_wise = 0.5 * (torch.log(pv_) - torch.log(qv_) + qv_ / pv_ + (qm_ - pm_).pow(2) / pv_ - 1)
    kl = element_wise.sum(1)
    return kl.view(qm.size()[:-1])

# %% right | own-tensor-in-place | collects the terms in place in a tensor of its own
def kl_normal(qm, qv, pm, pv):
    out = qm - pm
    out = out * out
    out += qv
    out = out / pv
    out -= 1
    out += torch.log(pv)
    out -= torch.log(qv)
    out = out.sum(-1)
    out *= 0.5
    return out

# %% right | helper-shape-and-place | splits the KL into a cost of width and a cost of place
def cost_of_width(r):
    return (r - 1 - torch.log(r)) / 2


def cost_of_place(distance, variance):
    return distance.square() / (2 * variance)


def kl_normal(qm, qv, pm, pv):
    return torch.sum(cost_of_width(qv / pv) + cost_of_place(qm - pm, pv), dim=-1)

# %% right | double-inside | computes in float64 and goes back to the caller's dtype
def kl_normal(qm, qv, pm, pv):
    dtype = qm.dtype
    qm, qv, pm, pv = (t.to(torch.float64) for t in (qm, qv, pm, pv))
    kl = 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
    return kl.to(dtype)

# %% right | cross-entropy-minus-entropy | H(q, p) minus H(q), with both constants written out, per dimension
def kl_normal(qm, qv, pm, pv):
    cross = 0.5 * (math.log(2 * math.pi) + torch.log(pv) + (qv + (qm - pm) ** 2) / pv)
    entropy = 0.5 * (math.log(2 * math.pi * math.e) + torch.log(qv))
    return (cross - entropy).sum(-1)

# %% right | standard-deviations | the formula of books that write sigma instead of variance
def kl_normal(qm, qv, pm, pv):
    sigma1 = qv.sqrt()
    sigma2 = pv.sqrt()
    kl = torch.log(sigma2 / sigma1) + (sigma1 ** 2 + (qm - pm) ** 2) / (2 * sigma2 ** 2) - 0.5
    return kl.sum(-1)

# %% right | wikipedia-multivariate | log determinant, trace, Mahalanobis distance minus D, each summed after expanding
def kl_normal(qm, qv, pm, pv):
    D = qm.shape[-1]
    pm = pm + torch.zeros_like(qm)
    pv = pv + torch.zeros_like(qv)
    log_det = pv.log().sum(-1) - qv.log().sum(-1)
    trace = (qv / pv).sum(-1)
    mahalanobis = ((pm - qm) * (pm - qm) / pv).sum(-1)
    return 0.5 * (trace + mahalanobis - D + log_det)

# %% right | whiten-then-tutorial | first measures q in units of p, then uses the short formula of VAE tutorials
def kl_normal(qm, qv, pm, pv):
    mu = (qm - pm) / torch.sqrt(pv)
    var = qv / pv
    logvar = torch.log(var)
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - var, dim=-1)

# %% right | gaussian-nll | cross-entropy through F.gaussian_nll_loss with a harmless eps, the rest by hand
def kl_normal(qm, qv, pm, pv):
    pm = pm.expand_as(qm)
    pv = pv.expand_as(qm)
    nll = F.gaussian_nll_loss(pm, qm, pv, full=False, eps=1e-30, reduction="none")
    return (nll + 0.5 * (qv / pv - 1 - qv.log())).sum(-1)

# %% right | chatty-beginner | many names, a print and dead code, right in the end
def kl_normal(qm, qv, pm, pv):
    # step 1: the log of the ratio
    ratio = pv / qv
    log_ratio = torch.log(ratio)
    # step 2: the other ratio
    other_ratio = qv / pv
    # step 3: the difference of the means
    difference = qm - pm
    difference_squared = difference * difference
    third = difference_squared / pv
    print("shapes:", log_ratio.shape, other_ratio.shape, third.shape)
    inside = log_ratio + other_ratio
    inside = inside + third
    inside = inside - 1
    # result = inside.mean()   # no! the table says sum
    summed = torch.sum(inside, -1)
    half = 1 / 2
    result = half * summed
    if False:
        result = result / qm.shape[0]
    return result

# %% right | expm1-of-log-ratio | r - 1 - log r as expm1(l) - l with l = log r
def kl_normal(qm, qv, pm, pv):
    l = qv.log() - pv.log()
    return 0.5 * (torch.expm1(l) - l + (qm - pm).pow(2) / pv).sum(-1)

# %% right | addcdiv-chain | fused torch operations
def kl_normal(qm, qv, pm, pv):
    d = torch.sub(qm, pm)
    base = torch.sub(torch.log(pv), torch.log(qv)).sub(1.0)
    numerator = torch.addcmul(qv, d, d)
    return torch.addcdiv(base, numerator, pv).sum(-1).mul(0.5)

# %% right | vmap-one-example | writes the function for one vector and maps it over the flattened batch
def kl_normal(qm, qv, pm, pv):
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)

    def one(a, b, c, d):
        return 0.5 * (torch.log(d / b) + b / d + (a - c) ** 2 / d - 1).sum()

    flat = [t.reshape(-1, qm.shape[-1]) for t in (qm, qv, pm, pv)]
    return torch.vmap(one)(*flat).reshape(qm.shape[:-1])

# %% right | exponential-family | Bregman divergence of the log partition function in natural parameters, in float64
def kl_normal(qm, qv, pm, pv):
    dtype = qm.dtype
    qm, qv, pm, pv = qm.double(), qv.double(), pm.double(), pv.double()

    def natural(m, v):
        return m / v, -0.5 / v

    def A(e1, e2):
        return -e1 ** 2 / (4 * e2) - 0.5 * torch.log(-2 * e2)

    q1, q2 = natural(qm, qv)
    p1, p2 = natural(pm, pv)
    mean1 = qm
    mean2 = qm ** 2 + qv
    per_dim = A(p1, p2) - A(q1, q2) - (p1 - q1) * mean1 - (p2 - q2) * mean2
    return per_dim.sum(-1).to(dtype)

# %% right | gauss-hermite | three-point quadrature, which is exact because the log ratio is a parabola
def kl_normal(qm, qv, pm, pv):
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    weights = weights / weights.sum()
    a, b, c, d = qm.double(), qv.double(), pm.double(), pv.double()
    kl = 0.0
    for node, weight in zip(nodes.tolist(), weights.tolist()):
        z = a + b.sqrt() * node
        log_q = -0.5 * (torch.log(b) + (z - a) ** 2 / b)
        log_p = -0.5 * (torch.log(d) + (z - c) ** 2 / d)
        kl = kl + weight * (log_q - log_p)
    return kl.sum(-1).to(qm.dtype)

# %% right | two-sigma-points | averages log q - log p at the two points m + s and m - s, exact for a parabola
def kl_normal(qm, qv, pm, pv):
    s = qv.sqrt()
    q, p = Normal(qm, s), Normal(pm, pv.sqrt())
    up, down = qm + s, qm - s
    both = (q.log_prob(up) - p.log_prob(up)) + (q.log_prob(down) - p.log_prob(down))
    return both.sum(-1) / 2

# %% right | python-sum-of-terms | a list of terms and the builtin sum, then the sum over dimensions
def kl_normal(qm, qv, pm, pv):
    terms = [pv.log() - qv.log(), qv / pv, (qm - pm) ** 2 / pv, torch.tensor(-1.0, dtype=qm.dtype)]
    return sum(terms).sum(-1) * 0.5

# %% right | row-times-column | the quadratic form as a batched matrix product
def kl_normal(qm, qv, pm, pv):
    d = (qm - pm).unsqueeze(-1)
    w = (d.squeeze(-1) / pv).unsqueeze(-2)
    quadratic = torch.matmul(w, d).squeeze(-1).squeeze(-1)
    r = qv / pv
    return 0.5 * (quadratic + (r - r.log() - 1.0).sum(-1))

# %% right | small-class | an object-oriented learner writes a Gaussian with a method
class Gaussian:
    def __init__(self, mean, var):
        self.mean = mean
        self.var = var
        self.log_var = var.log()

    def kl_to(self, other):
        delta = self.mean - other.mean
        return 0.5 * (other.log_var - self.log_var - 1 + (self.var + delta * delta) / other.var)


def kl_normal(qm, qv, pm, pv):
    return Gaussian(qm, qv).kl_to(Gaussian(pm, pv)).sum(-1)

# %% right | expected-log-prob | minus entropy of q minus the expected log density of p, mostly by torch.distributions
def kl_normal(qm, qv, pm, pv):
    expected_log_p = Normal(pm, pv.sqrt()).log_prob(qm) - 0.5 * qv / pv
    minus_entropy = -Normal(qm, qv.sqrt()).entropy()
    return (minus_entropy - expected_log_p).sum(-1)

# %% right | unbind-and-add | takes the last axis apart with unbind and adds the pieces
def kl_normal(qm, qv, pm, pv):
    terms = (pv / qv).log() + (qv / pv) + ((qm - pm) / pv.sqrt()).square() - torch.ones_like(qm)
    total = 0
    for piece in torch.unbind(terms, dim=-1):
        total = total + piece
    return total / 2

# %% right | tensordot-with-halves | sums by a product with a vector of one halves
def kl_normal(qm, qv, pm, pv):
    inner = torch.log(pv) - torch.log(qv) + torch.reciprocal(pv) * (qv + (pm - qm) ** 2) - 1
    halves = torch.full((inner.shape[-1],), 0.5, dtype=inner.dtype)
    return torch.tensordot(inner, halves, dims=1)

# %% right | last-of-cumsum | asserts, annotations, and the last entry of a running sum
def kl_normal(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    assert qm.shape[-1] == qv.shape[-1], "mean and variance of q must agree"
    assert (qv > 0).all() and (pv > 0).all(), "variances are positive"
    per_dimension: Tensor = -0.5 * (torch.log(qv / pv) + 1 - qv / pv - (pm - qm) * (pm - qm) / pv)
    return per_dimension.cumsum(dim=-1)[..., -1]

# %% wrong | minus-one-missing | the -1 is forgotten, so the result is dim/2 too large and not 0 for q = p | minus-one-missing
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv).sum(-1)

# %% wrong | half-missing | the factor one half in front is forgotten | half-missing
def kl_normal(qm, qv, pm, pv):
    return (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | mean-over-dimensions | averages over the last axis instead of summing it | mean-over-dimensions
def kl_normal(qm, qv, pm, pv):
    kl = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1)
    return kl.mean(-1)

# %% wrong | sum-over-everything | .sum() without an axis adds the batch as well and returns one number | sums-the-batch-too
def kl_normal(qm, qv, pm, pv):
    kl = torch.log(pv / qv) + qv / pv + (qm - pm).pow(2) / pv - 1
    return 0.5 * kl.sum()

# %% wrong | standard-normal-only | the short formula of VAE tutorials, which ignores pm and pv | assumes-standard-normal-prior
def kl_normal(qm, qv, pm, pv):
    return -0.5 * torch.sum(1 + qv.log() - qm.pow(2) - qv, dim=-1)

# %% wrong | variance-as-std | passes the variances to Normal, which wants standard deviations | variance-as-standard-deviation
def kl_normal(qm, qv, pm, pv):
    return kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1)

# %% wrong | log-ratio-upside-down | writes log(qv / pv) where log(pv / qv) belongs | log-ratio-flipped
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(qv / pv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | arguments-swapped | computes KL(p, q): the library's arguments are in the wrong order | arguments-swapped
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, qv.sqrt())
    p = Normal(pm, pv.sqrt())
    return kl_divergence(p, q).sum(-1)

# %% wrong | minus-one-outside-sum | the -1 stands outside the sum and counts once instead of once per dimension | minus-one-once
def kl_normal(qm, qv, pm, pv):
    return 0.5 * ((torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv).sum(-1) - 1)

# %% wrong | average-over-batch | averages the per-example values over the batch and returns a single number | averages-the-batch
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
    kl = element_wise.sum(-1)
    return kl.mean()

# %% wrong | variance-as-log-variance | treats qv and pv as log-variances, as most VAE code on the internet names them | variance-as-log-variance
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (pv - qv + torch.exp(qv - pv) + (qm - pm) ** 2 / torch.exp(pv) - 1).sum(-1)

# %% wrong | square-missing | the difference of the means is not squared | square-forgotten
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) / pv - 1).sum(-1)

# %% wrong | distance-over-qv | measures the distance of the means in q's width (divides by qv) instead of p's | distance-over-own-variance
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / qv - 1).sum(-1)

# %% wrong | half-on-first-term | the parentheses close too early, so only the log is halved | half-on-the-log-only
def kl_normal(qm, qv, pm, pv):
    return (0.5 * torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | sum-axis-one | sums axis 1, which is the last axis only as long as there are two of them | first-axis-is-the-batch
def kl_normal(qm, qv, pm, pv):
    kl = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1)
    return kl.sum(dim=1)

# %% wrong | keepdim | keeps the summed axis, so the result is (batch, 1) and not (batch,) | axis-kept
def kl_normal(qm, qv, pm, pv):
    kl = torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1
    return 0.5 * kl.sum(-1, keepdim=True)

# %% wrong | summed-before-broadcast | sums each log on its own: a prior of shape (1,) then contributes log pv once and not dim times | prior-counted-once
def kl_normal(qm, qv, pm, pv):
    logs = torch.log(pv).sum(-1) - torch.log(qv).sum(-1)
    rest = (qv / pv + (qm - pm) ** 2 / pv).sum(-1) - qm.shape[-1]
    return 0.5 * (logs + rest)

# %% wrong | copy-paste-qm-qm | a copy-paste slip: the difference is qm - qm, so the means never matter | means-ignored
def kl_normal(qm, qv, pm, pv):
    mean_term = (qm - qm) ** 2 / pv
    var_term = qv / pv
    log_term = torch.log(pv / qv)
    return 0.5 * (log_term + var_term + mean_term - 1).sum(-1)

# %% wrong | std-for-q-only | takes the square root of q's variance and forgets that of p's
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, torch.sqrt(qv))
    p = Normal(pm, pv)
    return kl_divergence(q, p).sum(-1)

# %% wrong | detached | cuts the graph with no_grad: values are right, but the encoder would never learn | no-gradient
def kl_normal(qm, qv, pm, pv):
    with torch.no_grad():
        kl = 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)
    return kl.sum(-1)

# %% wrong | torch-diag-raises | torch.diag of a (batch, dim) matrix takes its diagonal instead of making one per example, so this raises
def kl_normal(qm, qv, pm, pv):
    q = MultivariateNormal(qm, torch.diag(qv))
    p = MultivariateNormal(pm, torch.diag(pv))
    return kl_divergence(q, p)

# %% wrong | log-of-products | takes the log of the product of all variances, which under- or overflows in many dimensions | log-of-a-product
def kl_normal(qm, qv, pm, pv):
    pv = pv.expand_as(qv)
    log_det = torch.log(torch.prod(pv, -1)) - torch.log(torch.prod(qv, -1))
    return 0.5 * (log_det + (qv / pv).sum(-1) + ((qm - pm) ** 2 / pv).sum(-1) - qm.shape[-1])

# %% wrong | two-half-and-mean | two mistakes: the half is missing, and the last axis is averaged
def kl_normal(qm, qv, pm, pv):
    return torch.mean(torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1, dim=-1)

# %% wrong | two-independent-then-sum-with-variance | two mistakes: Independent has already summed the last axis, so .sum(-1) adds the batch; and the scale is the variance
def kl_normal(qm, qv, pm, pv):
    q = Independent(Normal(qm, qv), 1)
    p = Independent(Normal(pm.expand_as(qm), pv.expand_as(qv)), 1)
    return kl_divergence(q, p).sum(-1)

# %% wrong | two-swapped-and-minus-one-lost | two mistakes: q and p have changed places, so it is KL(p, q), and the -1 is gone
def kl_normal(qm, qv, pm, pv):
    return 0.5 * (torch.log(qv) - torch.log(pv) + pv / qv + (pm - qm) ** 2 / qv).sum(-1)

# %% wrong | two-batch-by-batch-and-sign | two mistakes: a (batch, 1) meets a (batch,) and makes (batch, batch), and the trace term has the wrong sign
def kl_normal(qm, qv, pm, pv):
    shape_part = (torch.log(pv / qv) - qv / pv - 1).sum(-1)
    mean_part = ((qm - pm) ** 2 / pv).sum(-1, keepdim=True)
    return 0.5 * (shape_part + mean_part)

# %% wrong | one-draw | strange: draws one z from q and returns the estimate log q - log p, right only on average
def kl_normal(qm, qv, pm, pv):
    q = Normal(qm, qv.sqrt())
    p = Normal(pm, pv.sqrt())
    z = q.rsample()
    return (q.log_prob(z) - p.log_prob(z)).sum(-1)

# %% wrong | free-bits | strange: gives each dimension a floor of 0.1 nats, a trick from training recipes
def kl_normal(qm, qv, pm, pv):
    per_dim = 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)
    return torch.clamp(per_dim, min=0.1).sum(-1)

# %% wrong | log-in-place-on-input | strange: qv.log_() overwrites the variance, and the following term uses its logarithm as the variance
def kl_normal(qm, qv, pm, pv):
    log_ratio = pv.log() - qv.log_()
    return 0.5 * (log_ratio + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)

# %% wrong | functional-kl-div | strange: feeds the two densities at the mean of q to F.kl_div, which is made for tables of probabilities
def kl_normal(qm, qv, pm, pv):
    log_q = Normal(qm, qv.sqrt()).log_prob(qm)
    log_p = Normal(pm, pv.sqrt()).log_prob(qm)
    return F.kl_div(log_p, log_q, reduction="none", log_target=True).sum(-1)
