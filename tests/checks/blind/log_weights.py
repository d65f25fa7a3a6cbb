# %% right | textbook-expand-m | the lesson's own recipe: expand m, draw, three terms
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = given.sample_gaussian(m.expand(-1, iw, -1), v)
    logits = model.dec(z)
    pm, pv = model.z_prior
    return (
        given.log_bernoulli_with_logits(x.unsqueeze(1), logits)
        + given.log_normal(z, pm, pv)
        - given.log_normal(z, m, v)
    )

# %% right | expand-variance-none-index | expands v instead, with None indexing and star-unpacked prior
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m[:, None, :]
    v = v[:, None, :].expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    rec = log_bernoulli_with_logits(x[:, None, :], model.dec(z))
    return rec + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% right | rsample-iw-in-front | distributions with rsample((iw,)), all in layout (iw, batch), transposed at the end
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m, v.sqrt())
    p = Normal(model.z_prior[0], model.z_prior[1].sqrt())
    z = q.rsample((iw,))  # (iw, batch, z_dim)
    log_px = Bernoulli(logits=model.dec(z), validate_args=False).log_prob(x).sum(-1)
    log_w = log_px + p.log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    return log_w.transpose(0, 1)

# %% right | independent-permuted | Independent distributions, z permuted to (batch, iw, z_dim) before decoding
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Independent(Normal(m, torch.sqrt(v)), 1)
    z = q.rsample(torch.Size([iw]))
    log_q = q.log_prob(z).t()  # (batch, iw)
    z = z.permute(1, 0, 2)
    pm, pv = model.z_prior
    prior = Independent(Normal(pm.expand(z.shape[-1]), pv.sqrt().expand(z.shape[-1])), 1)
    lik = Independent(Bernoulli(logits=model.dec(z), validate_args=False), 1)
    return lik.log_prob(x.unsqueeze(1)) + prior.log_prob(z) - log_q

# %% right | noise-by-hand | own noise with randn of the full shape and m + sqrt(v) * eps
def log_weights(model, x, iw):
    m, v = model.enc(x)
    batch, z_dim = m.shape
    eps = torch.randn(batch, iw, z_dim, dtype=m.dtype, device=m.device)
    z = m.view(batch, 1, z_dim) + v.sqrt().view(batch, 1, z_dim) * eps
    a = given.log_bernoulli_with_logits(x.view(batch, 1, -1), model.dec(z))
    b = given.log_normal(z, model.z_prior[0], model.z_prior[1])
    c = given.log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
    return a + b - c

# %% right | log-q-from-the-noise | log q written with the noise itself, since (z - m)/sqrt(v) is eps
def log_weights(model, x, iw):
    m, v = model.enc(x)
    eps = torch.randn(len(x), iw, m.shape[1])
    z = m.unsqueeze(1) + eps * v.sqrt().unsqueeze(1)
    log_q = -0.5 * (math.log(2 * math.pi) + v.log().unsqueeze(1) + eps**2).sum(-1)
    log_p = given.log_normal(z, *model.z_prior)
    log_x = given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return log_x + log_p - log_q

# %% right | loop-over-draws | one draw for all images per turn, stacked along axis 1
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    columns = []
    for i in range(iw):
        z = given.sample_gaussian(m, v)
        logits = model.dec(z)
        columns.append(given.log_bernoulli_with_logits(x, logits) + given.log_normal(z, pm, pv) - given.log_normal(z, m, v))
    return torch.stack(columns, dim=1)

# %% right | loop-over-images | goes through the images one by one, each with all its draws
def log_weights(model, x, iw):
    rows = []
    for b in range(x.shape[0]):
        m, v = model.enc(x[b : b + 1])  # (1, z_dim)
        z = sample_gaussian(m.expand(iw, -1), v.expand(iw, -1))  # (iw, z_dim)
        r = log_bernoulli_with_logits(x[b : b + 1], model.dec(z))
        r = r + log_normal(z, *model.z_prior)
        r = r - log_normal(z, m, v)
        rows.append(r)
    return torch.stack(rows)

# %% right | two-nested-loops | image by image and draw by draw, with single numbers
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    out = []
    for b in range(x.size(0)):
        row = []
        for i in range(iw):
            z = m[b] + torch.sqrt(v[b]) * torch.randn_like(m[b])
            logits = model.dec(z.unsqueeze(0)).squeeze(0)
            lw = log_bernoulli_with_logits(x[b], logits)
            lw = lw + log_normal(z, pm, pv) - log_normal(z, m[b], v[b])
            row.append(lw)
        out.append(torch.stack(row))
    return torch.stack(out, dim=0)

# %% right | repeat-view-transpose | repeats whole copies of m, v and x, reads the result as (iw, batch) and transposes
def log_weights(model, x, iw):
    batch = x.shape[0]
    m, v = model.enc(x)
    m = m.repeat(iw, 1)
    v = v.repeat(iw, 1)
    xx = x.repeat(iw, 1)
    z = given.sample_gaussian(m, v)
    lw = given.log_bernoulli_with_logits(xx, model.dec(z)) + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)
    return lw.view(iw, batch).T

# %% right | repeat-interleave | neighbours belong to one image, so reading the result as (batch, iw) is correct
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v, xs = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
    z = sample_gaussian(m, v)
    w = log_bernoulli_with_logits(xs, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return w.view(-1, iw)

# %% right | old-homework-duplicate | the duplicate helper of older homework repositories, encoder called on the copies
def duplicate(x, rep):
    return x.expand(rep, *x.shape).reshape(-1, *x.shape[1:])

def log_weights(model, x, iw):
    bs = x.shape[0]
    x = duplicate(x, iw)
    m, v = model.enc(x)
    z = sample_gaussian(m, v)
    pm = model.z_prior[0].expand(m.shape)
    pv = model.z_prior[1].expand(v.shape)
    log_w = log_bernoulli_with_logits(x, model.dec(z)) - (log_normal(z, m, v) - log_normal(z, pm, pv))
    return log_w.reshape(iw, bs).permute(1, 0)

# %% right | multivariate-normal | MultivariateNormal with a diagonal scale_tril for prior and posterior
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
    z = q.rsample((iw,))
    d = m.shape[-1]
    pm, pv = model.z_prior
    prior = MultivariateNormal(pm.expand(d), covariance_matrix=torch.diag(pv.expand(d)))
    log_px = -F.binary_cross_entropy_with_logits(model.dec(z), x.expand(iw, *x.shape), reduction="none").sum(2)
    return (log_px + prior.log_prob(z) - q.log_prob(z)).T

# %% right | torch-bce | the likelihood as minus torch's BCE with logits, target expanded, summed over the pixels
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = given.sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1))
    logits = model.dec(z)
    target = x.unsqueeze(1).expand_as(logits)
    rec = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=-1)
    log_ratio = given.log_normal(z, *model.z_prior) - given.log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
    return log_ratio - rec

# %% right | softplus-einsum | x·a by einsum without ever expanding x, minus the summed softplus
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m[:, None].expand(-1, iw, -1), v[:, None])
    a = model.dec(z)
    log_lik = torch.einsum("bp,bip->bi", x, a) - F.softplus(a).sum(-1)
    return log_lik + log_normal(z, *model.z_prior) - log_normal(z, m[:, None], v[:, None])

# %% right | merged-ratio | log p(z) - log q merged into one expression in which 2 pi cancels
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    m = m.unsqueeze(1)
    v = v.unsqueeze(1)
    z = m + v.sqrt() * torch.randn(x.shape[0], iw, m.shape[2])
    ratio = 0.5 * ((v / pv).log() + (z - m) ** 2 / v - (z - pm) ** 2 / pv).sum(dim=2)
    logits = model.dec(z)
    return ratio + (x.unsqueeze(1) * logits - F.softplus(logits)).sum(dim=2)

# %% right | logsigmoid-two-parts | ink and paper separately through logsigmoid of plus and minus the logit
def log_weights(model, x, iw):
    mean, var = model.enc(x)
    std = var ** 0.5
    noise = torch.empty(mean.shape[0], iw, mean.shape[1]).normal_()
    z = noise * std[:, None] + mean[:, None]
    a = model.dec(z)
    ink = x[:, None] * F.logsigmoid(a)
    paper = (1 - x[:, None]) * F.logsigmoid(-a)
    log_p_x = (ink + paper).sum(-1)
    prior_mean, prior_var = model.z_prior
    log_p_z = Normal(prior_mean, prior_var ** 0.5).log_prob(z).sum(-1)
    log_q_z = Normal(mean[:, None], std[:, None]).log_prob(z).sum(-1)
    return log_p_x + log_p_z - log_q_z

# %% right | handwritten-densities | own log_gauss helper with the full formula, nothing from given
def log_gauss(z, mean, var):
    return (-0.5 * torch.log(2 * math.pi * var) - (z - mean) ** 2 / (2 * var)).sum(-1)

def log_bern(x, a):
    return (x * a - torch.logaddexp(a, torch.zeros_like(a))).sum(-1)

def log_weights(model, x, iw):
    m, v = [t.unsqueeze(1) for t in model.enc(x)]
    m_big = m.expand(m.shape[0], iw, m.shape[2])
    z = m_big + torch.sqrt(v) * torch.randn_like(m_big)
    return log_bern(x.unsqueeze(1), model.dec(z)) + log_gauss(z, *model.z_prior) - log_gauss(z, m, v)

# %% right | float64-sums | the three terms are summed in double precision and returned in the input's dtype
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m[:, None], v[:, None]
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    a = model.dec(z).double()
    zd = z.double()
    pm, pv = model.z_prior
    total = log_bernoulli_with_logits(x[:, None].double(), a)
    total = total + log_normal(zd, pm.double(), pv.double())
    total = total - log_normal(zd, m.double(), v.double())
    return total.to(x.dtype)

# %% right | preallocated-columns | fills the columns of an own empty tensor, one draw at a time
def log_weights(model, x, iw):
    m, v = model.enc(x)
    log_w = x.new_empty(x.shape[0], iw)
    for i in range(iw):
        z = given.sample_gaussian(m, v)
        log_w[:, i] = given.log_bernoulli_with_logits(x, model.dec(z))
        log_w[:, i] += given.log_normal(z, *model.z_prior)
        log_w[:, i] -= given.log_normal(z, m, v)
    return log_w

# %% right | verbose-beginner | every step its own line, with prints, asserts and a leftover
def log_weights(model, x, iw):
    batch = x.shape[0]
    m, v = model.enc(x)
    z_dim = m.shape[1]
    print("batch", batch, "z_dim", z_dim, "iw", iw)
    # make room for the draws
    m3 = m.reshape(batch, 1, z_dim)
    v3 = v.reshape(batch, 1, z_dim)
    m3 = m3.repeat(1, iw, 1)
    v3 = v3.repeat(1, iw, 1)
    x3 = x.reshape(batch, 1, 784)
    # draw
    z = sample_gaussian(m3, v3)
    assert z.shape == (batch, iw, z_dim)
    # decode
    logits = model.dec(z)
    # probs = torch.sigmoid(logits)
    # the three terms
    term1 = log_bernoulli_with_logits(x3, logits)
    prior_m = model.z_prior[0]
    prior_v = model.z_prior[1]
    term2 = log_normal(z, prior_m, prior_v)
    term3 = log_normal(z, m3, v3)
    answer = term1 + term2 - term3
    assert answer.shape == (batch, iw)
    mean_for_me = answer.mean()
    return answer

# %% right | inner-function-comprehension | an inner one_draw() and a list comprehension
def log_weights(model, x, iw):
    m, v = model.enc(x)

    def one_draw():
        z = given.sample_gaussian(m, v)
        return (
            given.log_bernoulli_with_logits(x, model.dec(z))
            + given.log_normal(z, *model.z_prior)
            - given.log_normal(z, m, v)
        )

    return torch.stack([one_draw() for _ in range(iw)], -1)

# %% right | chunks-of-draws | saves memory by taking at most 16 draws at a time and concatenating
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    parts = []
    left = iw
    while left > 0:
        n = min(16, left)
        z = sample_gaussian(m.expand(-1, n, -1), v)
        parts.append(log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v))
        left -= n
    return torch.cat(parts, dim=1)

# %% right | recursion | the weights of iw draws are those of one draw beside those of iw - 1, split in halves
def log_weights(model, x, iw):
    if iw == 1:
        m, v = model.enc(x)
        z = sample_gaussian(m, v)
        w = log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
        return w[:, None]
    half = iw // 2
    return torch.cat([log_weights(model, x, half), log_weights(model, x, iw - half)], dim=1)

# %% right | noise-through-given | standard noise from sample_gaussian(0, 1) in full shape, moved and scaled afterwards
def log_weights(model, x, iw):
    m, v = model.enc(x)
    shape = (m.shape[0], iw, m.shape[1])
    eps = given.sample_gaussian(m.new_zeros(shape), m.new_ones(shape))
    z = torch.addcmul(m.unsqueeze(1), eps, v.sqrt().unsqueeze(1))
    pm, pv = model.z_prior
    log_joint = given.log_normal(z, pm, pv) + given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return log_joint - given.log_normal(z, m.unsqueeze(1), v.unsqueeze(1))

# %% right | transformed-distribution | q as an affine transformation of standard normal noise
def log_weights(model, x, iw):
    m, v = model.enc(x)
    base = Normal(torch.zeros_like(m), torch.ones_like(m))
    q = distributions.TransformedDistribution(base, [distributions.transforms.AffineTransform(m, v.sqrt())])
    z = q.rsample((iw,))
    log_q = q.log_prob(z).sum(-1)
    log_p = log_normal(z, *model.z_prior) + log_bernoulli_with_logits(x, model.dec(z))
    return (log_p - log_q).mT

# %% right | inverse-cdf | uniform numbers in double precision through the normal's inverse CDF
def log_weights(model, x, iw):
    m, v = model.enc(x)
    u = torch.rand(m.shape[0], iw, m.shape[1], dtype=torch.float64).clamp(1e-14, 1 - 1e-14)
    eps = torch.special.ndtri(u).to(m.dtype)
    z = m.unsqueeze(1) + v.unsqueeze(1).sqrt() * eps
    log_w = given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    log_w = log_w + given.log_normal(z, *model.z_prior)
    log_w = log_w - given.log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
    return log_w

# %% right | box-muller | normal noise made by the Box-Muller formula from two uniform tensors
def log_weights(model, x, iw):
    m, v = model.enc(x)
    shape = (x.shape[0], iw, m.shape[-1])
    u1 = 1 - torch.rand(shape, dtype=torch.float64)
    u2 = torch.rand(shape, dtype=torch.float64)
    eps = (torch.sqrt(-2 * torch.log(u1)) * torch.cos(2 * math.pi * u2)).to(m.dtype)
    mu, var = m[:, None], v[:, None]
    z = mu + eps * var.sqrt()
    return log_bernoulli_with_logits(x[:, None], model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, mu, var)

# %% right | vmap-over-images | a function for one image, mapped over the batch with different randomness
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior

    def one_image(x_b, m_b, v_b):
        z = m_b + v_b.sqrt() * torch.randn(iw, m_b.shape[0])
        a = model.dec(z)
        rec = (x_b * a - F.softplus(a)).sum(-1)
        log_p = (-0.5 * ((z - pm) ** 2 / pv + torch.log(2 * math.pi * pv))).sum(-1)
        log_q = (-0.5 * ((z - m_b) ** 2 / v_b + torch.log(2 * math.pi * v_b))).sum(-1)
        return rec + log_p - log_q

    return torch.vmap(one_image, randomness="different")(x, m, v)

# %% right | flattened-decoder | z flattened to (batch*iw, z_dim) only for the decoder, the logits viewed back
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m.unsqueeze(1).expand(-1, iw, -1), v.sqrt().unsqueeze(1))
    z = q.rsample()
    B, K, D = z.shape
    logits = model.dec(z.reshape(B * K, D)).view(B, K, 784)
    log_q = q.log_prob(z).sum(2)
    pm, pv = model.z_prior
    log_p = Normal(pm, pv.sqrt()).log_prob(z).sum(2)
    log_x = Bernoulli(logits=logits, validate_args=False).log_prob(x.view(B, 1, 784)).sum(2)
    return torch.stack([log_x, log_p, -log_q]).sum(0)

# %% wrong | repeat-read-as-batch-iw | repeat stacks whole copies (iw, batch), but the result is read as (batch, iw), so every row holds weights of different images. | mixed-layout
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.repeat(iw, 1)
    v = v.repeat(iw, 1)
    xx = x.repeat(iw, 1)
    z = given.sample_gaussian(m, v)
    lw = given.log_bernoulli_with_logits(xx, model.dec(z)) + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)
    return lw.view(-1, iw)

# %% wrong | one-draw-for-all | sample_gaussian gets (batch, 1, z_dim) and makes one draw, which is then expanded: all weights of an image are the same. | one-z-for-all-draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = given.sample_gaussian(m, v).expand(-1, iw, -1)
    pm, pv = model.z_prior
    return given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + given.log_normal(z, pm, pv) - given.log_normal(z, m, v)

# %% wrong | closed-form-kl | The closed-form KL stands in the place of each draw's own log q - log p(z); this is not the weight, and its average is not p(x). | analytic-kl
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    z = given.sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
    kl = given.kl_normal(m, v, pm, pv)
    return given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) - kl.unsqueeze(1)

# %% wrong | log-q-forgotten | log q is missing, so this is log p(x, z) and not the ratio to how often z is drawn. | without-q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m[:, None].expand(-1, iw, -1), v[:, None])
    return log_bernoulli_with_logits(x[:, None], model.dec(z)) + log_normal(z, *model.z_prior)

# %% wrong | transposed-result | rsample((iw,)) puts the draws in front and the result is never transposed: (iw, batch) instead of (batch, iw). | transposed
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m, v.sqrt())
    z = q.rsample((iw,))
    return log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - q.log_prob(z).sum(-1)

# %% wrong | x-without-draw-axis | x stays (batch, 784) beside logits (batch, iw, 784): broadcasting raises, or pairs images with draws when batch equals iw.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = given.sample_gaussian(m.expand(-1, iw, -1), v)
    return given.log_bernoulli_with_logits(x, model.dec(z)) + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)

# %% wrong | signs-of-p-and-q-swapped | log q is added and log p(z) subtracted: the ratio q/p instead of p/q. | prior-and-q-swapped
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    kl = log_normal(z, *model.z_prior) - log_normal(z, m, v)
    rec = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return rec - kl

# %% wrong | variance-as-std | The noise is multiplied by the variance v instead of its square root, so z is not drawn from q. | variance-as-standard-deviation
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m[:, None], v[:, None]
    z = m + v * torch.randn(x.shape[0], iw, m.shape[-1])
    return log_bernoulli_with_logits(x[:, None], model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | bce-with-plus | torch's BCE is minus the image's log-likelihood, and it is added instead of subtracted. | likelihood-sign
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = given.sample_gaussian(m.expand(-1, iw, -1), v)
    logits = model.dec(z)
    rec = F.binary_cross_entropy_with_logits(logits, x.unsqueeze(1).expand_as(logits), reduction="none").sum(-1)
    return rec + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)

# %% wrong | mean-over-pixels | The pixels' log probabilities are averaged instead of summed, so the image's log-likelihood is 784 times too small. | mean-over-pixels
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = given.sample_gaussian(m.expand(-1, iw, -1), v)
    log_px = Bernoulli(logits=model.dec(z), validate_args=False).log_prob(x.unsqueeze(1)).mean(-1)
    return log_px + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)

# %% wrong | already-averaged | log_mean_exp belongs to the next exercise: one number per image comes back instead of one per draw. | mean-over-draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_mean_exp(log_w, dim=1)

# %% wrong | std-into-log-normal | log_normal takes the variance, but v.sqrt() is handed to it, so log q belongs to another Gaussian than the one z was drawn from. | standard-deviation-in-log-q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_q = log_normal(z, m, v.sqrt())
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_q

# %% wrong | noise-shared-by-images | The noise is (1, iw, z_dim), so all images get the same noise; draws must be independent between images. | one-noise-for-the-batch
def log_weights(model, x, iw):
    m, v = model.enc(x)
    eps = torch.randn(1, iw, m.shape[-1])
    z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * eps
    return (
        log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
        + log_normal(z, *model.z_prior)
        - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
    )

# %% wrong | uniform-noise | torch.rand draws uniform numbers between 0 and 1; the noise has to be normal, torch.randn. | uniform-noise
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    eps = torch.rand(m.shape[0], iw, m.shape[2])
    z = m + torch.sqrt(v) * eps
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | weights-not-logs | The weights themselves are returned; exp of a few hundred negative nats is 0. | weights-for-log-weights
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w.exp()

# %% wrong | log-iw-subtracted | log iw is subtracted from every weight, but the mean is taken later; a single weight knows nothing of iw. | log-iw-subtracted
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w - math.log(iw)

# %% wrong | sigmoid-twice | log_bernoulli_with_logits wants logits, and gets probabilities: the sigmoid is applied twice. | sigmoid-twice
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    p = torch.sigmoid(model.dec(z))
    return log_bernoulli_with_logits(x.unsqueeze(1), p) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | latents-not-summed | Normal.log_prob of torch does not sum the latent dimensions, so (batch, iw) and (batch, iw, z_dim) are added.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1).sqrt())
    z = q.rsample()
    p = Normal(model.z_prior[0], model.z_prior[1].sqrt())
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return log_px + p.log_prob(z) - q.log_prob(z)

# %% wrong | fresh-z-for-q | log q is evaluated at a second draw instead of at the z that was decoded. | another-z-for-q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    rec = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(sample_gaussian(m, v)))
    z = sample_gaussian(m, v)
    return rec + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | draws-from-the-prior | z is drawn from the prior instead of from q, while the weight still divides by q. | z-from-the-prior
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    z = sample_gaussian(pm.expand(x.shape[0], iw, m.shape[1]), pv)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))

# %% wrong | decoder-gets-the-mean | The decoder gets the mean m instead of the draw z. | decodes-the-mean
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    logits = model.dec(m)
    return log_bernoulli_with_logits(x.unsqueeze(1), logits) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | repeat-and-no-prior | Two mistakes: copies stacked by repeat are read as (batch, iw), and log p(z) is missing.
def log_weights(model, x, iw):
    b = x.shape[0]
    x = x.repeat(iw, 1)
    m, v = model.enc(x)
    z = sample_gaussian(m, v)
    w = log_bernoulli_with_logits(x, model.dec(z)) - log_normal(z, m, v)
    return w.reshape(b, iw)

# %% wrong | bce-mean-and-kl | Two mistakes: the BCE is averaged over everything into one number, and the closed-form KL replaces log p(z) - log q.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
    logits = model.dec(z)
    bce = F.binary_cross_entropy_with_logits(logits, x.unsqueeze(1).expand_as(logits))
    kl = kl_normal(m, v, *model.z_prior)
    return (-bce - kl).unsqueeze(1).expand(-1, iw)

# %% wrong | log-variance-and-std-in-q | Two mistakes: v is taken for a log variance (exp(v/2) as standard deviation), and log_normal gets that standard deviation where it wants a variance.
def log_weights(model, x, iw):
    mu, logvar = model.enc(x)
    mu, logvar = mu.unsqueeze(1), logvar.unsqueeze(1)
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn(mu.size(0), iw, mu.size(2))
    log_q = log_normal(z, mu, std)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_q

# %% wrong | mirrored-pairs | Draws come in pairs m + s·eps and m - s·eps to cover q more evenly, but the card asks for independent draws. | mirrored-draws
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    half = torch.randn(x.shape[0], (iw + 1) // 2, m.shape[2])
    eps = torch.cat([half, -half], dim=1)[:, :iw]
    z = m + v.sqrt() * eps
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | random-walk | The loop adds the noise to the z of the turn before, so the draws walk away from m and are not from q after the first.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = m
    cols = []
    for _ in range(iw):
        z = sample_gaussian(z, v)
        cols.append(log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v))
    return torch.stack(cols, dim=1)

# %% wrong | scored-against-a-drawn-image | log p is evaluated at an image drawn from the decoder instead of at x itself.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    logits = model.dec(z)
    x_hat = torch.bernoulli(torch.sigmoid(logits))
    return log_bernoulli_with_logits(x_hat, logits) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

# %% wrong | row-maximum-subtracted | Each row's maximum is taken off "for stability" and never put back, so the level of the weights, which is log p(x), is lost.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w - log_w.max(dim=1, keepdim=True)[0]

# %% wrong | resampled-weights | The draws are resampled in proportion to their weights before they are returned, so the returned draws are no longer from q.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    log_w = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    index = torch.multinomial(torch.softmax(log_w, dim=1), iw, replacement=True)
    return log_w.gather(1, index)

# %% wrong | q-mixed-over-the-batch | log q is that of the average over all images' Gaussians (the aggregate), not of the image's own q.
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
    log_q_all = log_normal(z.unsqueeze(2), m, v)  # (batch, iw, batch)
    log_q = log_mean_exp(log_q_all, dim=2)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_q
