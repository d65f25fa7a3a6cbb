# %% right | cs236-randn-like | the usual homework line
def sample_gaussian(m, v):
    z = m + torch.sqrt(v) * torch.randn_like(m)
    return z


# %% right | multivariate-rsample | a multivariate normal with diagonal scale_tril, rsample
def sample_gaussian(m, v):
    q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
    return q.rsample()


# %% right | box-muller | own bell from two uniform draws
def sample_gaussian(m, v):
    u1 = 1 - torch.rand(m.shape, dtype=m.dtype, device=m.device)
    u2 = torch.rand(m.shape, dtype=m.dtype, device=m.device)
    eps = torch.sqrt(-2 * torch.log(u1)) * torch.cos(2 * math.pi * u2)
    return m + eps * v**0.5


# %% right | row-by-row | loop over the examples, normal_ into an empty tensor, minus sign, addcmul
def sample_gaussian(m, v):
    rows = []
    for mean, variance in zip(m, v):
        noise = torch.empty_like(mean, requires_grad=False).detach().normal_()
        rows.append(torch.addcmul(mean, variance.sqrt(), noise, value=-1))
    return torch.stack(rows)


# %% right | torch-normal-noise | torch.normal for the noise only; standard deviation as exp of half a log
def sample_gaussian(m, v):
    std = torch.exp(0.5 * torch.log(v))
    with torch.no_grad():
        eps = torch.normal(torch.zeros_like(m), torch.ones_like(v))
    return eps.mul(std).add(m)


# %% wrong | variance-as-sd | the noise is scaled by v instead of sqrt(v)
def sample_gaussian(m, v):
    z = m + v * torch.randn_like(m)
    return z


# %% wrong | noise-of-one-row | noise of shape (dim,) is shared by all examples of the batch
def sample_gaussian(m, v):
    epsilon = torch.randn(m.size(-1)).to(m)
    z = m + torch.sqrt(v) * epsilon
    return z


# %% wrong | noise-of-one-column | noise of shape (batch, 1) is shared by all dimensions
def sample_gaussian(m, v):
    eps = torch.randn(m.size(0), 1, dtype=m.dtype, device=m.device).expand_as(m)
    return m + v.sqrt() * eps


# %% wrong | torch-normal | torch.normal(m, sd): the gradient stops, slopes are 0
def sample_gaussian(m, v):
    sample = torch.normal(m, torch.sqrt(v))
    return sample


# %% wrong | log-variance | v taken for a log variance: std = exp(v / 2)
def sample_gaussian(m, v):
    std = torch.exp(v / 2)
    eps = torch.randn_like(std)
    return m + eps * std


# %% wrong | seeded | the global seed is set in every call: the same noise each time, and state left behind
def sample_gaussian(m, v):
    torch.manual_seed(1234)
    eps = torch.randn_like(m)
    return m + torch.sqrt(v) * eps


# %% wrong | truncated | noise from a bell cut off at two standard deviations (variance 0.77, no tails)
def sample_gaussian(m, v):
    eps = nn.init.trunc_normal_(torch.empty_like(m, requires_grad=False), 0.0, 1.0, -2.0, 2.0)
    return m + v.sqrt() * eps


# %% wrong | scaled-uniform | uniform noise scaled to mean 0 and variance 1: right moments, wrong distribution
def sample_gaussian(m, v):
    u = torch.rand_like(m)
    eps = (u - 0.5) * math.sqrt(12)
    return m + torch.sqrt(v) * eps


# %% wrong | std-data | the standard deviation is taken from v.data: no gradient reaches v
def sample_gaussian(m, v):
    std = v.data.sqrt()
    return std * torch.randn_like(std) + m


# %% wrong | rand-and-no-root | two slips: uniform noise (torch.rand), and v instead of its root
def sample_gaussian(m, v):
    z = m + v * torch.rand(m.shape).to(m)
    return z


# %% wrong | softplus-and-one-row | two slips: softplus is applied to the variance once more, and one noise row is repeated for the batch
def sample_gaussian(m, v):
    std = F.softplus(v).sqrt()
    eps = torch.randn(1, m.shape[1]).repeat(m.shape[0], 1).to(m)
    return m + std * eps


# %% wrong | in-place-on-detached | two slips: m is detached (no gradient in m), and the += writes the noise into the caller's m
def sample_gaussian(m, v):
    z = m.detach()
    z += torch.sqrt(v) * torch.randn_like(v)
    return z


# %% wrong | two-roots-own-generator | two slips: the root is taken twice, and a generator with a fixed seed gives the same noise in each call
def sample_gaussian(m, v):
    std = torch.sqrt(v)
    g = torch.Generator().manual_seed(0)
    eps = torch.randn(m.shape, generator=g).to(m)
    return m + torch.sqrt(std) * eps


# %% wrong | log-variance-and-sample | two slips: exp of v for the standard deviation, and .sample() cuts the gradient
def sample_gaussian(m, v):
    return Normal(m, torch.exp(0.5 * v)).sample()
