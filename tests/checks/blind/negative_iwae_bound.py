# %% right | log-weights-then-mean | a function log_weights as in exercise 5.1 with an axis of its own for the draws, closed-form kl
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1), v.unsqueeze(1)                      # (batch, 1, z_dim)
    z = sample_gaussian(m.expand(-1, iw, -1), v)               # (batch, iw, z_dim)
    log_px = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    pm, pv = model.z_prior
    return log_px + log_normal(z, pm, pv) - log_normal(z, m, v)


class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(log_weights(self, x, iw), dim=1).mean()
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return niwae, kl, rec

# %% right | all-in-one-method | everything in the method, rec averaged over the same draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        qm = m.unsqueeze(1).expand(-1, iw, -1)
        qv = v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(qm, qv)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, qm, qv)
        niwae = -log_mean_exp(log_w, 1)
        kl = kl_normal(m, v, pm, pv)
        rec = -log_px.mean(1)
        return niwae.mean(), kl.mean(), rec.mean()

# %% right | torch-distributions-draws-first | rsample((iw,)) puts the draws on axis 0; logsumexp along it
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v.sqrt())
        p = Normal(pm, pv.sqrt())
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        px = Bernoulli(logits=self.dec(z), validate_args=False)
        log_px = px.log_prob(x).sum(-1)  # (iw, batch)
        log_w = log_px + p.log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
        iwae = torch.logsumexp(log_w, dim=0) - math.log(iw)
        kl = kl_divergence(q, p).sum(-1)
        return -iwae.mean(), kl.mean(), -log_px.mean()

# %% right | independent-objects | Independent posterior, prior and likelihood
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand(self.z_dim), pv.sqrt().expand(self.z_dim)), 1)
        z = q.rsample(torch.Size([iw]))
        likelihood = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1, validate_args=False)
        log_px = likelihood.log_prob(x.expand(iw, *x.shape))
        log_w = (log_px + p.log_prob(z) - q.log_prob(z)).t()
        niwae = -log_mean_exp(log_w, dim=1).mean(dim=0)
        kl = (q.log_prob(z) - p.log_prob(z)).mean()
        return niwae, kl, -log_px.mean()

# %% right | multivariate-normal | covariance matrices for q and p, the prior batched by broadcasting
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        d = m.shape[-1]
        pm, pv = self.z_prior
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(torch.sqrt(v)))
        p = MultivariateNormal(pm.repeat(d), scale_tril=torch.diag(pv.sqrt().repeat(d)))
        z = q.rsample((iw,))
        a = self.dec(z)
        log_px = (x * a - F.softplus(a)).sum(2)
        log_w = log_px + p.log_prob(z) - q.log_prob(z)
        niwae = (math.log(iw) - log_w.logsumexp(0)).mean()
        return niwae, kl_divergence(q, p).mean(), -log_px[0].mean()

# %% right | repeat-interleave | flat layout where the copies of an image lie side by side, read as (batch, iw)
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = kl_normal(m, v, pm, pv).mean()
        mm = m.repeat_interleave(iw, dim=0)
        vv = v.repeat_interleave(iw, dim=0)
        xx = x.repeat_interleave(iw, dim=0)
        z = sample_gaussian(mm, vv)
        log_px = log_bernoulli_with_logits(xx, self.dec(z))
        log_w = (log_px + log_normal(z, pm, pv) - log_normal(z, mm, vv)).view(x.shape[0], iw)
        return -log_mean_exp(log_w, 1).mean(), kl, -log_px.mean()

# %% right | old-homework-duplicate | whole copies stacked by a duplicate helper and read as (iw, batch), averaged along axis 0
def duplicate(x, rep):
    return x.expand(rep, *x.shape).reshape(-1, *x.shape[1:])


class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        prior_m, prior_v = self.z_prior
        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        logits = self.dec(z)
        rec = -log_bernoulli_with_logits(x_, logits)
        kl_sample = log_normal(z, m_, v_) - log_normal(z, prior_m, prior_v)
        nelbo = (rec + kl_sample).reshape(iw, -1)
        niwae = -log_mean_exp(-nelbo, 0)
        kl = kl_normal(m, v, prior_m, prior_v)
        niwae, kl, rec = niwae.mean(), kl.mean(), rec.mean()
        return niwae, kl, rec

# %% right | loop-over-images | one image at a time, its draws as a small batch
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        pm, pv = self.z_prior
        niwaes, kls, recs = [], [], []
        for image in x:
            m, v = self.enc(image.unsqueeze(0))  # (1, z_dim)
            z = sample_gaussian(m.repeat(iw, 1), v.repeat(iw, 1))  # (iw, z_dim)
            log_px = log_bernoulli_with_logits(image, self.dec(z))  # (iw,)
            log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m, v)
            niwaes.append(-log_mean_exp(log_w, 0))
            kls.append(kl_normal(m, v, pm, pv).squeeze(0))
            recs.append(-log_px.mean())
        return torch.stack(niwaes).mean(), torch.stack(kls).mean(), torch.stack(recs).mean()

# %% right | loop-over-draws | a list of iw vectors of log weights, stacked on axis 1
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        log_ws = []
        rec = 0.0
        for _ in range(iw):
            z = sample_gaussian(m, v)
            lp = log_bernoulli_with_logits(x, self.dec(z))
            rec = rec - lp.mean() / iw
            log_ws.append(lp + log_normal(z, pm, pv) - log_normal(z, m, v))
        log_w = torch.stack(log_ws, dim=1)
        assert log_w.shape == (x.shape[0], iw)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        return niwae, kl, rec

# %% right | double-loop | two nested loops with one number per image and draw, put into a matrix of its own
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        pm, pv = self.z_prior
        batch = x.shape[0]
        m, v = self.enc(x)
        log_w = torch.zeros(batch, iw)
        rec = torch.zeros(batch)
        for b in range(batch):
            for i in range(iw):
                z = sample_gaussian(m[b], v[b])
                log_px = log_bernoulli_with_logits(x[b], self.dec(z.view(1, -1)).view(-1))
                log_w[b, i] = log_px + log_normal(z, pm, pv) - log_normal(z, m[b], v[b])
                if i == 0:
                    rec[b] = -log_px
        return -log_mean_exp(log_w, 1).mean(), kl_normal(m, v, pm, pv).mean(), rec.mean()

# %% right | running-logaddexp | a running log of the sum by torch.logaddexp, log k taken off at the end
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        total = None
        recs = []
        kls = []
        for i in range(iw):
            z = m + v.sqrt() * torch.randn_like(m)
            rec_i = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(-1)
            kl_i = log_normal(z, m, v) - log_normal(z, *self.z_prior)
            log_w = -rec_i - kl_i
            total = log_w if total is None else torch.logaddexp(total, log_w)
            recs.append(rec_i.mean())
            kls.append(kl_i.mean())
        niwae = (math.log(iw) - total).mean()
        return niwae, sum(kls) / iw, sum(recs) / iw

# %% right | own-max-shift | log-mean-exp written out: take off each image's largest log weight, exponentiate, mean, log, put it back
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mean, var = m[:, None], v[:, None]
        eps = torch.randn(x.size(0), iw, self.z_dim)
        z = mean + var.sqrt() * eps
        log_px = log_bernoulli_with_logits(x[:, None], self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mean, var)
        top = log_w.max(dim=1, keepdim=True).values.detach()
        iwae = top.squeeze(1) + (log_w - top).exp().mean(dim=1).log()
        return -iwae.mean(), kl_normal(m, v, pm, pv).mean(), -log_px[:, -1].mean()

# %% right | log-softmax-identity | the log of the sum read off as log_w minus log_softmax(log_w), the same for each draw
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m.unsqueeze(1).expand(-1, iw, -1), v.sqrt().unsqueeze(1).expand(-1, iw, -1))
        z = q.rsample()
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - q.log_prob(z).sum(-1)
        best = log_w.argmax(dim=1, keepdim=True)
        log_share = F.log_softmax(log_w, dim=1)
        log_sum = (log_w - log_share).gather(1, best).squeeze(1)
        niwae = -(log_sum - math.log(iw)).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean(1).mean(0)

# %% right | double-inside | densities and log-mean-exp in float64, returned in the dtype of x
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = (t.double() for t in self.enc(x))
        pm, pv = (t.double() for t in self.z_prior)
        z = sample_gaussian(m[:, None].expand(-1, iw, -1), v[:, None])
        logits = self.dec(z.to(x.dtype)).double()
        log_px = log_bernoulli_with_logits(x.double()[:, None], logits)
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m[:, None], v[:, None])
        results = (-log_mean_exp(log_w, 1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean())
        return tuple(r.to(x.dtype) for r in results)

# %% right | einsum | every sum by einsum, Gaussian densities written out
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        B, D = m.shape
        eps = torch.randn(B, iw, D)
        z = m.unsqueeze(1) + torch.einsum("bd,bkd->bkd", v.sqrt(), eps)
        a = self.dec(z)
        log_px = torch.einsum("bp,bkp->bk", x, a) - torch.einsum("bkp->bk", F.softplus(a))
        r = z - pm
        quad_p = torch.einsum("bkd,bkd->bk", r, r / pv)
        s = (z - m.unsqueeze(1)) / v.sqrt().unsqueeze(1)
        quad_q = torch.einsum("bkd,bkd->bk", s, s)
        logdet = torch.einsum("bd->b", torch.log(v / pv)).unsqueeze(1)
        log_w = log_px + 0.5 * (quad_q - quad_p + logdet)
        niwae = -(torch.logsumexp(log_w, 1) - math.log(iw)).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        return niwae, kl, -torch.einsum("bk->", log_px) / (B * iw)

# %% right | fresh-draws-for-the-elbo | kl and rec estimated from a draw of their own, apart from the bound's draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        pm, pv = self.z_prior
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = (log_normal(z, m, v) - log_normal(z, pm, pv)).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        m, v = m.unsqueeze(1), v.unsqueeze(1)
        zs = sample_gaussian(m, v.expand(-1, iw, -1))
        log_w = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(zs))
        log_w = log_w + log_normal(zs, pm, pv)
        log_w = log_w - log_normal(zs, m, v)
        niwae = -log_mean_exp(log_w, dim=1)
        return niwae.mean(), kl, rec

# %% right | first-draw-for-rec | rec from the first of the iw draws only, kl closed
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        zs = torch.stack([sample_gaussian(m, v) for _ in range(iw)], dim=1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(dim=1), self.dec(zs))
        log_pz = log_normal(zs, *self.z_prior)
        log_qz = log_normal(zs, m.unsqueeze(dim=1), v.unsqueeze(dim=1))
        niwae = torch.mean(torch.neg(log_mean_exp(log_px + log_pz - log_qz, dim=1)))
        return niwae, torch.mean(kl_normal(m, v, *self.z_prior)), torch.mean(torch.neg(log_px.select(1, 0)))

# %% right | centred-on-the-elbo | the average log weight of each image plus the log mean exp of the deviations from it
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        M, V = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(M.expand(-1, iw, -1), V)
        rec = -log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        kl = log_normal(z, M, V) - log_normal(z, pm, pv)
        log_w = -(kl + rec)
        elbo = log_w.mean(1)
        gain = log_mean_exp(log_w - elbo.unsqueeze(1), dim=1)
        niwae = -(elbo + gain).mean()
        return niwae, kl.mean(), rec.mean()

# %% right | streaming-maximum | draws one after another with a running maximum and a running scaled sum
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        top = torch.full((len(x),), -float("inf"))
        acc = torch.zeros(len(x))
        rec = torch.zeros(len(x))
        for _ in range(iw):
            z = sample_gaussian(m, v)
            log_px = log_bernoulli_with_logits(x, self.dec(z))
            lw = log_px + log_normal(z, pm, pv) - log_normal(z, m, v)
            new_top = torch.maximum(top, lw.detach())
            acc = acc * torch.exp(top - new_top) + torch.exp(lw - new_top)
            top = new_top
            rec = rec - log_px
        niwae = -(top + torch.log(acc / iw))
        return niwae.mean(), kl_normal(m, v, pm, pv).mean(), (rec / iw).mean()

# %% right | epsilon-form | log q written with the noise itself: -(epsilon squared + log 2 pi v) / 2
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        eps = torch.randn(len(m), iw, m.shape[1])
        z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * eps
        log_q = -0.5 * (eps**2 + torch.log(2 * math.pi * v).unsqueeze(1)).sum(-1)
        log_p = -0.5 * ((z - pm) ** 2 / pv + torch.log(2 * math.pi * pv)).sum(-1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        niwae = -log_mean_exp(log_px + log_p - log_q, dim=1).mean()
        return niwae, (log_q - log_p).mean(), -log_px.mean()

# %% right | expand-and-reshape | an axis for the draws, flattened for the decoder and unfolded again
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        batch, pixels = x.shape
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m_ = m.unsqueeze(1).expand(batch, iw, self.z_dim).reshape(batch * iw, self.z_dim)
        v_ = v.unsqueeze(1).expand(batch, iw, self.z_dim).reshape(batch * iw, self.z_dim)
        x_ = x.unsqueeze(1).expand(batch, iw, pixels).reshape(batch * iw, pixels)
        z_ = sample_gaussian(m_, v_)
        rec_ = nn.BCEWithLogitsLoss(reduction="none")(self.dec(z_), x_).sum(1)
        log_w = log_normal(z_, pm.expand_as(z_), pv.expand_as(z_)) - log_normal(z_, m_, v_) - rec_
        niwae = -log_mean_exp(log_w.reshape(batch, iw), dim=-1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), rec_.mean()

# %% right | chatty-beginner | prints, asserts, dead code and long names
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        number_of_images = x.size(0)
        mean, variance = self.enc(x)
        print("mean:", mean.size())
        mean_with_axis = mean.unsqueeze(1)
        variance_with_axis = variance.unsqueeze(1)
        # mean_many = mean.repeat(iw, 1)   # NO! mixes the images
        mean_many = mean_with_axis.expand(number_of_images, iw, mean.size(1))
        variance_many = variance_with_axis.expand(number_of_images, iw, mean.size(1))
        z = sample_gaussian(mean_many, variance_many)
        print("z:", z.size())
        logits = self.dec(z)
        x_with_axis = x.unsqueeze(1)
        log_p_x_given_z = log_bernoulli_with_logits(x_with_axis, logits)
        prior_mean, prior_variance = self.z_prior
        log_p_z = log_normal(z, prior_mean, prior_variance)
        log_q_z = log_normal(z, mean_many, variance_many)
        log_w = log_p_x_given_z + log_p_z - log_q_z
        assert log_w.size() == (number_of_images, iw)
        w = torch.exp(log_w)  # all zero, do not use
        bound_of_each_image = log_mean_exp(log_w, dim=1)
        iwae = torch.mean(bound_of_each_image)
        niwae = -iwae
        kl_of_each_image = kl_normal(mean, variance, prior_mean, prior_variance)
        kl = torch.mean(kl_of_each_image)
        rec = -torch.mean(log_p_x_given_z)
        print("niwae", float(niwae), "kl + rec", float(kl + rec))
        return niwae, kl, rec

# %% right | own-elbo-method | kl and rec by calling lesson 04's negative_elbo_bound, which is written again here
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def draw(self, x, iw):
        m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in self.enc(x))
        return sample_gaussian(m, v), m, v

    def log_joint(self, x, z):
        return log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z)) + log_normal(z, *self.z_prior)

    def negative_iwae_bound(self, x, iw):
        z, m, v = self.draw(x, iw)
        niwae = -log_mean_exp(self.log_joint(x, z) - log_normal(z, m, v), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

# %% right | chunks-of-draws | at most four draws at a time to save memory, the pieces concatenated
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1, x1 = m.unsqueeze(1), v.unsqueeze(1), x.unsqueeze(1)
        pieces, recs = [], []
        left = iw
        while left > 0:
            n = min(4, left)
            z = sample_gaussian(m1.expand(-1, n, -1), v1.expand(-1, n, -1))
            log_px = log_bernoulli_with_logits(x1, self.dec(z))
            pieces.append(log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1))
            recs.append(-log_px)
            left -= n
        log_w = torch.cat(pieces, dim=1)
        rec = torch.cat(recs, dim=1).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% right | draws-on-the-last-axis | z of shape (batch, z_dim, iw), transposed only for the decoder
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m_, s_ = m[..., None], v.sqrt()[..., None]
        z = m_ + s_ * torch.randn(*m.shape, iw)
        log_q = Normal(m_, s_).log_prob(z).sum(1)  # (batch, iw)
        log_p = Normal(pm, pv.sqrt()).log_prob(z).sum(1)
        logits = self.dec(z.transpose(1, 2)).transpose(1, 2)  # (batch, 784, iw)
        log_px = -F.binary_cross_entropy_with_logits(logits, x[..., None].expand_as(logits), reduction="none").sum(1)
        niwae = -torch.logsumexp(log_px + log_p - log_q - math.log(iw), dim=-1)
        return niwae.mean(), (log_q - log_p).mean(), -log_px.mean()

# %% right | free-energy | the bound as softmax-weighted log weights plus the entropy of the shares, minus log k
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        log_share = torch.log_softmax(log_w, dim=1)
        share = log_share.exp()
        energy = (share * log_w).sum(1)
        entropy = -(share * log_share).sum(1)
        iwae = energy + entropy - math.log(iw)
        kl = kl_normal(m, v, pm, pv)
        return -iwae.mean(), kl.mean(), -log_px.mean()

# %% right | categorical-normaliser | the log of the sum from the normalised logits of a Categorical over the draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        p = Normal(self.z_prior_m, self.z_prior_v.sqrt())
        z = q.rsample([iw])
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = (log_px + (p.log_prob(z) - q.log_prob(z)).sum(-1)).transpose(0, 1)
        shares = distributions.Categorical(logits=log_w)
        log_sum = (log_w - shares.logits).mean(dim=1)
        niwae = (np.log(iw) - log_sum).mean()
        return niwae, kl_divergence(q, p).sum(-1).mean(), -log_px.mean()

# %% right | divide-and-conquer | a recursion that merges two halves of the draws, weighted by their lengths
def merge(log_w):
    k = log_w.shape[1]
    if k == 1:
        return log_w[:, 0]
    h = k // 2
    left = merge(log_w[:, :h]) + math.log(h / k)
    right = merge(log_w[:, h:]) + math.log((k - h) / k)
    return torch.logaddexp(left, right)


class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        qm, qv = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(qm.expand(-1, iw, -1), qv)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, qm, qv)
        return -merge(log_w).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | index-lists | an index says which image each of the batch * iw rows belongs to; rows are picked by it
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        pm, pv = self.z_prior
        n = x.shape[0]
        owner = torch.arange(n * iw) % n  # 0 1 2 ... 0 1 2 ...
        m, v = self.enc(x)
        z = sample_gaussian(m[owner], v[owner])
        log_px = log_bernoulli_with_logits(x[owner], self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m[owner], v[owner])
        niwae = 0
        for b in range(n):
            niwae = niwae - log_mean_exp(log_w[owner == b], dim=0)
        return niwae / n, kl_normal(m, v, pm, pv).sum() / n, -log_px.sum() / (n * iw)

# %% right | gaussian-nll-loss | Gaussian densities by F.gaussian_nll_loss, the encoder run on repeated images
def log_gauss(z, m, v):
    return -F.gaussian_nll_loss(m.expand_as(z), z, v.expand_as(z), full=True, eps=1e-12, reduction="none").sum(-1)


class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        copies = torch.cat([x] * iw, dim=0)  # (iw * batch, 784), whole copies
        m, v = self.enc(copies)
        pm, pv = self.z_prior
        z = torch.normal(torch.zeros_like(m), 1.0) * v.sqrt() + m
        log_px = log_bernoulli_with_logits(copies, self.dec(z))
        log_ratio = log_gauss(z, pm, pv) - log_gauss(z, m, v)
        log_w = torch.stack((log_px + log_ratio).split(len(x)))  # (iw, batch)
        niwae = -log_mean_exp(log_w, dim=0).mean()
        return niwae, -log_ratio.mean(), -log_px.mean()

# %% wrong | mean-of-logs | averages the log weights over the draws: that is the ELBO from more draws, not the log of the mean weight
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        qm, qv = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(qm.expand(-1, iw, -1), qv)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, qm, qv)
        niwae = -log_w.mean(dim=1)
        return niwae.mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | repeat-read-as-batch-iw | repeat stacks whole copies, (iw, batch), but the result is viewed as (batch, iw): rows mix images | mixed-layout
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mm, vv, xx = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
        z = sample_gaussian(mm, vv)
        log_px = log_bernoulli_with_logits(xx, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mm, vv)
        niwae = -log_mean_exp(log_w.view(x.shape[0], iw), dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | closed-kl-in-the-weight | the closed-form KL stands in the weight where each draw's own log q - log p(z) belongs | analytic-kl
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        kl = kl_normal(m, v, pm, pv)
        log_w = log_px - kl.unsqueeze(1)
        niwae = -log_mean_exp(log_w, dim=1)
        return niwae.mean(), kl.mean(), -log_px.mean()

# %% wrong | log-sum-instead-of-mean | logsumexp without - log k: the weights are summed, not averaged | log-k-missing
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v.sqrt())
        z = q.rsample((iw,))
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - q.log_prob(z).sum(-1)
        niwae = -torch.logsumexp(log_w, dim=0).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        return niwae, kl, -log_px.mean()

# %% wrong | one-z-for-all-draws | sample_gaussian gets (batch, 1, z_dim) and makes one draw per image; the copies share it | one-z-for-all-draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1, v1).expand(-1, iw, -1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | minus-forgotten | returns the bound itself: niwae must be its negative | sign
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = log_mean_exp(log_w, dim=1).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        rec = -log_px.mean()
        return niwae, kl, rec

# %% wrong | log-mean-exp-over-images | log_mean_exp along axis 0 averages the images inside the logarithm and the draws outside | batch-inside-the-log
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=0).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | exp-before-log | exponentiates the log weights without a shift: they underflow to 0 and the bound is infinite | exponentiates-first
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        w = torch.exp(log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1))
        niwae = -torch.log(w.mean(dim=1)).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | kl-plus-rec-made-to-fit | rec is computed as niwae - kl so that the terms add up; for iw > 1 they must not | rec-made-to-fit
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_w = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z)) + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        rec = niwae - kl
        return niwae, kl, rec

# %% wrong | log-q-forgotten | the weight is p(x, z) alone: - log q(z given x) is missing | without-q
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | no-mean-over-images | returns one bound, KL and rec per image instead of three scalars | terms-not-reduced
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        return -log_mean_exp(log_w, dim=1), kl_normal(m, v, pm, pv), -log_px.mean(1)

# %% wrong | log-k-twice | subtracts log k after log_mean_exp, which has done so already | log-k-twice
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        iwae = log_mean_exp(log_w, dim=1) - math.log(iw)
        return -iwae.mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | std-into-log-normal | hands standard deviations to log_normal for q, which expects the variance | standard-deviation-in-log-q
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1.sqrt())
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | prior-and-posterior-signs-swapped | adds log q and subtracts log p(z): the ratio stands upside down | prior-and-q-swapped
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, m1, v1) - log_normal(z, pm, pv)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | prior-hard-coded | log p(z) and kl use N(0, 1) written out instead of self.z_prior | standard-prior-written-in
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        zero, one = torch.zeros(1), torch.ones(1)
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, zero, one) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, zero, one).mean(), -log_px.mean()

# %% wrong | x-without-axis | x stays (batch, 784) beside logits (batch, iw, 784): raises, or pairs images with draws when iw equals batch
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | sample-cuts-the-graph | q.sample() instead of q.rsample(): no gradient passes through z to the encoder | z-detached
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q, p = Normal(m, v.sqrt()), Normal(pm, pv.sqrt())
        z = q.sample((iw,))
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + p.log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
        niwae = -log_mean_exp(log_w, dim=0).mean()
        return niwae, kl_divergence(q, p).sum(-1).mean(), -log_px.mean()

# %% wrong | v-as-std-in-the-draw | own noise scaled by v, so that the draws do not come from the q whose density stands in the weight
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = m1 + v1 * torch.randn(x.shape[0], iw, m.shape[1])
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | softmax-weighted-logs | averages the log weights with softmax shares: right gradient if the shares are detached, but not the bound's value
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        w_tilde = torch.softmax(log_w, dim=1).detach()
        niwae = -(w_tilde * log_w).sum(dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | rec-weighted | rec and kl are averaged with the normalised weights; the card wants the ELBO's two terms, unweighted | terms-weighted
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_ratio = log_normal(z, m1, v1) - log_normal(z, pm, pv)
        log_w = log_px - log_ratio
        share = torch.softmax(log_w, dim=1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        kl = (share * log_ratio).sum(1).mean()
        rec = -(share * log_px).sum(1).mean()
        return niwae, kl, rec

# %% wrong | same-noise-for-all-images | noise of shape (1, iw, z_dim): the draws differ, but every image gets the same ones | one-noise-for-the-batch
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        eps = torch.randn(1, iw, self.z_dim)
        z = m1 + torch.sqrt(v1) * eps
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | two-mistakes-sum-and-logsum | log of the summed weights without - log k, and a sum over the images instead of the mean
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -torch.logsumexp(log_w, dim=1).sum()
        return niwae, kl_normal(m, v, pm, pv).sum(), -log_px.mean(1).sum()

# %% wrong | two-mistakes-swapped-kl-and-rec-sum | the closed-form KL (with its arguments swapped) in the weight, and a rec that is summed over the draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        rec = -log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        kl = kl_normal(pm, pv, m, v)
        niwae = -log_mean_exp(-(kl.unsqueeze(1) + rec), dim=1)
        return niwae.mean(), kl.mean(), rec.sum(1).mean()

# %% wrong | two-mistakes-nowhere-minus | both minus signs are missing: niwae is the bound itself and rec is log p(x given z) | no-minus-anywhere
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mm = m.repeat_interleave(iw, 0)
        vv = v.repeat_interleave(iw, 0)
        z = sample_gaussian(mm, vv)
        rec = log_bernoulli_with_logits(x.repeat_interleave(iw, 0), self.dec(z))
        log_w = rec + log_normal(z, pm, pv) - log_normal(z, mm, vv)
        niwae = log_mean_exp(log_w.view(-1, iw), 1)
        return niwae.mean(), kl_normal(m, v, pm, pv).mean(), rec.mean()

# %% wrong | terms-averaged-separately | takes log_mean_exp of log p(x given z), log p(z) and log q each by itself and then adds: the log of a mean of products is not that | terms-averaged-apart
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        a = log_mean_exp(log_px, dim=1)
        b = log_mean_exp(log_normal(z, pm, pv), dim=1)
        c = log_mean_exp(log_normal(z, m1, v1), dim=1)
        niwae = -(a + b - c).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | minus-inside | log_mean_exp of the NELBOs, i.e. of minus the log weights: the mean of 1/w, an upper bound instead of a lower one | mean-of-inverse-weights
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        rec = -log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        nelbos = rec + log_normal(z, m1, v1) - log_normal(z, pm, pv)
        niwae = log_mean_exp(nelbos, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), rec.mean()

# %% wrong | antithetic-pairs | draws come in mirrored pairs m + s e and m - s e; the card asks for independent draws | mirrored-draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        half = torch.randn(x.shape[0], (iw + 1) // 2, self.z_dim)
        eps = torch.cat([half, -half], dim=1)[:, :iw]
        z = m1 + v1.sqrt() * eps
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | best-draw-only | keeps the largest log weight of each image instead of the log of the mean weight | best-of-the-draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_w.amax(dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | mean-smuggled-in | puts the mean of q in place of the first draw "to be safe"; it is no draw, so its weight is biased and iw = 1 has no noise
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        z = torch.cat([m1, z[:, 1:]], dim=1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | one-pool-for-the-whole-batch | all batch * iw weights go into one log_mean_exp, as if the batch were a single image with one p(x) | all-inside-the-log
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m1, v1 = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m1.expand(-1, iw, -1), v1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m1, v1)
        niwae = -log_mean_exp(log_w.flatten(), dim=0)
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()
