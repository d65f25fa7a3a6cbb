# %% right | plain-given | unsqueeze, expand, the given formulas
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1)
    z = sample_gaussian(m, v)
    logits = model.dec(z)
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), logits)
    log_pz = log_normal(z, *model.z_prior)
    log_qz = log_normal(z, m, v)
    return log_px + log_pz - log_qz

# %% right | flat-interleave | repeat_interleave everything to (batch*iw, ...), view back at the end
def log_weights(model, x, iw):
    batch = x.shape[0]
    m, v = model.enc(x)
    mm = m.repeat_interleave(iw, dim=0)
    vv = v.repeat_interleave(iw, dim=0)
    xx = x.repeat_interleave(iw, dim=0)
    z = sample_gaussian(mm, vv)
    pm, pv = model.z_prior
    out = log_bernoulli_with_logits(xx, model.dec(z)) + log_normal(z, pm, pv) - log_normal(z, mm, vv)
    return out.view(batch, iw)

# %% right | tile-transpose | repeat stacks whole copies, read as (iw, batch) and transposed
def log_weights(model, x, iw):
    n = len(x)
    m, v = model.enc(x.repeat(iw, 1))
    z = m + torch.sqrt(v) * torch.randn_like(m)
    pm, pv = model.z_prior
    px = log_bernoulli_with_logits(x.repeat(iw, 1), model.dec(z))
    w = px + log_normal(z, pm.expand_as(z), pv.expand_as(z)) - log_normal(z, m, v)
    return w.reshape(iw, n).transpose(0, 1)

# %% right | loop-draws | a Python loop over the draws, stacked as columns
def log_weights(model, x, iw):
    m, v = model.enc(x)
    columns = []
    for _ in range(iw):
        z = sample_gaussian(m, v)
        log_p = log_bernoulli_with_logits(x, model.dec(z))
        log_prior = log_normal(z, model.z_prior[0], model.z_prior[1])
        log_q = log_normal(z, m, v)
        columns.append(log_p + log_prior - log_q)
    return torch.stack(columns, dim=1)

# %% right | loop-images | one image at a time, iw rows each
def log_weights(model, x, iw):
    rows = []
    for image in x:
        m, v = model.enc(image[None])
        eps = torch.randn(iw, m.shape[-1], dtype=m.dtype, device=m.device)
        z = m + eps * v.sqrt()
        lp = log_bernoulli_with_logits(image.expand(iw, -1), model.dec(z))
        rows.append(lp + log_normal(z, *model.z_prior) - log_normal(z, m.expand(iw, -1), v.expand(iw, -1)))
    return torch.stack(rows)

# %% right | distributions-independent | Independent(Normal), rsample((iw,)), draws in front, transposed at the end
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    q = Independent(Normal(m, v.sqrt()), 1)
    p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
    z = q.rsample((iw,))
    px = Independent(Bernoulli(logits=model.dec(z), validate_args=False), 1, validate_args=False)
    return (px.log_prob(x) + p.log_prob(z) - q.log_prob(z)).T

# %% right | eps-form | log q written with the noise itself: -(eps^2 + log 2 pi v)/2
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m[:, None, :], v[:, None, :]
    eps = torch.randn(x.size(0), iw, m.size(-1), dtype=m.dtype, device=m.device)
    z = m + v.sqrt() * eps
    log_q = -0.5 * (eps.pow(2) + torch.log(2 * math.pi * v)).sum(-1)
    pm, pv = model.z_prior
    log_pz = -0.5 * ((z - pm).pow(2) / pv + torch.log(2 * math.pi * pv)).sum(-1)
    log_px = log_bernoulli_with_logits(x[:, None, :], model.dec(z))
    return log_px + log_pz - log_q

# %% right | multivariate-normal | MultivariateNormal with a diagonal scale_tril
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
    z = q.rsample(torch.Size([iw]))                      # (iw, batch, z_dim)
    pm, pv = model.z_prior
    prior = MultivariateNormal(pm.expand_as(m), scale_tril=torch.diag_embed(pv.expand_as(m).sqrt()))
    like = log_bernoulli_with_logits(x, model.dec(z))
    return (like + prior.log_prob(z) - q.log_prob(z)).permute(1, 0)

# %% right | bce-none | F.binary_cross_entropy_with_logits without reduction, summed over pixels
def log_weights(model, x, iw):
    m, v = model.enc(x)
    size = (len(x), iw, m.shape[1])
    z = sample_gaussian(m.unsqueeze(1).expand(size), v.unsqueeze(1).expand(size))
    logits = model.dec(z)
    target = x.unsqueeze(1).expand_as(logits)
    rec = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=2)
    pm, pv = model.z_prior
    return log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1)) - rec

# %% right | einsum-softplus | x·a by einsum, minus the summed softplus
def log_weights(model, x, iw):
    m, v = model.enc(x)
    noise = torch.randn((iw,) + m.shape, dtype=m.dtype)
    z = torch.einsum("bd,ibd->bid", v.sqrt(), noise) + m[:, None]
    a = model.dec(z)
    log_px = torch.einsum("bp,bip->bi", x, a) - F.softplus(a).sum(-1)
    return log_px + log_normal(z, *model.z_prior) - log_normal(z, m[:, None], v[:, None])

# %% right | vmap-whole | vmap over the draws, noise made outside, result put on axis 1
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior

    def one(eps):
        z = m + v.sqrt() * eps
        a = model.dec(z)
        lpx = (x * a - F.softplus(a)).sum(-1)
        lpz = -0.5 * ((z - pm) ** 2 / pv + pv.log()).sum(-1)
        lqz = -0.5 * (eps**2 + v.log()).sum(-1)   # log 2 pi is in both and cancels
        return lpx + lpz - lqz

    return torch.vmap(one, in_dims=0, out_dims=1)(torch.randn(iw, *m.shape, dtype=m.dtype))

# %% right | chunks | draws in chunks of at most 7, concatenated along the draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    parts, left = [], iw
    while left > 0:
        k = min(7, left)
        left -= k
        z = sample_gaussian(m.expand(-1, k, -1), v)
        parts.append(log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v))
    return torch.cat(parts, dim=1)

# %% right | encode-copies | the copies are made first, the encoder sees (batch*iw, 784)
def log_weights(model, x, iw):
    batch, pixels = x.shape
    copies = x.unsqueeze(1).expand(batch, iw, pixels).reshape(batch * iw, pixels)
    m, v = model.enc(copies)
    z = sample_gaussian(m, v)
    terms = [
        log_bernoulli_with_logits(copies, model.dec(z)),
        log_normal(z, *model.z_prior),
        -log_normal(z, m, v),
    ]
    return sum(terms).unflatten(0, (batch, iw))

# %% right | torch-normal-noise | torch.normal(0, 1, size) for the noise, scaled afterwards
def log_weights(model, x, iw):
    m, v = (t.unsqueeze(-2) for t in model.enc(x))
    eps = torch.normal(0.0, 1.0, size=(x.shape[0], iw, m.shape[-1])).to(m)
    z = torch.addcmul(m, v.sqrt(), eps)
    log_p_joint = log_bernoulli_with_logits(x.unsqueeze(-2), model.dec(z)) + log_normal(z, *model.z_prior)
    return log_p_joint - log_normal(z, m, v)

# %% right | empty-normal- | noise by empty().normal_() on (z_dim, batch, iw), moved about
def log_weights(model, x, iw):
    m, v = model.enc(x)
    mt, vt = m.T.unsqueeze(-1), v.T.unsqueeze(-1)        # (z_dim, batch, 1)
    eps = torch.empty(m.shape[1], m.shape[0], iw, dtype=m.dtype).normal_()
    zt = mt + vt.sqrt() * eps                            # (z_dim, batch, iw)
    z = zt.permute(1, 2, 0)
    log_q = (-0.5 * (zt - mt).square() / vt - 0.5 * vt.log()).sum(0) - 0.5 * m.shape[1] * math.log(2 * math.pi)
    return log_bernoulli_with_logits(x[:, None], model.dec(z)) + log_normal(z, *model.z_prior) - log_q

# %% right | own-generator | a private generator, seeded from the global one
def log_weights(model, x, iw):
    g = torch.Generator()
    g.manual_seed(int(torch.randint(2**31, (1,))))
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = m + v.sqrt() * torch.randn(x.shape[0], iw, m.shape[2], generator=g).type_as(m)
    out = log_normal(z, *model.z_prior)
    out = out - log_normal(z, m, v)
    out = out + log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return out

# %% right | numpy-noise | noise from numpy, everything differentiable in torch
def log_weights(model, x, iw):
    m, v = model.enc(x)
    rng = np.random.default_rng()
    eps = torch.from_numpy(rng.standard_normal((m.shape[0], iw, m.shape[1]))).to(m.dtype)
    std = v.sqrt()
    z = m[:, None, :] + std[:, None, :] * eps
    q = Normal(m[:, None, :], std[:, None, :])
    pm, pv = model.z_prior
    p = Normal(pm, pv.sqrt())
    return (p.log_prob(z) - q.log_prob(z)).sum(-1) + log_bernoulli_with_logits(x[:, None, :], model.dec(z))

# %% right | logsigmoid | x log p + (1-x) log(1-p), both by logsigmoid
def log_weights(model, x, iw):
    m, v = model.enc(x)
    M = torch.stack([m] * iw, dim=1)
    V = torch.stack([v] * iw, dim=1)
    X = torch.stack([x] * iw, dim=1)
    z = sample_gaussian(M, V)
    a = model.dec(z)
    log_px = (X * F.logsigmoid(a) + (1 - X) * F.logsigmoid(-a)).sum(2)
    return log_px + log_normal(z, *model.z_prior) - log_normal(z, M, V)

# %% right | one-gaussian-sum | prior minus q in a single sum, constants cancelled by hand
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    eps = torch.randn(m.shape[0], iw, m.shape[2], dtype=m.dtype)
    z = m + eps * v.sqrt()
    ratio = 0.5 * (v.log() - pv.log() + eps.square() - (z - pm).square() / pv).sum(-1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + ratio

# %% right | helpers | small helper functions inside, one per term
def log_weights(model, x, iw):
    def with_draws(t):
        return t.unsqueeze(1).expand(t.shape[0], iw, t.shape[1])

    def log_likelihood(z):
        return log_bernoulli_with_logits(with_draws(x), model.dec(z))

    def log_prior(z):
        mean, variance = model.z_prior
        return log_normal(z, mean.expand_as(z), variance.expand_as(z))

    mean, variance = map(with_draws, model.enc(x))
    z = mean + variance.sqrt() * torch.randn_like(mean)
    return log_likelihood(z) + log_prior(z) - log_normal(z, mean, variance)

# %% right | bmm | the product of pixels and logits by batched matrix multiplication
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.unsqueeze(1).repeat(1, iw, 1), v.unsqueeze(1).repeat(1, iw, 1))
    logits = model.dec(z)
    xa = torch.bmm(logits, x.unsqueeze(2)).squeeze(2)
    log_px = xa - torch.logaddexp(logits, torch.zeros_like(logits)).sum(2)
    pm, pv = model.z_prior
    return log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))

# %% right | draws-first | (iw, batch, z_dim) all the way, x broadcasts from behind, .T at the end
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(iw, *m.shape), v)
    w = log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return w.T

# %% right | transformed | TransformedDistribution of a standard normal
def log_weights(model, x, iw):
    m, v = model.enc(x)
    base = Normal(torch.zeros_like(m), torch.ones_like(m))
    q = TransformedDistribution(base, [AffineTransform(m, v.sqrt())])
    z = q.rsample((iw,)).contiguous()
    log_q = q.log_prob(z).sum(-1)
    pm, pv = model.z_prior
    log_p = Normal(pm, torch.sqrt(pv)).log_prob(z).sum(-1)
    log_px = log_bernoulli_with_logits(x.unsqueeze(0), model.dec(z))
    return torch.transpose(log_px + log_p - log_q, 0, 1)

# %% right | preallocated | fills columns of a preallocated tensor
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    out = torch.zeros(len(x), iw, dtype=m.dtype)
    for i in range(iw):
        eps = torch.randn(m.shape, dtype=m.dtype)
        z = m + eps * v**0.5
        out[:, i] = log_bernoulli_with_logits(x, model.dec(z))
        out[:, i] += log_normal(z, pm, pv)
        out[:, i] -= log_normal(z, m, v)
    return out

# %% right | fancy-index | an index vector says to which image each row belongs
def log_weights(model, x, iw):
    owner = torch.arange(x.shape[0]).repeat(iw)          # 0 1 2 0 1 2 ...
    m, v = model.enc(x)
    z = sample_gaussian(m[owner], v[owner])
    flat = log_bernoulli_with_logits(x[owner], model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m[owner], v[owner])
    order = torch.argsort(owner, stable=True)
    return flat[order].view(x.shape[0], iw)

# %% right | double-formulas | the sums are made in float64 and cast back
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m1.expand(-1, iw, -1), v1)
    a = model.dec(z).double()
    zd, md, vd = z.double(), m1.double(), v1.double()
    pm, pv = (t.double() for t in model.z_prior)
    px = (x.double().unsqueeze(1) * a - F.softplus(a)).sum(-1)
    pz = (-(zd - pm) ** 2 / (2 * pv) - 0.5 * torch.log(2 * torch.pi * pv)).sum(-1)
    qz = (-(zd - md) ** 2 / (2 * vd) - 0.5 * torch.log(2 * torch.pi * vd)).sum(-1)
    return (px + pz - qz).to(m.dtype)

# %% right | gaussian-nll | F.gaussian_nll_loss(full=True) as log q, its clamp set out of reach
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1).expand(-1, iw, -1)
    z = torch.randn_like(m) * torch.sqrt(v) + m
    minus_log_q = F.gaussian_nll_loss(m, z, v, full=True, eps=1e-35, reduction="none").sum(-1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) + minus_log_q

# %% right | precision-quadratic | precision times squares by matmul, expanded quadratic only in eps
def log_weights(model, x, iw):
    b = x.shape[0]
    mean, var = model.enc(x)
    d = mean.shape[1]
    eps = torch.randn(b, iw, d).to(mean.dtype)
    z = torch.baddbmm(mean.unsqueeze(1), eps, torch.diag_embed(var.sqrt()))
    logq = -0.5 * torch.linalg.vector_norm(eps, dim=-1) ** 2 - 0.5 * torch.log(var).sum(-1, keepdim=True) - d / 2 * math.log(2 * math.pi)
    pm, pv = model.z_prior
    pv = pv.expand_as(mean)
    dz = z - pm
    logp = -0.5 * torch.einsum("bid,bid,bd->bi", dz, dz, 1 / pv) - 0.5 * pv.log().sum(-1, keepdim=True) - d / 2 * math.log(2 * math.pi)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + logp - logq

# %% right | vmap-formulas | decoder on the flat batch, the formulas vmapped over images
def log_weights(model, x, iw):
    m, v = model.enc(x)
    eps = torch.randn(m.shape[0], iw, m.shape[1], dtype=m.dtype)
    z = m.unsqueeze(1) + eps * v.sqrt().unsqueeze(1)
    a = model.dec(z.flatten(0, 1)).unflatten(0, (m.shape[0], iw))
    pm, pv = model.z_prior

    def image(xb, ab, zb, mb, vb):                       # (784,), (iw, 784), (iw, d), (d,), (d,)
        return (ab @ xb - F.softplus(ab).sum(-1)
                + Normal(pm, pv.sqrt(), validate_args=False).log_prob(zb).sum(-1)
                - Normal(mb, vb.sqrt(), validate_args=False).log_prob(zb).sum(-1))

    return torch.func.vmap(image)(x, a, z, m, v)

# %% right | inverse-cdf | noise by the inverse normal cdf of uniform numbers in float64, splits of x
def log_weights(model, x, iw):
    rows = []
    for part in torch.split(x, 3):
        m, v = model.enc(part)
        u = torch.rand(len(part), iw, m.shape[-1], dtype=torch.float64).clamp_min(1e-16)
        eps = torch.special.ndtri(u).to(m.dtype)
        mean, var = m.unsqueeze(1), v.unsqueeze(1)
        z = mean + var.sqrt() * eps
        log_ratio = log_normal(z, *model.z_prior) - log_normal(z, mean, var)
        rows.append(log_ratio + log_bernoulli_with_logits(part.unsqueeze(1), model.dec(z)))
    return torch.cat(rows)

# %% wrong | tile-as-rows | everything is tiled with repeat, but the result is viewed as (batch, iw): rows mix images | mixed-layout
def log_weights(model, x, iw):
    batch = x.shape[0]
    m, v = model.enc(x)
    mm, vv, xx = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
    z = sample_gaussian(mm, vv)
    out = log_bernoulli_with_logits(xx, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, mm, vv)
    return out.view(batch, iw)

# %% wrong | x-tiled-z-interleaved | z is interleaved, x is tiled: log p(x | mixed-layout
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.repeat_interleave(iw, 0), v.repeat_interleave(iw, 0)
    z = sample_gaussian(m, v)
    log_px = log_bernoulli_with_logits(x.repeat(iw, 1), model.dec(z))
    return (log_px + log_normal(z, *model.z_prior) - log_normal(z, m, v)).view(len(x), iw)

# %% wrong | no-expand | sample_gaussian gets (batch, 1, z_dim): one draw for each image, copied iw times | one-z-for-all-draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m, v).expand(-1, iw, -1)
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return log_px + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | noise-shared-by-images | the noise (iw, z_dim) is the same for all images | one-noise-for-the-batch
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    eps = torch.randn(iw, m.shape[-1])
    z = m + v.sqrt() * eps
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return log_px + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | variance-as-sd | the draw is m + v * eps | variance-as-standard-deviation
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1).expand(-1, iw, -1)
    z = m + v * torch.randn_like(m)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | normal-scale-is-v | Normal(m, v) takes a standard deviation: draws and log q are those of N(m, v^2)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m, v)
    z = q.rsample((iw,))
    pm, pv = model.z_prior
    log_w = log_bernoulli_with_logits(x, model.dec(z)) + (Normal(pm, pv.sqrt()).log_prob(z) - q.log_prob(z)).sum(-1)
    return log_w.T

# %% right | prior-written-in | log p(z) is that of N(0, I), model.z_prior is not asked (written as wrong; right by the card: 5.1 is asked at the standard prior)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_pz = log_normal(z, torch.zeros_like(z), torch.ones_like(z))
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_pz - log_normal(z, m, v)

# %% wrong | closed-form-kl | minus the closed-form KL in the place of log p(z) - log q(z | analytic-kl
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
    kl = kl_normal(m, v, *model.z_prior)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) - kl.unsqueeze(1)

# %% wrong | z-detached | z is detached: no slope from the decoder's term to the encoder | z-detached
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v).detach()
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | sample-not-rsample | Normal.sample() instead of rsample(): the draw has no gradient | z-detached
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m, v.sqrt())
    z = q.sample((iw,))
    pm, pv = model.z_prior
    log_pz = Normal(pm, pv.sqrt()).log_prob(z).sum(-1)
    log_qz = q.log_prob(z).sum(-1)
    return (log_bernoulli_with_logits(x, model.dec(z)) + log_pz - log_qz).T

# %% wrong | log-of-product | the three terms are exponentiated, multiplied, and the log taken: -inf for ordinary weights | exponentiates-first
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)).exp()
    pz = log_normal(z, *model.z_prior).exp()
    qz = log_normal(z, m, v).exp()
    return torch.log(px * pz / qz)

# %% wrong | log-p-plus-eps | log(sigmoid + 1e-6): a confident wrong pixel costs at most 13.8 nats
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    p = torch.sigmoid(model.dec(z))
    x_ = x.unsqueeze(1)
    log_px = (x_ * torch.log(p + 1e-6) + (1 - x_) * torch.log(1 - p + 1e-6)).sum(-1)
    return log_px + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | minus-log-k | log(iw) is subtracted from every weight | log-iw-subtracted
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w - math.log(iw)

# %% wrong | antithetic | pairs m + s eps and m - s eps: draws are not independent | mirrored-draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    half = torch.randn(len(x), (iw + 1) // 2, m.shape[-1])
    eps = torch.cat([half, -half], dim=1)[:, :iw]
    z = m + v.sqrt() * eps
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | seeded | torch.manual_seed(0) inside: every call draws the same numbers (and resets the global seed) | seed-inside
def log_weights(model, x, iw):
    torch.manual_seed(0)
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | x-unsqueezed-in-place | x.unsqueeze_(1) leaves the caller's batch as (batch, 1, 784); values and slopes are right
def log_weights(model, x, iw):
    x.unsqueeze_(1)
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    return log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | first-draw-is-the-mean | draw 0 of every image is m itself, "so that the best z is surely there"
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    eps = torch.randn(len(x), iw, m.shape[-1])
    eps[:, 0] = 0
    z = m + v.sqrt() * eps
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | one-eps-per-vector | the noise is (batch, iw, 1): all latent dimensions get the same number
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = m + v.sqrt() * torch.randn(x.shape[0], iw, 1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% right | prior-sd | the prior's variance goes through sqrt before log_normal, which wants a variance (written as wrong; right by the card: 5.1 is asked at the standard prior)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_pz = log_normal(z, pm, pv.sqrt())
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_pz - log_normal(z, m, v)

# %% wrong | logits-detached | the likelihood is computed from logits.detach(): the decoder learns nothing
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    with torch.no_grad():
        logits = model.dec(z)
    return log_bernoulli_with_logits(x.unsqueeze(1), logits) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | two slips: floor-and-prior | log weights are clamped at -300 "to keep exp alive"; and the prior is written in as N(0, I)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_pz = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_pz - log_normal(z, m, v)
    return log_w.clamp(min=-300.0)

# %% wrong | two slips: shared-noise-and-detached | one noise (iw, z_dim) for all images; and z is detached
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    with torch.no_grad():
        z = m + v.sqrt() * torch.randn(1, iw, m.shape[-1])
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | two slips: logv-and-clipped-eps | the noise is clipped to [-1.5, 1.5]; and log q lacks its -(log v)/2 | standard-deviation-in-log-q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    eps = torch.randn(len(x), iw, m.shape[-1]).clamp(-1.5, 1.5)
    z = m + v.sqrt() * eps
    log_q = -0.5 * (eps**2 + math.log(2 * math.pi)).sum(-1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_q

# %% wrong | two slips: sd-and-q-at-mean | the draw is m + v eps; and log q is evaluated at m instead of z
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1).expand(-1, iw, -1)
    z = m + v * torch.randn_like(v)
    log_q = log_normal(m, m, v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_q

# %% wrong | two slips: mix-and-logk | tiled copies read as (batch, iw); and log(iw) subtracted
def log_weights(model, x, iw):
    n = x.size(0)
    xs = x.repeat(iw, 1)
    m, v = model.enc(xs)
    z = sample_gaussian(m, v)
    out = log_bernoulli_with_logits(xs, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return out.reshape(n, iw) - torch.log(torch.tensor(float(iw)))

# %% wrong | two slips: swapped-signs-order | returns (iw, batch); and log p(z) and log q(z | transposed
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(iw, -1, -1), v)
    ratio = log_normal(z, m, v) - log_normal(z, *model.z_prior)
    return log_bernoulli_with_logits(x, model.dec(z)) + ratio

# %% wrong | two slips: floor-on-v-and-prior-sd | the encoder's variance is clamped at 0.01; and the prior's variance is read as sd
def log_weights(model, x, iw):
    m, v = model.enc(x)
    v = v.clamp(min=1e-2)
    pm, pv = model.z_prior
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_pz = Normal(pm, pv).log_prob(z).sum(-1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_pz - log_normal(z, m, v)

# %% wrong | two slips: cached-noise-clamped-logits | the noise is kept between calls of the same shape; and logits are clamped to [-15, 15]
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    shape = (x.shape[0], iw, m.shape[-1])
    if getattr(log_weights, "eps", torch.empty(0)).shape != shape:
        log_weights.eps = torch.randn(shape)
    z = m + v.sqrt() * log_weights.eps
    logits = model.dec(z).clamp(-15, 15)
    return log_bernoulli_with_logits(x.unsqueeze(1), logits) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | two slips: encoder-frozen-and-pairs | the encoder runs under no_grad; and consecutive draws are antithetic pairs
def log_weights(model, x, iw):
    with torch.no_grad():
        m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    half = torch.randn(len(x), (iw + 1) // 2, 1, m.shape[-1])
    eps = torch.cat([half, -half], dim=2).flatten(1, 2)[:, :iw]
    z = m + v.sqrt() * eps
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | two slips: second-draw-mean-q | z is decoded from a second, fresh draw; and log q is averaged over the draws of its image
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(sample_gaussian(m, v)))
    log_q = log_normal(z, m, v).mean(1, keepdim=True)
    return log_px + log_normal(z, *model.z_prior) - log_q
