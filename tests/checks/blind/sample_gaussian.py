# %% right | textbook-two-lines | the two lines of the lesson, with randn_like
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + torch.sqrt(v) * eps

# %% right | normal-rsample | torch.distributions with the reparameterized draw
def sample_gaussian(m, v):
    return Normal(m, v.sqrt()).rsample()

# %% right | one-liner-half-power | one line, the root as a power of one half
def sample_gaussian(m, v): return m + v**0.5 * torch.randn(m.shape)

# %% right | minus-noise | subtracts the noise, which is the same distribution
def sample_gaussian(m, v):
    epsilon = torch.randn(m.size(), dtype=m.dtype, device=m.device)
    return m - v.sqrt() * epsilon

# %% right | kingma-log-std | goes through the log variance, as in many VAE repositories, but takes the log itself
def sample_gaussian(m, v):
    logvar = torch.log(v)
    std = torch.exp(0.5 * logvar)
    eps = torch.randn_like(std)
    return eps.mul(std).add(m)

# %% right | verbose-beginner | a careful beginner with comments, a print and dead code
def sample_gaussian(m, v):
    # first I need the shape
    batch = m.shape[0]
    dim = m.shape[1]
    print("batch:", batch, "dim:", dim)
    # then the standard deviation, NOT the variance
    standard_deviation = torch.sqrt(v)
    # then the noise (randn is the bell curve, rand is not)
    noise = torch.randn(batch, dim)
    old_z = m  # this was my first try, it had no randomness
    z = m + standard_deviation * noise
    if z.shape != m.shape:
        print("something is wrong!!")
    return z

# %% right | independent-normal | Independent wrapped around Normal, then rsample
def sample_gaussian(m, v):
    q = Independent(Normal(loc=m, scale=torch.sqrt(v)), 1)
    z = q.rsample()
    return z

# %% right | multivariate-covariance | a multivariate normal with diagonal covariance, which wants variances
def sample_gaussian(m, v):
    cov = torch.diag_embed(v)
    return MultivariateNormal(m, covariance_matrix=cov).rsample()

# %% right | multivariate-scale-tril | a multivariate normal by its Cholesky factor, which wants standard deviations
def sample_gaussian(m, v):
    L = torch.diag_embed(v.sqrt())
    return MultivariateNormal(m, scale_tril=L).rsample()

# %% right | rows-in-a-loop | draws example by example and stacks the rows
def sample_gaussian(m, v):
    rows = []
    for m_row, v_row in zip(m, v):
        rows.append(m_row + v_row.sqrt() * torch.randn(m_row.shape))
    return torch.stack(rows)

# %% right | every-entry-by-itself | takes the tensors apart into single numbers, draws each with its own noise, and stacks them
def sample_gaussian(m, v):
    z = []
    for mean, variance in zip(m.flatten().unbind(), v.flatten().unbind()):
        z.append(mean + variance**0.5 * torch.randn(()))
    return torch.stack(z).reshape(m.shape)

# %% right | columns-and-concatenate | unbinds the latent dimensions and puts the columns together again
def sample_gaussian(m, v):
    columns = [mean + var.sqrt() * torch.randn_like(mean) for mean, var in zip(m.unbind(-1), v.unbind(-1))]
    return torch.stack(columns, dim=-1)

# %% right | torch-normal-for-noise-only | torch.normal is used, but only for the noise without parameters
def sample_gaussian(m, v):
    eps = torch.normal(mean=torch.zeros_like(m), std=torch.ones_like(v))
    return m + eps * v.sqrt()

# %% right | standard-normal-sample | noise by Normal(0, 1).sample with a sample shape, which needs no gradient
def sample_gaussian(m, v):
    standard = Normal(torch.tensor(0.0), torch.tensor(1.0))
    eps = standard.sample(m.shape)
    return m + v.sqrt() * eps

# %% right | empty-then-normal | an empty tensor is filled in place with noise, then scaled and moved in place
def sample_gaussian(m, v):
    z = torch.empty(m.shape, dtype=m.dtype).normal_()
    z = z.mul_(v.sqrt())
    z = z.add_(m)
    return z

# %% right | helper-functions | three small helpers, one for each step
def std_from_variance(v):
    return v.sqrt()


def make_noise(like):
    return torch.randn_like(like)


def move_and_stretch(eps, m, s):
    return m + s * eps


def sample_gaussian(m, v):
    return move_and_stretch(make_noise(m), m, std_from_variance(v))

# %% right | addcmul | the fused call m + 1 * s * eps
def sample_gaussian(m, v):
    return torch.addcmul(m, torch.sqrt(v), torch.randn_like(v))

# %% right | einsum-elementwise | einsum without a summed index for the product
def sample_gaussian(m, v):
    eps = torch.randn(*m.shape, dtype=m.dtype)
    return m + torch.einsum("bd,bd->bd", v.sqrt(), eps)

# %% right | matrix-times-noise | a diagonal matrix of standard deviations times a noise vector, example by example
def sample_gaussian(m, v):
    S = torch.diag_embed(v.sqrt())  # (batch, dim, dim)
    eps = torch.randn(*m.shape, 1, dtype=m.dtype)  # (batch, dim, 1)
    return m + torch.matmul(S, eps).squeeze(-1)

# %% right | numpy-noise | the noise comes from numpy and is converted, the formula stays in torch
def sample_gaussian(m, v):
    eps = np.random.normal(0.0, 1.0, size=tuple(m.shape))
    eps = torch.from_numpy(eps).to(m.dtype)
    return m + torch.sqrt(v) * eps

# %% right | box-muller | makes the bell curve by hand out of two uniform numbers
def sample_gaussian(m, v):
    u1 = 1 - torch.rand(m.shape, dtype=torch.float64)  # in (0, 1], so that the log is finite
    u2 = torch.rand(m.shape, dtype=torch.float64)
    eps = torch.sqrt(-2 * torch.log(u1)) * torch.cos(2 * math.pi * u2)
    return m + v.sqrt() * eps.to(m.dtype)

# %% right | inverse-cdf | uniform numbers pushed through the quantile function of the bell curve
def sample_gaussian(m, v):
    u = torch.rand(m.shape, dtype=torch.float64).clamp(1e-15, 1 - 1e-15)
    eps = torch.special.ndtri(u).to(m)
    return m + eps * torch.sqrt(v)

# %% right | float64-inside | computes in double precision and returns the dtype of m
def sample_gaussian(m, v):
    s = v.double().sqrt()
    z = m.double() + s * torch.randn(m.shape, dtype=torch.float64)
    return z.to(m.dtype)

# %% right | own-autograd-function | writes the derivatives 1 and (z - m) / 2v by hand in a custom Function
class DrawGaussian(torch.autograd.Function):
    @staticmethod
    def forward(ctx, m, v):
        eps = torch.randn_like(m)
        ctx.save_for_backward(eps, v)
        return m + v.sqrt() * eps

    @staticmethod
    def backward(ctx, grad):
        eps, v = ctx.saved_tensors
        return grad, grad * eps / (2 * v.sqrt())


def sample_gaussian(m, v):
    return DrawGaussian.apply(m, v)

# %% right | affine-transform | a TransformedDistribution: standard normal, then an affine transform
def sample_gaussian(m, v):
    from torch.distributions.transforms import AffineTransform
    base = Normal(torch.zeros_like(m), torch.ones_like(m))
    q = torch.distributions.TransformedDistribution(base, [AffineTransform(loc=m, scale=v.sqrt())])
    return q.rsample()

# %% right | flatten-view-old-homework | flattens everything, draws one long vector, and views it back
def sample_gaussian(m, v):
    bs, dim = m.size()
    mu = m.contiguous().view(bs * dim)
    sigma = torch.sqrt(v.contiguous().view(bs * dim))
    z = mu + sigma * torch.randn(bs * dim)
    return z.view(bs, dim)

# %% right | rsqrt-times-v | the root written as v times one over the root
def sample_gaussian(m, v):
    sigma = v * torch.rsqrt(v)
    return torch.add(m, torch.mul(sigma, torch.randn_like(sigma)))

# %% right | two-halves-of-the-variance | adds two independent noises of half the variance each
def sample_gaussian(m, v):
    a = torch.sqrt(v / 2) * torch.randn_like(m)
    b = torch.sqrt(v / 2) * torch.randn_like(m)
    return m + a + b

# %% right | draws-seven-keeps-one | rsample with a sample shape, of which only one draw is kept
def sample_gaussian(m, v):
    many = Normal(m, v.sqrt()).rsample((7,))  # (7, batch, dim)
    return many[3]

# %% right | chi-and-a-random-sign | the root of a chi-square draw with a coin for its sign, which is a standard normal
def sample_gaussian(m, v):
    size = torch.distributions.Chi2(torch.ones(m.shape, dtype=torch.float64)).sample().sqrt()
    sign = 2 * torch.randint(0, 2, m.shape) - 1
    eps = (size * sign).to(m.dtype)
    return m + v.sqrt() * eps

# %% wrong | no-root | multiplies the noise by the variance v; the root is missing, so the spread is v instead of sqrt(v) | variance-as-standard-deviation
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + v * eps

# %% wrong | taken-for-log-variance | takes v for a log-variance, so the standard deviation is exp(v / 2) | variance-as-log-variance
def sample_gaussian(m, v):
    std = torch.exp(0.5 * v)
    eps = torch.randn_like(std)
    return m + eps * std

# %% wrong | rand-for-randn | uses torch.rand_like: uniform noise between 0 and 1 instead of the bell curve around 0 | uniform-noise
def sample_gaussian(m, v):
    eps = torch.rand_like(m)
    return m + torch.sqrt(v) * eps

# %% wrong | sample-without-r | uses .sample(), which cuts the graph, instead of .rsample(): no gradient reaches m or v | no-gradient
def sample_gaussian(m, v):
    dist = Normal(m, torch.sqrt(v))
    return dist.sample()

# %% wrong | torch-normal-with-parameters | draws with torch.normal(m, sqrt(v)), whose gradients to m and v are exactly 0 | no-gradient
def sample_gaussian(m, v):
    return torch.normal(m, v.sqrt())

# %% wrong | noise-shared-by-rows | the noise has shape (dim,) and is broadcast, so every example gets the same noise | one-noise-for-the-batch
def sample_gaussian(m, v):
    eps = torch.randn(m.shape[-1])
    return m + v.sqrt() * eps

# %% wrong | noise-shared-by-dimensions | the noise has shape (batch, 1), so all dimensions of an example share one number | one-noise-for-all-dimensions
def sample_gaussian(m, v):
    eps = torch.randn(m.shape[0], 1)
    return m + torch.sqrt(v) * eps

# %% wrong | one-number-of-noise | a single random number moves the whole batch, all rows and all dimensions | one-number-for-everything
def sample_gaussian(m, v):
    epsilon = torch.randn(1)
    z = m + torch.sqrt(v) * epsilon
    return z

# %% wrong | normal-wants-a-std | gives the variance to Normal as its scale, and also draws with .sample(), so spread and gradient are wrong | variance-as-standard-deviation-and-no-gradient
def sample_gaussian(m, v):
    q = distributions.Normal(m, v)
    return q.sample()

# %% wrong | divided-by-the-root | divides the noise by sqrt(v) instead of multiplying (inverted the standardization z = (x - m) / sqrt(v) wrongly) | divides-by-the-root
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + eps / v.sqrt()

# %% wrong | forgot-the-mean | returns sqrt(v) times noise and forgets to add m | ignores-m
def sample_gaussian(m, v):
    eps = torch.randn(m.shape)
    z = torch.sqrt(v) * eps
    return z

# %% wrong | seed-inside | sets a seed in the function, so every call returns the same noise | same-noise-at-each-call
def sample_gaussian(m, v):
    torch.manual_seed(42)
    eps = torch.randn_like(m)
    return m + v.sqrt() * eps

# %% wrong | std-under-no-grad | the standard deviation is computed under no_grad, so the gradient reaches m but not v | no-gradient-to-v
def sample_gaussian(m, v):
    with torch.no_grad():
        std = v.sqrt()
        eps = torch.randn_like(std)
    return m + std * eps

# %% wrong | no-return | computes z and forgets to return it, so the result is None
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    z = m + torch.sqrt(v) * eps

# %% wrong | math-sqrt | math.sqrt works on one number only, so it raises for a tensor of several entries
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + math.sqrt(v) * eps

# %% wrong | returns-noise-too | returns the pair (z, eps) instead of z alone
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    z = m + torch.sqrt(v) * eps
    return z, eps

# %% wrong | summed-over-dimensions | sums over the last axis although nothing is to be summed, so the shape is (batch,)
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return (m + v.sqrt() * eps).sum(-1)

# %% wrong | root-twice | hands the root to MultivariateNormal as covariance, so the root is taken twice and the spread is v to the power 1/4 | root-twice
def sample_gaussian(m, v):
    std = torch.sqrt(v)
    return MultivariateNormal(m, torch.diag_embed(std)).rsample()

# %% wrong | stretched-the-mean-too | wrong brackets: sqrt(v) multiplies m as well as the noise | stretches-the-mean
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return v.sqrt() * (m + eps)

# %% wrong | noise-already-moved | draws the "noise" from N(m, v) already and then moves and stretches it a second time | moves-the-noise-twice
def sample_gaussian(m, v):
    eps = torch.normal(m, v.sqrt())
    return m + v.sqrt() * eps

# %% wrong | rebuilt-tensors | copies m and v into new tensors by torch.tensor, so no gradient reaches the originals | no-gradient
def sample_gaussian(m, v):
    mean = torch.tensor(m.tolist())
    std = torch.tensor(np.sqrt(v.tolist()), dtype=torch.float32)
    eps = torch.randn(mean.shape)
    return mean + std * eps

# %% wrong | mean-and-root-swapped-roles | the roles are swapped: the noise is multiplied by m and sqrt(v) is added | mean-and-spread-swapped
def sample_gaussian(m, v):
    epsilon = torch.randn_like(v)
    return torch.sqrt(v) + m * epsilon

# %% wrong | rand-and-no-root | two slips: uniform noise (centred by hand to -0.5..0.5) and the variance in place of its root
def sample_gaussian(m, v):
    eps = torch.rand(m.shape) - 0.5
    return m + v * eps

# %% wrong | log-variance-and-one-noise-per-batch | two slips: v is read as a log-variance, and one noise vector serves the whole batch
def sample_gaussian(m, v):
    sigma = (v / 2).exp()
    eps = torch.randn(1, m.shape[1])
    return m + sigma * eps

# %% wrong | folded-noise | takes the absolute value of the noise ("a spread cannot be negative"), so all draws lie above m | folded-noise
def sample_gaussian(m, v):
    eps = torch.randn_like(m).abs()
    return m + v.sqrt() * eps

# %% wrong | mean-of-ten-draws | averages ten draws "to be less noisy", which makes the variance v / 10
def sample_gaussian(m, v):
    eps = torch.randn(10, *m.shape)
    z = m + v.sqrt() * eps
    return z.mean(0)

# %% wrong | noise-kept-in-a-default-argument | keeps the noise in a mutable default, so each shape gets its noise once and for all later calls | same-noise-at-each-call
def sample_gaussian(m, v, noise={}):
    key = tuple(m.shape)
    if key not in noise:
        noise[key] = torch.randn(key)
    return m + torch.sqrt(v) * noise[key]

# %% wrong | coin-flip-noise | noise of -1 or +1: mean 0 and variance 1 are right, the distribution is no bell curve | coin-flips
def sample_gaussian(m, v):
    eps = 2.0 * torch.randint(0, 2, m.shape) - 1.0
    return m + v.sqrt() * eps

# %% wrong | antithetic-rows | the second half of the batch gets the negated noise of the first half, so examples are not drawn by themselves | mirrored-noise
def sample_gaussian(m, v):
    half = (m.shape[0] + 1) // 2
    first = torch.randn(half, m.shape[1])
    eps = torch.cat([first, -first])[: m.shape[0]]
    return m + v.sqrt() * eps

# %% wrong | gradient-of-m-doubled | adds m - m.detach() "so that the gradient surely flows": the value is right, the slope in m is 2 instead of 1 | m-counted-twice-in-the-gradient
def sample_gaussian(m, v):
    z = Normal(m, v.sqrt()).rsample()
    return z + (m - m.detach())

