# %% right | classic | two lines, randn_like
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + torch.sqrt(v) * eps

# %% right | normal-rsample | torch.distributions.Normal with rsample
def sample_gaussian(m, v):
    return Normal(m, v.sqrt()).rsample()

# %% right | minus-noise | m minus the noise, which is symmetric
def sample_gaussian(m, v):
    return m - v.pow(0.5) * torch.randn(m.size(0), m.size(1), dtype=m.dtype, device=m.device)

# %% right | addcmul | one fused torch call
def sample_gaussian(m, v):
    return torch.addcmul(m, v.sqrt(), torch.randn(m.shape).to(m))

# %% right | exp-half-log | standard deviation as exp(log(v) / 2)
def sample_gaussian(m, v):
    log_sd = 0.5 * torch.log(v)
    noise = torch.randn_like(log_sd)
    return noise * log_sd.exp() + m

# %% right | rows-loop | a Python loop over the rows, stacked
def sample_gaussian(m, v):
    rows = []
    for mean, variance in zip(m, v):
        rows.append(mean + variance.sqrt() * torch.randn_like(mean))
    return torch.stack(rows)

# %% right | columns-loop | a loop over dimensions, stacked along the last axis
def sample_gaussian(m, v):
    columns = []
    for i in range(m.shape[1]):
        eps_i = torch.randn(m.shape[0], dtype=m.dtype)
        columns.append(m[:, i] + torch.sqrt(v[:, i]) * eps_i)
    return torch.stack(columns, dim=1)

# %% right | mvn-scale-tril | MultivariateNormal with a diagonal Cholesky factor
def sample_gaussian(m, v):
    return MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt())).rsample()

# %% right | independent | Independent(Normal), rsample
def sample_gaussian(m, v):
    q = Independent(Normal(loc=m, scale=torch.sqrt(v)), reinterpreted_batch_ndims=1)
    z = q.rsample()
    assert z.shape == m.shape
    return z

# %% right | box-muller | makes the normal noise from two uniforms in float64
def sample_gaussian(m, v):
    u1 = torch.rand(m.shape, dtype=torch.float64)
    u2 = torch.rand(m.shape, dtype=torch.float64)
    eps = torch.sqrt(-2 * torch.log1p(-u1)) * torch.cos(2 * math.pi * u2)
    return m + v.sqrt() * eps.to(m.dtype)

# %% right | inverse-cdf | uniform numbers through the inverse of the normal CDF
def sample_gaussian(m, v):
    u = torch.rand(m.shape, dtype=torch.float64).clamp_min(1e-15)
    eps = torch.special.ndtri(u)
    return m + v.sqrt() * eps.to(dtype=m.dtype, device=m.device)

# %% right | numpy-noise | noise by numpy, arithmetic by torch
def sample_gaussian(m, v):
    eps = torch.from_numpy(np.random.standard_normal(tuple(m.shape))).to(m)
    return m + v.sqrt() * eps

# %% right | empty-normal | fills an empty tensor with normal_
def sample_gaussian(m, v):
    eps = torch.empty(m.shape, dtype=m.dtype, device=m.device).normal_(mean=0, std=1)
    z = v.sqrt().mul(eps).add(m)
    return z

# %% right | torch-normal-for-noise | torch.normal, but only for the parameter-free noise
def sample_gaussian(m, v):
    eps = torch.normal(torch.zeros_like(m), torch.ones_like(m))
    std = v ** 0.5
    return m + std * eps

# %% right | einsum | the product written as an einsum
def sample_gaussian(m, v):
    eps = torch.randn_like(v)
    return m + torch.einsum("bd,bd->bd", v.sqrt(), eps)

# %% right | affine-transform | TransformedDistribution of a standard normal
def sample_gaussian(m, v):
    base = Normal(torch.zeros_like(m), torch.ones_like(m))
    stretched = TransformedDistribution(base, [AffineTransform(loc=m, scale=v.sqrt())])
    return stretched.rsample()

# %% right | own-autograd-function | writes the two derivatives of the lesson by hand
def sample_gaussian(m, v):
    class Draw(torch.autograd.Function):
        @staticmethod
        def forward(ctx, m, v):
            eps = torch.randn_like(m)
            sd = v.sqrt()
            ctx.save_for_backward(eps, sd)
            return m + sd * eps

        @staticmethod
        def backward(ctx, grad):
            eps, sd = ctx.saved_tensors
            return grad, grad * eps / (2 * sd)

    return Draw.apply(m, v)

# %% right | vmap | one example at a time under vmap, with different randomness
def sample_gaussian(m, v):
    def one(mean, variance):
        return mean + variance.sqrt() * torch.randn_like(mean)

    return torch.vmap(one, randomness="different")(m, v)

# %% right | generator-from-global | a local generator, seeded by a number from the global one
def sample_gaussian(m, v):
    g = torch.Generator()
    g.manual_seed(int(torch.randint(2**62, ())))
    eps = torch.randn(m.shape, generator=g, dtype=m.dtype)
    return m + torch.sqrt(v) * eps

# %% right | chunks | in chunks of 256 rows, fresh noise for each
def sample_gaussian(m, v):
    out = []
    for mc, vc in zip(m.split(256), v.split(256)):
        out.append(mc + vc.sqrt() * torch.randn_like(mc))
    return torch.cat(out, dim=0)

# %% right | two-halves | the sum of two independent noises, each with half the variance
def sample_gaussian(m, v):
    half_sd = (v / 2).sqrt()
    return m + half_sd * torch.randn_like(m) + half_sd * torch.randn_like(m)

# %% right | halfnormal-and-coin | size from a half-normal, side from a coin, by torch.where
def sample_gaussian(m, v):
    size = HalfNormal(torch.ones_like(m)).sample()
    heads = torch.rand(m.shape, device=m.device) < 0.5
    step = v.sqrt() * size
    return torch.where(heads, m + step, m - step)

# %% right | chi2-and-sign | the root of a chi-squared number with a random sign
def sample_gaussian(m, v):
    chi2 = Chi2(torch.ones_like(m)).sample()
    sign = 2 * torch.randint(0, 2, m.shape).to(m) - 1
    return m + sign * torch.sqrt(chi2) * torch.sqrt(v)

# %% right | transposed-noise | noise drawn as (dim, batch), then transposed
def sample_gaussian(m, v):
    batch, dim = m.shape
    eps = torch.randn(dim, batch, dtype=m.dtype, device=m.device)
    return (m.T + v.T.sqrt() * eps).T

# %% right | fresh-inplace | in-place on the fresh noise, not on the inputs
def sample_gaussian(m, v):
    z = torch.randn_like(m)
    z *= v.sqrt()
    z += m
    return z

# %% right | flat-noise | one long vector of noise, cut into the shape of m
def sample_gaussian(m, v):
    eps = torch.randn(m.numel(), dtype=m.dtype).reshape(m.shape)
    flat = m.reshape(-1) + v.reshape(-1).sqrt() * eps.reshape(-1)
    return flat.view(m.shape[0], -1)

# %% right | complex-noise | the real part of complex noise (variance 1/2), times the root of 2
def sample_gaussian(m, v):
    dtype = torch.complex128 if m.dtype == torch.float64 else torch.complex64
    c = torch.randn(m.shape, dtype=dtype)
    return m + (2 * v).sqrt() * c.real

# %% right | diagonal-matmul | a diagonal matrix of standard deviations times the noise vector
def sample_gaussian(m, v):
    S = torch.diag_embed(v.sqrt())            # (batch, dim, dim)
    eps = torch.randn_like(m).unsqueeze(-1)   # (batch, dim, 1)
    return m + torch.bmm(S, eps).squeeze(-1)

# %% right | rotated-noise | noise turned by a random orthogonal matrix is the same noise
def sample_gaussian(m, v):
    dim = m.shape[-1]
    Q, _ = torch.linalg.qr(torch.randn(dim, dim, dtype=m.dtype))
    eps = torch.randn_like(m) @ Q
    return m + v.sqrt() * eps

# %% right | polar-method | Marsaglia's polar method with rejection
def sample_gaussian(m, v):
    need, kept = m.numel(), []
    while sum(k.numel() for k in kept) < need:
        u = 2 * torch.rand(2, need, dtype=torch.float64) - 1
        s = (u**2).sum(0)
        ok = (s > 0) & (s < 1)
        u, s = u[:, ok], s[ok]
        kept.append((u * torch.sqrt(-2 * torch.log(s) / s)).flatten())
    eps = torch.cat(kept)[:need].reshape(m.shape).to(m.dtype)
    return m + v.sqrt() * eps

# %% wrong | variance-as-sd | the root is missing: v is used as the standard deviation | variance-as-standard-deviation
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    return m + v * eps

# %% wrong | log-variance | v is taken for a log-variance | variance-as-log-variance
def sample_gaussian(m, v):
    std = torch.exp(0.5 * v)
    return m + std * torch.randn_like(std)

# %% wrong | scaled-uniform | uniform noise, centred and scaled to variance 1: mean and variance are right, the shape is a box | uniform-noise-of-variance-one
def sample_gaussian(m, v):
    eps = (torch.rand_like(m) - 0.5) * math.sqrt(12)
    return m + v.sqrt() * eps

# %% wrong | torch-normal | torch.normal on the parameters: the gradient is 0 in both | no-gradient
def sample_gaussian(m, v):
    return torch.normal(m, torch.sqrt(v))

# %% wrong | noise-per-dim | noise of shape (dim,), the same in every row | one-noise-for-the-batch
def sample_gaussian(m, v):
    eps = torch.randn(m.shape[-1], dtype=m.dtype)
    return m + v.sqrt() * eps

# %% wrong | noise-per-row | noise of shape (batch, 1), the same in all dimensions of a row | one-noise-for-all-dimensions
def sample_gaussian(m, v):
    eps = torch.randn(len(m), 1, dtype=m.dtype)
    return m + v.sqrt() * eps.expand_as(m)

# %% wrong | fork-rng | the draw inside fork_rng puts the random state back: the next call repeats the noise
def sample_gaussian(m, v):
    with torch.random.fork_rng(devices=[]):
        eps = torch.randn_like(m)
    return m + v.sqrt() * eps

# %% wrong | cached-noise | noise is kept per shape and used again in every later call of that shape | same-noise-at-each-call
def sample_gaussian(m, v, _cache={}):
    key = (tuple(m.shape), m.dtype)
    if key not in _cache:
        _cache[key] = torch.randn(m.shape, dtype=m.dtype)
    return m + v.sqrt() * _cache[key]

# %% wrong | fixed-generator | a local generator with a fixed seed: the same draw in each call | same-noise-at-each-call
def sample_gaussian(m, v):
    g = torch.Generator().manual_seed(42)
    eps = torch.randn(m.shape, generator=g, dtype=m.dtype)
    return m + v.sqrt() * eps

# %% wrong | sd-detached | no gradient reaches v, the standard deviation is detached | no-gradient-to-v
def sample_gaussian(m, v):
    std = v.sqrt().detach()
    return m + std * torch.randn_like(m)

# %% wrong | standardized-noise | the noise is standardized over the batch, so rows are not independent (and a batch of one gives nan)
def sample_gaussian(m, v):
    eps = torch.randn_like(m)
    eps = (eps - eps.mean(0)) / eps.std(0)
    return m + v.sqrt() * eps

# %% wrong | antithetic | the second half of the batch gets minus the noise of the first half | mirrored-noise
def sample_gaussian(m, v):
    n = m.shape[0]
    half = torch.randn((n + 1) // 2, m.shape[1], dtype=m.dtype)
    eps = torch.cat([half, -half])[:n]
    return m + v.sqrt() * eps

# %% wrong | trunc-normal | nn.init.trunc_normal_ cuts the noise at 2 standard deviations (its default)
def sample_gaussian(m, v):
    eps = nn.init.trunc_normal_(torch.empty_like(m))
    return m + v.sqrt() * eps

# %% wrong | variance-floor | the variance gets a floor of 0.01 "for stability": small variances are changed, and lose their gradient
def sample_gaussian(m, v):
    std = v.clamp(min=1e-2).sqrt()
    return m + std * torch.randn_like(std)

# %% wrong | scale-tril-variance | MultivariateNormal gets the variances as scale_tril | variance-as-standard-deviation
def sample_gaussian(m, v):
    return MultivariateNormal(m, scale_tril=torch.diag_embed(v)).rsample()

# %% wrong | box-muller-one-uniform | Box-Muller with the same uniform number for radius and angle
def sample_gaussian(m, v):
    u = torch.rand(m.shape, dtype=torch.float64)
    eps = torch.sqrt(-2 * torch.log1p(-u)) * torch.cos(2 * math.pi * u)
    return m + v.sqrt() * eps.to(m.dtype)

# %% wrong | mean-without-grad | returns the mean instead of a draw when gradients are off, as if that were evaluation
def sample_gaussian(m, v):
    if torch.is_grad_enabled():
        return m + v.sqrt() * torch.randn_like(m)
    return m

# %% wrong | missing-half-in-backward | own autograd function whose slope in v lacks the factor 1/2
def sample_gaussian(m, v):
    class Draw(torch.autograd.Function):
        @staticmethod
        def forward(ctx, m, v):
            eps = torch.randn_like(m)
            ctx.save_for_backward(eps, v)
            return m + v.sqrt() * eps

        @staticmethod
        def backward(ctx, grad):
            eps, v = ctx.saved_tensors
            return grad, grad * eps / v.sqrt()

    return Draw.apply(m, v)

# %% wrong | new-leaves | copies the inputs into new leaves, so the gradients never reach the caller's m and v | no-gradient
def sample_gaussian(m, v):
    m = m.clone().detach().requires_grad_(True)
    v = v.clone().detach().requires_grad_(True)
    return m + v.sqrt() * torch.randn_like(m)

# %% wrong | chunk-noise-reused | noise is drawn once for 32 rows and used again for every further chunk
def sample_gaussian(m, v):
    eps = torch.randn(32, m.shape[1], dtype=m.dtype)
    out = [mc + vc.sqrt() * eps[: len(mc)] for mc, vc in zip(m.split(32), v.split(32))]
    return torch.cat(out)

# %% wrong | variance-as-sd-and-uniform | two slips: v used as standard deviation; uniform noise, centred and scaled
def sample_gaussian(m, v):
    eps = math.sqrt(3) * (2 * torch.rand_like(m) - 1)
    return m + v * eps

# %% wrong | normal-v-sample | two slips: the variance is passed as scale; .sample() lets no gradient through | variance-as-standard-deviation-and-no-gradient
def sample_gaussian(m, v):
    q = Normal(m, v)
    return q.sample()

# %% wrong | shared-noise-and-detached-m | two slips: one noise row for the whole batch; m is detached
def sample_gaussian(m, v):
    eps = torch.randn_like(m[0]).repeat(m.shape[0], 1)
    return m.detach() + v.sqrt() * eps

# %% wrong | log-variance-and-seed | two slips: v taken for a log-variance; a seed set inside the function
def sample_gaussian(m, v):
    torch.manual_seed(0)
    eps = torch.randn_like(m)
    return m + (v / 2).exp() * eps

# %% wrong | coin-noise-and-straight-through | two slips: noise is a coin of -1 and 1 (mean and variance right); the noise term is detached, so no gradient reaches v
def sample_gaussian(m, v):
    eps = torch.randint(0, 2, m.shape).to(m) * 2 - 1
    z = m + v.sqrt() * eps
    return m + (z - m).detach()

# %% wrong | data-sqrt | two slips: takes the root inside the caller's v (through .data); the slope in v is then that of the standard deviation
def sample_gaussian(m, v):
    v.data.sqrt_()
    return m + v * torch.randn_like(m)

# %% wrong | averaged-draws-and-epsilon | two slips: averages 5 draws to calm the noise (variance v/5); adds 0.01 to the variance
def sample_gaussian(m, v):
    eps = torch.randn(5, *m.shape, dtype=m.dtype)
    z = m + torch.sqrt(v + 1e-2) * eps
    return z.mean(0)

# %% wrong | tuple-and-shared-dims | two slips: returns the pair (z, eps); the noise is shared by all dimensions of an example
def sample_gaussian(m, v):
    eps = torch.randn_like(m[:, :1])
    z = m + v.sqrt() * eps
    return z, eps

# %% wrong | multiplicative-and-abs | two slips: the noise multiplies the mean; the noise is one-sided (absolute value)
def sample_gaussian(m, v):
    eps = torch.randn_like(m).abs()
    return m * (1 + v.sqrt() * eps)

# %% wrong | pooled-variance-and-clipped | two slips: one variance per example (mean over dimensions); noise clipped to [-2, 2]
def sample_gaussian(m, v):
    std = v.mean(-1, keepdim=True).sqrt()
    eps = torch.randn_like(m).clamp(-2, 2)
    return m + std * eps
