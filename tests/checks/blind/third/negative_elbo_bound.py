# %% right | cs236-six-lines | the six steps with the given functions
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()


# %% right | all-distributions | torch.distributions throughout, validation off for grey pixels
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        pm, pv = self.z_prior
        p = Normal(pm, pv.sqrt())
        decoder = Bernoulli(logits=self.dec(q.rsample()), validate_args=False)
        kl = kl_divergence(q, p).sum(-1).mean()
        rec = -decoder.log_prob(x).sum(-1).mean()
        return kl + rec, kl, rec


# %% right | kl-from-the-draw | kl estimated as log q(z given x) - log p(z) at the same z
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + torch.randn_like(m) * torch.sqrt(v)
        kl = torch.mean(log_normal(z, m, v) - log_normal(z, pm, pv))
        rec = torch.mean(-log_bernoulli_with_logits(x, self.dec(z)))
        return kl + rec, kl, rec


# %% right | formulas-by-hand | everything written out, sums over the last axis, BCE with reduction sum divided by the batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        batch = x.shape[0]
        m, v = self.enc(x)
        pm, pv = (t.expand_as(m) for t in self.z_prior)
        eps = torch.randn(m.shape, dtype=m.dtype, device=m.device)
        logits = self.dec(m + v.sqrt() * eps)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
        kl = 0.5 * ((pv / v).log() + (v + (m - pm) ** 2) / pv - 1).sum() / batch
        nelbo = kl + rec
        return nelbo, kl, rec


# %% right | image-by-image | a loop over the images, one draw each, stacked and averaged at the end
class VAE(given.VAE):
    def _one(self, image):
        m, v = self.enc(image.unsqueeze(0))
        z = sample_gaussian(m, v)
        pm, pv = self.z_prior
        return torch.cat([kl_normal(m, v, pm, pv), -log_bernoulli_with_logits(image[None], self.dec(z))])

    def negative_elbo_bound(self, x):
        terms = torch.stack([self._one(image) for image in x])  # (batch, 2)
        kl, rec = terms.mean(dim=0)
        return terms.sum(dim=1).mean(), kl, rec


# %% wrong | rec-without-minus | rec is returned as the log-likelihood: nelbo is right, but rec has the wrong sign and nelbo is not kl + rec
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        qm, qv = self.enc(x)
        z = sample_gaussian(qm, qv)
        kl = kl_normal(qm, qv, self.z_prior[0], self.z_prior[1])
        rec = log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl - rec
        return nelbo.mean(), kl.mean(), rec.mean()


# %% wrong | sqrt-before-sampling | sample_gaussian gets the standard deviation as its variance: noise of v**0.25
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, torch.sqrt(v))
        logits = self.dec(z)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, logits).mean()
        return kl + rec, kl, rec


# %% wrong | kl-swapped | KL of p to q: the arguments of kl_normal are in the wrong order
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        p_m = self.z_prior[0].expand(m.size())
        p_v = self.z_prior[1].expand(v.size())
        z = sample_gaussian(m, v)
        kl = torch.mean(kl_normal(p_m, p_v, m, v))
        rec = torch.mean(-log_bernoulli_with_logits(x, self.dec(z)))
        return kl + rec, kl, rec


# %% wrong | bce-of-sigmoid | binary_cross_entropy of the sigmoid: pixels sure and wrong are clamped at 100 nats and have no slope
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        probs = torch.sigmoid(self.dec(z))
        rec = F.binary_cross_entropy(probs, x, reduction="none").sum(-1)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        nelbo = rec + kl
        return nelbo.mean(), kl.mean(), rec.mean()


# %% wrong | order-of-return | returns nelbo, rec, kl
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).mean()
        nelbo = rec + kl
        return nelbo, rec, kl


# %% wrong | one-noise-for-the-batch | the noise has shape (z_dim,) and is shared by all images
class VAE(given.VAE):
    def reparameterize(self, m, v):
        eps = torch.randn(self.z_dim).to(m)
        return m + eps * torch.sqrt(v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = self.reparameterize(m, v)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec


# %% wrong | free-bits | each image's kl counts at least 3 nats, also in what is returned
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        kl = torch.clamp(kl, min=3.0)
        rec = -log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()


# %% wrong | no-grad-draw | z is taken out of the graph before decoding: rec teaches the encoder nothing
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        with torch.no_grad():
            z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).mean()
        rec = -log_bernoulli_with_logits(x, logits).mean()
        return kl + rec, kl, rec


# %% wrong | kl-at-a-prior-draw | kl is estimated at z drawn from the prior: on average -KL of p to q
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = [t.expand_as(m) for t in self.z_prior]
        z = sample_gaussian(m, v)
        rec = -log_bernoulli_with_logits(x, self.dec(z))
        z = sample_gaussian(pm, pv)
        kl = log_normal(z, m, v) - log_normal(z, pm, pv)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()


# %% wrong | no-noise-and-sum | two slips: the mean is decoded without noise, and the batch is summed
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        logits = self.dec(m)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).sum()
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return kl + rec, kl, rec


# %% wrong | variance-noise-mean-latents | two slips: noise scaled by v instead of its root, and the kl averaged over the latent dimensions
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + v * torch.randn_like(m)
        kl = torch.mean(0.5 * (torch.log(pv / v) + v / pv + (m - pm) ** 2 / pv - 1))
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec


# %% wrong | sigmoid-and-item | two slips: the sigmoid comes before the loss on logits, and kl and rec are plain numbers
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        x_hat = torch.sigmoid(self.dec(z))
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1]).mean()
        rec = F.binary_cross_entropy_with_logits(x_hat, x, reduction="none").sum(-1).mean()
        nelbo = kl + rec
        return nelbo, kl.item(), rec.item()


# %% wrong | log-variance-mean-pixels | two slips: v is taken for a log variance, and the pixels are averaged in rec
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, log_v = self.enc(x)
        z = sample_gaussian(m, log_v.exp())
        kl = kl_normal(m, log_v.exp(), self.z_prior[0], self.z_prior[1]).mean()
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x)
        return kl + rec, kl, rec


# %% wrong | rounded-and-seeded | two slips: grey pixels are rounded, and the global seed is set in every call
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        torch.manual_seed(0)
        x = x.round()
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()
