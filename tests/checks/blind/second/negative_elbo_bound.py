# %% right | six-steps | the given functions, one line a step
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | means-first | averages the two terms, then adds the scalars; starred prior
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        q = self.enc(x)
        kl = kl_normal(*q, *self.z_prior).mean()
        rec = log_bernoulli_with_logits(x, self.dec(sample_gaussian(*q))).mean().neg()
        return kl + rec, kl, rec

# %% right | by-hand | everything written out: randn_like, the Gaussian KL, x a - softplus(a)
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        eps = torch.randn_like(m)
        z = m + torch.sqrt(v) * eps
        pm, pv = self.z_prior
        kl = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1).sum(dim=1)
        a = self.dec(z)
        rec = (F.softplus(a) - x * a).sum(dim=1)
        kl, rec = kl.mean(), rec.mean()
        return kl + rec, kl, rec

# %% right | distributions | Normal.rsample, kl_divergence, binary cross-entropy summed and divided by the batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        p = Normal(self.z_prior[0], self.z_prior[1].sqrt())
        kl = kl_divergence(q, p).sum(-1).mean()
        logits = self.dec(q.rsample())
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.shape[0]
        return kl + rec, kl, rec

# %% right | independent | Independent wrappers around Normal and Bernoulli (validate_args off for grey)
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        posterior = Independent(Normal(m, v**0.5), 1)
        prior = Independent(Normal(pm.expand_as(m), pv.expand_as(m) ** 0.5), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(posterior.rsample()), validate_args=False), 1)
        kl = kl_divergence(posterior, prior)
        rec = -likelihood.log_prob(x)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | multivariate | full MultivariateNormals with diagonal Cholesky factors
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = (t.expand_as(m) for t in self.z_prior)
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
        p = MultivariateNormal(pm, scale_tril=torch.diag_embed(pv.sqrt()))
        kl = torch.distributions.kl_divergence(q, p).mean()
        z = q.rsample()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% right | image-by-image | a loop over the images, totals divided at the end
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        pm, pv = self.z_prior
        total_kl, total_rec = 0.0, 0.0
        for i in range(len(x)):
            one = x[i : i + 1]
            m, v = self.enc(one)
            z = m + v.sqrt() * torch.randn(m.shape)
            total_kl = total_kl + given.kl_normal(m, v, pm, pv)[0]
            total_rec = total_rec - given.log_bernoulli_with_logits(one, self.dec(z))[0]
        kl, rec = total_kl / len(x), total_rec / len(x)
        return kl + rec, kl, rec

# %% right | kl-same-draw | KL estimated from the same z as log q(z) - log p(z)
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = (given.log_normal(z, m, v) - given.log_normal(z, *self.z_prior)).mean()
        rec = (-given.log_bernoulli_with_logits(x, self.dec(z))).mean()
        return kl + rec, kl, rec

# %% right | kl-antithetic | KL from a pair z, 2m - z of opposite draws; only z is decoded
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        mirrored = 2 * m - z
        estimates = [given.log_normal(u, m, v) - given.log_normal(u, pm, pv) for u in (z, mirrored)]
        kl = sum(estimates) / 2
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | kl-many-draws | KL as the average over 50 draws of its own, rec from one other draw
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        pm, pv = self.z_prior
        many = q.rsample((50,))
        kl = (q.log_prob(many) - Normal(pm, pv.sqrt()).log_prob(many)).sum(-1).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(q.rsample())).mean()
        return kl + rec, kl, rec

# %% right | einsum | products and sums by einsum
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        b = m.shape[0]
        a = self.dec(m + torch.einsum("bd,bd->bd", v.sqrt(), torch.randn_like(v)))
        rec = (F.softplus(a).sum() - torch.einsum("bp,bp->", x.to(a.dtype), a)) / b
        precision = (1 / pv).expand_as(m)
        d = m - pm
        quadratic = torch.einsum("bd,bd,bd->", d, d, precision) + torch.einsum("bd,bd->", v, precision)
        kl = (quadratic - torch.log(v * precision).sum() - m.numel()) / (2 * b)
        return kl + rec, kl, rec

# %% right | logsigmoid | log p and log(1 - p) by logsigmoid of plus and minus the logit
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        logits = self.dec(given.sample_gaussian(m, v))
        log_ink, log_paper = F.logsigmoid(logits), F.logsigmoid(-logits)
        rec = -torch.sum(x * log_ink + (1 - x) * log_paper, dim=-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        both = torch.stack([kl, rec], dim=1).mean(dim=0)
        return both.sum(), both[0], both[1]

# %% right | two-class-cross-entropy | F.cross_entropy over the classes paper and ink with soft targets
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        logits = self.dec(given.sample_gaussian(m, v))
        scores = torch.stack([torch.zeros_like(logits), logits], dim=1)
        target = torch.stack([1 - x, x], dim=1).to(scores.dtype)
        rec = F.cross_entropy(scores, target, reduction="none").sum(1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

# %% right | cross-minus-entropy | KL as cross-entropy minus entropy
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        entropy = 0.5 * (1 + math.log(2 * math.pi) + v.log()).sum(1)
        cross = 0.5 * (math.log(2 * math.pi) + pv.log() + (v + (m - pm).square()) / pv).sum(1)
        kl = cross - entropy
        z = m + v.sqrt() * torch.randn_like(m)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return torch.mean(kl + rec), torch.mean(kl), torch.mean(rec)

# %% right | whitened | changes to units in which the prior is standard, then the tutorial formula
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mu, var = (m - pm) / pv.sqrt(), v / pv
        kl = -0.5 * torch.sum(1 + var.log() - mu.pow(2) - var, dim=-1)
        w = mu + var.sqrt() * torch.randn(mu.shape, dtype=mu.dtype)
        rec = F.binary_cross_entropy_with_logits(self.dec(pm + pv.sqrt() * w), x, reduction="none").sum(-1)
        kl, rec = kl.mean(), rec.mean()
        return kl + rec, kl, rec

# %% right | logvar-style | turns the variance into a log-variance and goes on as the tutorials do
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        mu, var = self.enc(x)
        logvar = torch.log(var)
        z = mu + torch.exp(0.5 * logvar) * torch.empty_like(mu).normal_()
        pm, pv = self.z_prior
        plogvar = torch.log(pv)
        kl = 0.5 * torch.sum(plogvar - logvar - 1 + torch.exp(logvar - plogvar) + (mu - pm) ** 2 * torch.exp(-plogvar), -1)
        bce = nn.BCEWithLogitsLoss(reduction="none")(self.dec(z), x).sum(-1)
        return (kl + bce).mean(0), kl.mean(0), bce.mean(0)

# %% right | box-muller | makes its normal numbers from two uniform ones
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        u1 = 1 - torch.rand(m.shape, dtype=torch.float64)
        u2 = torch.rand(m.shape, dtype=torch.float64)
        eps = (torch.sqrt(-2 * torch.log(u1)) * torch.cos(2 * math.pi * u2)).to(m.dtype)
        z = m + v.sqrt() * eps
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | inverse-cdf | uniform numbers through the inverse normal distribution function
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        u = torch.rand(m.shape, dtype=torch.float64).clamp(1e-15, 1 - 1e-15)
        z = m + v.sqrt() * torch.special.ndtri(u).to(m.dtype)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = given.log_bernoulli_with_logits(x, self.dec(z)).mean().mul(-1)
        return torch.add(kl, rec), kl, rec

# %% right | chunked | decodes three images at a time and collects
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        rec = torch.cat([-given.log_bernoulli_with_logits(xs, self.dec(zs)) for xs, zs in zip(x.split(3), z.split(3))])
        kl = given.kl_normal(m, v, *self.z_prior)
        return kl.mean() + rec.mean(), kl.mean(), rec.mean()

# %% right | transposed | latents in rows: (z_dim, batch) for noise and KL, turned back for the decoder
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = (t.T for t in self.enc(x))
        pm, pv = (t.expand(m.shape[1], m.shape[0]).T for t in self.z_prior)
        zt = m + v.sqrt() * torch.randn_like(m)
        ratio = v / pv
        kl = 0.5 * (ratio - ratio.log() - 1 + (m - pm) ** 2 / pv).sum(0)
        rec = -given.log_bernoulli_with_logits(x, self.dec(zt.T))
        nelbo, kl, rec = ((kl + rec).mean(), kl.mean(), rec.mean())
        return nelbo, kl, rec

# %% right | vmap-kl | the KL of one image, mapped over the batch with torch.vmap
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior

        def kl_of_one(mi, vi):
            return 0.5 * torch.sum(torch.log(pv / vi) + vi / pv + (mi - pm) ** 2 / pv - 1)

        def rec_of_one(xi, ai):
            return torch.sum(F.softplus(ai)) - torch.dot(xi, ai)

        logits = self.dec(given.sample_gaussian(m, v))
        kl = torch.vmap(kl_of_one)(m, v).mean()
        rec = torch.vmap(rec_of_one)(x.to(logits.dtype), logits).mean()
        return kl + rec, kl, rec

# %% right | transformed-distribution | a standard normal pushed through an AffineTransform
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        base = Independent(Normal(torch.zeros_like(m), torch.ones_like(m)), 1)
        affine = torch.distributions.transforms.AffineTransform(m, v.sqrt(), event_dim=1)
        z = TransformedDistribution(base, [affine]).rsample()
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | helpers | a helper method for every part
class VAE(given.VAE):
    def _draw(self, m, v):
        return torch.addcmul(m, v.sqrt(), torch.randn_like(m))

    def _cost_of_z(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm, pv)

    def _cost_of_x(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        costs = self._cost_of_z(m, v), self._cost_of_x(x, self._draw(m, v))
        kl, rec = map(torch.mean, costs)
        return kl + rec, kl, rec

# %% right | latent-by-latent | KL adds up over the latent dimensions in a loop
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = (t.expand_as(m) for t in self.z_prior)
        kl = torch.zeros(len(x), dtype=m.dtype)
        for d in range(m.shape[1]):
            mean, var, prior_mean, prior_var = m[:, d], v[:, d], pm[:, d], pv[:, d]
            kl = kl + 0.5 * (torch.log(prior_var / var) + (var + (mean - prior_mean) ** 2) / prior_var - 1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).sum() / len(x), kl.sum() / len(x), rec.sum() / len(x)

# %% right | minus-noise-rows | noise row by row and subtracted: m - sqrt(v) eps
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        noise = torch.stack([torch.normal(0.0, 1.0, (m.shape[1],), dtype=m.dtype) for _ in range(m.shape[0])])
        z = m - v.sqrt() * noise
        log_px = -F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(dim=1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        elbo = log_px - kl
        return -elbo.mean(), kl.mean(), -log_px.mean()

# %% right | k-draws-with-k-one | written for K draws by repeat_interleave and view, with K = 1
class VAE(given.VAE):
    def negative_elbo_bound(self, x, draws=1):
        m, v = self.enc(x)
        b = x.shape[0]
        z = given.sample_gaussian(m.repeat_interleave(draws, 0), v.repeat_interleave(draws, 0))
        logits = self.dec(z)
        rec = -given.log_bernoulli_with_logits(x.repeat_interleave(draws, 0), logits).view(b, draws).mean(1)
        kl = given.kl_normal(m, v, *self.z_prior)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | float64-sums | both terms in double precision, the means back in the model's dtype
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        a = self.dec(given.sample_gaussian(m, v)).double()
        rec = (torch.logaddexp(a, torch.zeros_like(a)) - x.double() * a).sum(-1).mean()
        pm, pv = (t.double() for t in self.z_prior)
        kl = given.kl_normal(m.double(), v.double(), pm, pv).mean()
        return tuple(t.to(m.dtype) for t in (kl + rec, kl, rec))

# %% right | mean-times-pixels | torch's mean loss times the number of pixels, KL mean times the number of latents
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q, p = Normal(m, v.sqrt()), Normal(self.z_prior[0], self.z_prior[1].sqrt())
        rec = F.binary_cross_entropy_with_logits(self.dec(q.rsample()), x) * x.shape[1]
        kl = kl_divergence(q, p).mean() * m.shape[1]
        return rec + kl, kl, rec

# %% right | own-generator | noise from a generator of its own, seeded by the global one at each call
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
        eps = torch.randn(m.shape, generator=generator, dtype=m.dtype)
        z = m + eps.mul(v.sqrt())
        per_image = torch.stack(
            [given.kl_normal(m, v, *self.z_prior), -given.log_bernoulli_with_logits(x, self.dec(z))]
        )
        kl, rec = per_image.mean(1).unbind()
        return kl + rec, kl, rec

# %% right | log-weight | the negative mean of log-likelihood plus the KL per coordinate, in numbers of the noise: KL estimated from eps
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        eps = torch.randn_like(v)
        z = m + v.sqrt() * eps
        log_q = -0.5 * (eps**2 + v.log()).sum(1)
        log_p = -0.5 * ((z - pm) ** 2 / pv + pv.log()).sum(1)
        log_lik = given.log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_lik + log_p - log_q
        return -log_w.mean(), (log_q - log_p).mean(), -log_lik.mean()

# %% wrong | rec-sign | the minus sign of rec is missing: the log-likelihood is added | rec-sign-everywhere
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | kl-mean-over-latents | kl_divergence averaged over latents too instead of summed | kl-mean-over-latents
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        p = Normal(self.z_prior[0], self.z_prior[1].sqrt())
        kl = kl_divergence(q, p).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(q.rsample())).mean()
        return kl + rec, kl, rec

# %% wrong | variance-as-sd | Normal(m, v): the variance stands where the standard deviation belongs, in z and in the KL
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q, p = Normal(m, v), Normal(pm, pv)
        kl = kl_divergence(q, p).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(q.rsample()))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | exp-half-v | z drawn as if v were a log-variance: m + exp(v / 2) eps | log-variance-in-the-draw
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + torch.exp(0.5 * v) * torch.randn_like(m)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | sqrt-in-place | v.sqrt_() turns the variance into the sd in place, so that the KL afterwards uses the sd as variance | standard-deviation-in-kl
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        v = v.clone()
        z = m + v.sqrt_() * torch.randn_like(m)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | sd-detached | the standard deviation is detached in z: rec sends no gradient into v
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        scale = v.detach().sqrt()
        z = m + scale * torch.randn_like(scale)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | sample-not-rsample | q.sample() instead of rsample(): no gradient through z to the encoder | z-detached
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        z = q.sample()
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(1)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | row-noise | one noise vector of length z_dim for all images of the batch | one-noise-for-the-batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + v.sqrt() * torch.randn(m.shape[-1], dtype=m.dtype)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | cached-noise | the noise is drawn once for a shape and kept on the model: every call uses the same | seed-inside
class VAE(given.VAE):
    def _noise(self, like):
        kept = self.__dict__.get("_eps")
        if kept is None or kept.shape != like.shape:
            kept = torch.randn_like(like)
            self.__dict__["_eps"] = kept.detach()
        return kept.detach()

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + v.sqrt() * self._noise(m)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | seeded | torch.manual_seed(0) in the method: the same z at each call, and the global seed is reset | seed-inside
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        torch.manual_seed(0)
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | truncated-noise | noise clamped to [-2, 2] for stability: its standard deviation is 0.96 and z has no tails
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        eps = torch.randn_like(m).clamp(-2, 2)
        z = m + v.sqrt() * eps
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | standardised-noise | the noise is standardised over the batch (mean 0, sd 1 in each column): images share it, and a batch of one gives nan
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        eps = torch.randn_like(m)
        eps = (eps - eps.mean(0)) / eps.std(0)
        z = m + v.sqrt() * eps
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | scrambled-latents | noise added in the layout (z_dim, batch), brought back by reshape instead of transposing: images get others' latents | z-of-another-image
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        zt = m.t() + v.t().sqrt() * torch.randn(m.shape[1], m.shape[0], dtype=m.dtype)
        z = zt.reshape(m.shape)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | kl-relu | one-draw estimates of the KL, each clamped at 0 because a KL is never negative: too large on average
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = (given.log_normal(z, m, v) - given.log_normal(z, *self.z_prior)).clamp(min=0).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | kl-divides-by-v | (m - pm)^2 is divided by the variance of q instead of the prior's
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = 0.5 * (pv.log() - v.log() + v / pv + (m - pm) ** 2 / v - 1).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | rounded-pixels | grey pixels are rounded to black and white before they are scored
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        logits = self.dec(given.sample_gaussian(m, v))
        target = (x > 0.5).to(logits.dtype)
        rec = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(-1)
        kl = given.kl_normal(m, v, *self.z_prior)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | bce-from-probabilities | sigmoid, then F.binary_cross_entropy: its logs are cut at -100, value and slope wrong for large logits | bce-of-probabilities
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        p = torch.sigmoid(self.dec(given.sample_gaussian(m, v)))
        rec = F.binary_cross_entropy(p, x, reduction="none").sum(-1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

# %% right | two-draws | rec is reported for one z and the bound computed with another: nelbo is not kl + rec (written as wrong; right by the card: each of the three is right on average)
class VAE(given.VAE):
    def _rec(self, x, m, v):
        return -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v)))

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior)
        nelbo = kl + self._rec(x, m, v)
        return nelbo.mean(), kl.mean(), self._rec(x, m, v).mean()

# %% wrong | free-bits | the KL of each latent dimension is counted as at least 0.25 nats
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        each = given.kl_normal(m[..., None], v[..., None], pm[..., None], pv[..., None])
        kl = each.clamp(min=0.25).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | backward-inside | calls backward() itself (graph kept): gradients are left on the model, and the caller's come on top | backward-inside
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        nelbo = kl + rec
        if nelbo.requires_grad:
            nelbo.backward(retain_graph=True)
        return nelbo, kl, rec

# %% wrong | half-and-sign | two slips: the 1/2 of the KL is missing, and z = m without noise
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = (torch.log(pv / v) + v / pv + (m - pm) ** 2 / pv - 1).sum(-1).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(m)).mean()
        return kl + rec, kl, rec

# %% wrong | swapped-and-mean-pixels | two slips: KL of the prior to q, and rec averaged over the pixels
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(pm, pv, m, v).mean()
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x)
        return kl + rec, kl, rec

# %% wrong | prior-draw-and-order | two slips: z is drawn from the prior, and rec is returned before kl
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(pm.expand_as(m), pv.expand_as(v))
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), rec.mean(), kl.mean()

# %% wrong | column-noise-v-as-sd | two slips: one number of noise per image for all latents, and scaled by v instead of its root
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        eps = torch.randn(len(m), 1, dtype=m.dtype)
        z = m + v * eps
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | rand-and-no-one | two slips: uniform noise, and the -1 of the KL is forgotten
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + v.sqrt() * torch.rand_like(m)
        kl = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | sigmoid-twice-kl-detached | two slips: a sigmoid before the function that expects logits, and the KL enters the bound without gradient
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        with torch.no_grad():
            kl = given.kl_normal(m, v, *self.z_prior).mean()
        p = torch.sigmoid(self.dec(z))
        rec = -given.log_bernoulli_with_logits(x, p).mean()
        return kl + rec, kl, rec

# %% wrong | detached-z-and-minus | two slips: z is detached, and the KL is subtracted from rec in the bound
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v).detach()
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = rec - kl
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | clamped-logits-kl-batch-sum | two slips: logits clamped to [-10, 10], and the KL summed over the batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        logits = self.dec(z).clamp(-10, 10)
        rec = -given.log_bernoulli_with_logits(x, logits).mean()
        kl = given.kl_normal(m, v, *self.z_prior).sum()
        return kl + rec, kl, rec

# %% wrong | swapped-images-and-vector | two slips: x and logits swapped in the likelihood, and nothing is averaged over the batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(self.dec(z), x)
        return kl + rec, kl, rec

# %% wrong | pooled-q-and-item | two slips: the KL of the batch-averaged m and v, and plain Python numbers without gradient are returned
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m.mean(0), v.mean(0), *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        nelbo = kl + rec
        return nelbo.item(), kl.item(), rec.item()
