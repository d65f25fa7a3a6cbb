# %% right | axis-for-the-draws | unsqueeze and expand, (batch, iw, z_dim)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m = m.unsqueeze(1).expand(-1, iw, -1)
    v = v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    log_p_z = log_normal(z, *model.z_prior)
    return log_p_x + log_p_z - log_normal(z, m, v)


# %% right | cs236-duplicate | whole copies as in the homework's ut.duplicate, read as (iw, batch) and transposed
def log_weights(model, x, iw):
    def duplicate(t):
        return t.expand(iw, *t.shape).reshape(-1, *t.shape[1:])

    m, v = model.enc(x)
    m_, v_, x_ = duplicate(m), duplicate(v), duplicate(x)
    z = sample_gaussian(m_, v_)
    pm = model.z_prior[0].expand(m_.size())
    pv = model.z_prior[1].expand(v_.size())
    log_w = log_bernoulli_with_logits(x_, model.dec(z)) + log_normal(z, pm, pv) - log_normal(z, m_, v_)
    return log_w.reshape(iw, x.shape[0]).t()


# %% right | repeat-interleave | neighbouring copies, flat through the decoder, view (batch, iw)
def log_weights(model, x, iw):
    qm, qv = [t.repeat_interleave(iw, dim=0) for t in model.enc(x)]
    z = qm + qv.sqrt() * torch.randn_like(qm)
    logits = model.dec(z)
    bce = F.binary_cross_entropy_with_logits(logits, x.repeat_interleave(iw, dim=0), reduction="none")
    log_w = -bce.sum(-1) + log_normal(z, *model.z_prior) - log_normal(z, qm, qv)
    return log_w.view(len(x), iw)


# %% right | one-draw-at-a-time | a loop over the draws, columns stacked
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    columns = []
    for _ in range(iw):
        z = sample_gaussian(m, v)
        columns.append(log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, pm, pv) - log_normal(z, m, v))
    return torch.stack(columns, dim=1)


# %% right | distributions-draws-first | torch.distributions with rsample((iw,)), axes exchanged at the end
def log_weights(model, x, iw):
    m, v = model.enc(x)
    prior_m, prior_v = (t.expand_as(m) for t in model.z_prior)
    q = Independent(Normal(m, v.sqrt()), 1)
    p = Independent(Normal(prior_m, prior_v.sqrt()), 1)
    z = q.rsample((iw,))  # (iw, batch, z_dim)
    likelihood = Independent(Bernoulli(logits=model.dec(z), validate_args=False), 1, validate_args=False)
    log_w = likelihood.log_prob(x) + p.log_prob(z) - q.log_prob(z)
    return log_w.transpose(0, 1)


# %% wrong | repeat-viewed-batch-iw | whole copies (repeat) read as (batch, iw): the rows mix images
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m_, v_, x_ = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
    z = sample_gaussian(m_, v_)
    log_p_xz = log_bernoulli_with_logits(x_, model.dec(z))
    log_p_z = log_normal(z, model.z_prior[0], model.z_prior[1])
    log_q = log_normal(z, m_, v_)
    return (log_p_xz + log_p_z - log_q).view(x.size(0), iw)


# %% wrong | expand-after-the-draw | z is drawn once per image and copied: all draws of an image are the same
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.unsqueeze(1), v.unsqueeze(1)).expand(-1, iw, -1)
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    log_p_z = log_normal(z, *model.z_prior)
    log_q = log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
    return log_p_x + log_p_z - log_q


# %% wrong | closed-form-kl | the closed-form KL stands in the weight in place of log q(z) - log p(z)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    pm, pv = model.z_prior
    m_ = m.unsqueeze(1).expand(-1, iw, -1)
    v_ = v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m_, v_)
    rec = -log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    kl = kl_normal(m_, v_, pm, pv)
    return -(rec + kl)


# %% wrong | two-draws-per-weight | one z is decoded and another one put into prior and q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m[:, None].expand(-1, iw, -1), v[:, None].expand(-1, iw, -1)

    def q_sample():
        return sample_gaussian(m, v)

    log_lik = log_bernoulli_with_logits(x[:, None].expand(-1, iw, -1), model.dec(q_sample()))
    z = q_sample()
    return log_lik + log_normal(z, *model.z_prior) - log_normal(z, m, v)


# %% wrong | antithetic | the draws come in pairs m + s eps, m - s eps: not independent
def log_weights(model, x, iw):
    m, v = model.enc(x)
    half = (iw + 1) // 2
    eps = torch.randn(x.shape[0], half, m.shape[-1]).to(m)
    eps = torch.cat([eps, -eps], dim=1)[:, :iw]
    z = m[:, None] + v[:, None].sqrt() * eps
    log_p_x = log_bernoulli_with_logits(x[:, None].expand(-1, iw, -1), model.dec(z))
    return log_p_x + log_normal(z, *model.z_prior) - log_normal(z, m[:, None], v[:, None])


# %% wrong | shared-over-images | the noise has shape (iw, z_dim): the same draws for every image
def log_weights(model, x, iw):
    m, v = model.enc(x)
    eps = torch.randn(iw, m.size(-1)).to(m)
    z = m.unsqueeze(1) + torch.sqrt(v).unsqueeze(1) * eps
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).repeat(1, iw, 1), model.dec(z))
    log_p_z = log_normal(z, model.z_prior[0], model.z_prior[1])
    return log_p_x + log_p_z - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))


# %% wrong | not-transposed | duplicated draws first and left so: (iw, batch) is returned
def log_weights(model, x, iw):
    m, v = model.enc(x)
    z = sample_gaussian(m.expand(iw, *m.shape), v.expand(iw, *v.shape))
    log_p_x = log_bernoulli_with_logits(x.expand(iw, *x.shape), model.dec(z))
    log_p_z = log_normal(z, *model.z_prior)
    log_q = log_normal(z, m, v)
    return log_p_x + log_p_z - log_q


# %% wrong | through-exp | weights formed by exp and brought back by log with 1e-38 inside: log weights of -500 are lost
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z)).exp()
    ratio = torch.exp(log_normal(z, *model.z_prior) - log_normal(z, m, v))
    return torch.log(p_x * ratio + 1e-38)


# %% wrong | z-detached | z is cut from the graph: the encoder gets only the direct slope of log q
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    z = Normal(m, torch.sqrt(v)).sample()
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    return log_p_x + log_normal(z, *model.z_prior) - log_normal(z, m, v)


# %% wrong | sqrt-and-mixed | two slips: sample_gaussian gets sqrt(v) as a variance, and whole copies are read as (batch, iw)
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m_, v_, x_ = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
    z = sample_gaussian(m_, v_.sqrt())
    log_w = (
        log_bernoulli_with_logits(x_, model.dec(z))
        + log_normal(z, *model.z_prior)
        - log_normal(z, m_, v_)
    )
    return log_w.reshape(-1, iw)


# %% wrong | signs-and-pixels | two slips: prior and q have exchanged signs, and the pixels are averaged
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    x_ = x.unsqueeze(1).expand(-1, iw, -1)
    log_p_x = -F.binary_cross_entropy_with_logits(model.dec(z), x_, reduction="none").mean(-1)
    return log_p_x + log_normal(z, m, v) - log_normal(z, *model.z_prior)


# %% wrong | no-q-shared-draw | two slips: log q is left out, and all draws of an image share one noise
def log_weights(model, x, iw):
    m, v = model.enc(x)
    eps = torch.randn_like(m).repeat_interleave(iw, dim=0)
    m_, v_, x_ = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
    z = m_ + v_.sqrt() * eps
    log_w = log_bernoulli_with_logits(x_, model.dec(z)) + log_normal(z, *model.z_prior)
    return log_w.view(x.shape[0], iw)


# %% wrong | prior-at-m-and-log-k | two slips: the prior's density is taken at m instead of z, and log iw is subtracted already here
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    z = sample_gaussian(m, v)
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    log_p_z = log_normal(m, *model.z_prior)
    return log_p_x + log_p_z - log_normal(z, m, v) - math.log(iw)


# %% wrong | scale-v-and-cut | two slips: Normal gets the variance as its scale, and log weights below -300 are cut off
def log_weights(model, x, iw):
    m, v = model.enc(x)
    q = Normal(m, v)
    z = q.rsample((iw,)).transpose(0, 1)
    log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), model.dec(z))
    log_q = q.log_prob(z.transpose(0, 1)).sum(-1).t()
    log_w = log_p_x + log_normal(z, *model.z_prior) - log_q
    return log_w.clamp(min=-300.0)
