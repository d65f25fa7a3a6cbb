# %% right | cs236-duplicate | whole copies, weights reshaped to (iw, batch), averaged over axis 0; kl and rec from the same draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        batch = x.size(0)
        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        logits = self.dec(z)
        kl = log_normal(z, m_, v_) - log_normal(z, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x_, logits)
        nelbo = kl + rec
        niwae = -log_mean_exp(-nelbo.reshape(iw, batch), dim=0)
        return niwae.mean(), kl.mean(), rec.mean()


# %% right | axis-and-elbo | an axis for the draws; kl in closed form, rec from one more draw in an ELBO helper
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_w(self, x, iw):
        m, v = self.enc(x)
        m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m, v)
        log_p_x = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        return log_p_x + log_normal(z, *self.z_prior) - log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_w(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec


# %% right | running-logaddexp | one draw after the other, the weights added up by logaddexp, rec a running mean
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        total, rec = None, 0.0
        for _ in range(iw):
            z = m + torch.sqrt(v) * torch.randn_like(v)
            log_lik = log_bernoulli_with_logits(x, self.dec(z))
            log_w = log_lik + log_normal(z, pm, pv) - log_normal(z, m, v)
            total = log_w if total is None else torch.logaddexp(total, log_w)
            rec = rec - log_lik.mean() / iw
        niwae = (math.log(iw) - total).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), rec


# %% right | distributions-draws-first | torch.distributions, rsample((iw,)), logsumexp over axis 0
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        p = Normal(self.z_prior[0], self.z_prior[1].sqrt())
        z = q.rsample((iw,))
        lik = Bernoulli(logits=self.dec(z), validate_args=False)
        log_lik = lik.log_prob(x.expand(iw, -1, -1)).sum(-1)
        log_w = log_lik + (p.log_prob(z) - q.log_prob(z)).sum(-1)
        bound = torch.logsumexp(log_w, dim=0) - math.log(iw)
        return -bound.mean(), kl_divergence(q, p).sum(-1).mean(), -log_lik.mean()


# %% right | image-by-image | repeat_interleave'd copies of one image at a time, stacked triples
class VAE(given.VAE):
    def _terms(self, image, iw):
        qm, qv = self.enc(image[None])
        pm, pv = self.z_prior
        z = sample_gaussian(qm.repeat(iw, 1), qv.repeat(iw, 1))
        log_lik = -F.binary_cross_entropy_with_logits(self.dec(z), image.repeat(iw, 1), reduction="none").sum(1)
        log_w = log_lik + log_normal(z, pm, pv) - log_normal(z, qm, qv)
        return torch.stack([-log_mean_exp(log_w, 0), kl_normal(qm, qv, pm, pv)[0], -log_lik[0]])

    def negative_iwae_bound(self, x, iw):
        niwae, kl, rec = torch.stack([self._terms(image, iw) for image in x]).mean(dim=0)
        return niwae, kl, rec


# %% wrong | copies-read-batch-iw | whole copies reshaped to (batch, iw): the rows mix images
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        batch = x.shape[0]
        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        logits = self.dec(z)
        kl = log_normal(z, m_, v_) - log_normal(z, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x_, logits)
        niwae = -log_mean_exp((-(kl + rec)).reshape(batch, iw), dim=1)
        return niwae.mean(), kl.mean(), rec.mean()


# %% wrong | closed-form-kl-inside | log_mean_exp of -(rec + closed-form kl): no bound
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_ = m.repeat_interleave(iw, 0), v.repeat_interleave(iw, 0)
        x_ = x.repeat_interleave(iw, 0)
        z = sample_gaussian(m_, v_)
        rec = -log_bernoulli_with_logits(x_, self.dec(z))
        kl = kl_normal(m_, v_, self.z_prior[0], self.z_prior[1])
        nelbo = kl + rec
        niwae = -log_mean_exp(-nelbo.view(-1, iw), dim=1)
        return niwae.mean(), kl.mean(), rec.mean()


# %% wrong | standard-prior-in-weights | log p(z) with zeros and ones written in: right for the standard prior only
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_ = m.unsqueeze(1).expand(-1, iw, -1)
        v_ = v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        log_p = log_normal(z, torch.zeros_like(z), torch.ones_like(z))
        log_q = log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_lik + log_p - log_q, dim=1).mean()
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).mean()
        return niwae, kl, -log_lik.mean()


# %% wrong | standard-prior-in-kl | the weights use z_prior, but the kl returned is the tutorial's formula for N(0, I)
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_ = m.unsqueeze(1).expand(-1, iw, -1)
        v_ = v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_w, dim=1)
        kl = -0.5 * torch.sum(1 + torch.log(v) - m.pow(2) - v, dim=-1)
        return niwae.mean(), kl.mean(), -log_lik.mean()


# %% wrong | mean-of-iw | the mean of the log weights over the draws: the ELBO from more draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        batch = x.size(0)
        m, v = self.enc(x)
        m_, v_, x_ = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
        z = sample_gaussian(m_, v_)
        kl = log_normal(z, m_, v_) - log_normal(z, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x_, self.dec(z))
        nelbo = (kl + rec).reshape(iw, batch)
        niwae = nelbo.mean(dim=0)
        return niwae.mean(), kl.mean(), rec.mean()


# %% wrong | self-normalised | sum of softmax weights times log weights instead of log-mean-exp
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        z = m + v.sqrt() * torch.randn(iw, *m.shape).to(m)
        log_lik = log_bernoulli_with_logits(x.expand(iw, *x.shape), self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m, v)
        w = torch.softmax(log_w, dim=0).detach()
        niwae = -(w * log_w).sum(0).mean()
        kl = kl_normal(m, v, *self.z_prior).mean()
        return niwae, kl, -log_lik.mean()


# %% wrong | kl-as-the-rest | kl is niwae - rec, so that the two add up: not the ELBO's kl
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        z = m + v.sqrt() * torch.randn(iw, *m.shape).to(m)
        log_lik = log_bernoulli_with_logits(x.expand(iw, *x.shape), self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m, v)
        niwae = -log_mean_exp(log_w, dim=0).mean()
        rec = -log_lik.mean()
        kl = niwae - rec
        return niwae, kl, rec


# %% wrong | rec-importance-weighted | rec is the log-mean-exp of the likelihoods, not the ELBO's reconstruction term
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_ = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        log_ratio = log_normal(z, *self.z_prior) - log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_lik + log_ratio, dim=1).mean()
        rec = -log_mean_exp(log_lik, dim=1).mean()
        return niwae, kl_normal(m, v, *self.z_prior).mean(), rec


# %% wrong | images-inside | log_mean_exp over the flat list: images are averaged inside the logarithm
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_, x_ = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x_, self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_w, dim=0)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_lik.mean()
        return niwae, kl, rec


# %% wrong | sum-and-mixed | two slips: log-sum-exp without log iw, and whole copies read as (batch, iw)
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_, x_ = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
        z = sample_gaussian(m_, v_)
        kl = log_normal(z, m_, v_) - log_normal(z, *self.z_prior)
        rec = -log_bernoulli_with_logits(x_, self.dec(z))
        niwae = -torch.logsumexp(-(kl + rec).view(x.size(0), iw), dim=1)
        return niwae.mean(), kl.mean(), rec.mean()


# %% wrong | one-z-and-unsafe | two slips: z is drawn before it is copied, and exp, mean, log without a shift
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        z_ = z.repeat_interleave(iw, dim=0)
        m_, v_, x_ = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        log_lik = log_bernoulli_with_logits(x_, self.dec(z_))
        log_w = (log_lik + log_normal(z_, *self.z_prior) - log_normal(z_, m_, v_)).view(-1, iw)
        niwae = -torch.log(torch.exp(log_w).mean(1) + 1e-20).mean()
        return niwae, kl_normal(m, v, *self.z_prior).mean(), -log_lik.mean()


# %% wrong | swapped-kl-and-signs | two slips: kl_normal with prior first, and rec is returned as the positive log-likelihood
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior[0].expand_as(m), self.z_prior[1].expand_as(v)
        m_, v_ = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_w, dim=1)
        kl = kl_normal(pm, pv, m, v)
        rec = log_lik
        return niwae.mean(), kl.mean(), rec.mean()


# %% wrong | wrong-axis-and-vector | two slips: (batch, iw) averaged over axis 0 inside the logarithm, and kl is not averaged over the images
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_, x_ = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = sample_gaussian(m_, v_)
        log_lik = log_bernoulli_with_logits(x_, self.dec(z))
        log_w = log_lik + log_normal(z, *self.z_prior) - log_normal(z, m_, v_)
        niwae = -log_mean_exp(log_w.reshape(-1, iw), dim=0).mean()
        kl = kl_normal(m, v, *self.z_prior)
        return niwae, kl, -log_lik.mean()


# %% wrong | sqrt-and-detached-q | two slips: sample_gaussian gets sqrt(v), and the log q in the weight is detached as a constant
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        m_, v_ = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(m_, torch.sqrt(v_))
        log_lik = log_bernoulli_with_logits(x.unsqueeze(1).expand(-1, iw, -1), self.dec(z))
        log_q = log_normal(z, m_, v_).detach()
        log_w = log_lik + log_normal(z, *self.z_prior) - log_q
        niwae = -log_mean_exp(log_w, dim=1).mean()
        return niwae, kl_normal(m, v, *self.z_prior).mean(), -log_lik.mean()
