# %% right | plain | m expanded, given functions, log_mean_exp over axis 1, closed KL, rec from the same draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk = m.unsqueeze(1).expand(-1, iw, -1)
        vk = v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        niwae = -log_mean_exp(log_w, dim=1).mean()
        kl = kl_normal(m, v, pm, pv).mean()
        rec = -log_px.mean()
        return niwae, kl, rec

# %% right | distributions-draws-first | torch.distributions everywhere, rsample((iw,)) so the draws are axis 0
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        q = Normal(m, v.sqrt())
        p = Normal(self.z_prior[0], self.z_prior[1].sqrt())
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        px = Bernoulli(logits=self.dec(z), validate_args=False)
        log_px = px.log_prob(x).sum(-1)
        log_w = log_px + (p.log_prob(z) - q.log_prob(z)).sum(-1)
        niwae = -(torch.logsumexp(log_w, 0) - math.log(iw)).mean()
        return niwae, kl_divergence(q, p).sum(-1).mean(), -log_px.mean()

# %% right | repeat-interleave-flat | everything flat (batch*iw, ...), viewed as (batch, iw) at the end
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        batch = x.shape[0]
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mm = m.repeat_interleave(iw, dim=0)
        vv = v.repeat_interleave(iw, dim=0)
        xx = x.repeat_interleave(iw, dim=0)
        z = sample_gaussian(mm, vv)
        log_w = log_bernoulli_with_logits(xx, self.dec(z)) + log_normal(z, pm, pv) - log_normal(z, mm, vv)
        niwae = -log_mean_exp(log_w.view(batch, iw), dim=1).mean()
        z1 = sample_gaussian(m, v)
        rec = -log_bernoulli_with_logits(x, self.dec(z1)).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), rec

# %% right | tile-then-transpose | whole copies by repeat, read as (iw, batch), transposed
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        n = len(x)
        m, v = self.enc(x)
        m_all, v_all, x_all = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
        z = m_all + v_all.sqrt() * torch.randn_like(m_all)
        rec_all = -log_bernoulli_with_logits(x_all, self.dec(z))
        kl_all = log_normal(z, m_all, v_all) - log_normal(z, *self.z_prior)
        log_w = (-rec_all - kl_all).reshape(iw, n).T
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, *self.z_prior).mean(), rec_all.mean()

# %% right | loop-over-draws | a Python loop over iw, stacked
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        log_ws, recs = [], []
        for _ in range(iw):
            z = sample_gaussian(m, v)
            log_px = log_bernoulli_with_logits(x, self.dec(z))
            recs.append(-log_px)
            log_ws.append(log_px + log_normal(z, pm, pv) - log_normal(z, m, v))
        log_w = torch.stack(log_ws, dim=1)
        return -log_mean_exp(log_w, 1).mean(), kl_normal(m, v, pm, pv).mean(), torch.stack(recs).mean()

# %% right | loop-over-images | one image at a time, its iw draws as the batch of the decoder
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        total, kls, recs = 0.0, 0.0, 0.0
        pm, pv = self.z_prior
        for image in x:
            m, v = self.enc(image[None])  # (1, z_dim)
            z = m + v.sqrt() * torch.randn(iw, m.shape[-1], dtype=m.dtype, device=m.device)
            log_px = log_bernoulli_with_logits(image.expand(iw, -1), self.dec(z))
            log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m, v)
            total = total - log_mean_exp(log_w, dim=0)
            kls = kls + kl_normal(m, v, pm, pv)[0]
            recs = recs - log_px[0]
        n = x.shape[0]
        return total / n, kls / n, recs / n

# %% right | running-logaddexp | the sum of weights is accumulated in log space, nothing is stored
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        acc, rec = None, 0.0
        for _ in range(iw):
            z = sample_gaussian(m, v)
            ll = log_bernoulli_with_logits(x, self.dec(z))
            lw = ll + log_normal(z, pm, pv) - log_normal(z, m, v)
            acc = lw if acc is None else torch.logaddexp(acc, lw)
            rec = rec - ll.mean() / iw
        return (math.log(iw) - acc).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% right | chunks-of-seven | draws in chunks with a short last one, joined before the log-mean-exp
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        parts, done = [], 0
        while done < iw:
            k = min(7, iw - done)
            mk, vk = m[:, None].expand(-1, k, -1), v[:, None].expand(-1, k, -1)
            z = sample_gaussian(mk, vk)
            logits = self.dec(z)
            parts.append(
                log_bernoulli_with_logits(x[:, None], logits) + log_normal(z, pm, pv) - log_normal(z, mk, vk)
            )
            done += k
        log_w = torch.cat(parts, dim=1)
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% right | chunk-logsumexp | only the logsumexp of each chunk is kept, combined by a second logsumexp
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        sums, rec_sum = [], 0.0
        for k in [16] * (iw // 16) + ([iw % 16] if iw % 16 else []):
            z = sample_gaussian(m.unsqueeze(0).expand(k, *m.shape), v)
            log_px = log_bernoulli_with_logits(x, self.dec(z))
            sums.append((log_px + log_normal(z, pm, pv) - log_normal(z, m, v)).logsumexp(0))
            rec_sum = rec_sum - log_px.sum()
        log_mean_w = torch.stack(sums).logsumexp(0) - math.log(iw)
        return -log_mean_w.mean(), kl_normal(m, v, pm, pv).mean(), rec_sum / (iw * len(x))

# %% right | einsum-densities | all the sums by einsum, constants of 2 pi cancel
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = (t.expand_as(m) for t in self.z_prior)
        eps = torch.randn(x.shape[0], iw, m.shape[1]).to(m)
        z = m[:, None] + torch.einsum("bd,bkd->bkd", v.sqrt(), eps)
        a = self.dec(z)
        log_px = torch.einsum("bp,bkp->bk", x, a) - F.softplus(a).sum(-1)
        dist = z - pm[:, None]
        log_pz = -0.5 * torch.einsum("bkd,bkd,bd->bk", dist, dist, 1 / pv) - 0.5 * pv.log().sum(-1, keepdim=True)
        log_qz = -0.5 * torch.einsum("bkd,bkd->bk", eps, eps) - 0.5 * v.log().sum(-1, keepdim=True)
        log_w = log_px + log_pz - log_qz
        kl = 0.5 * (pv.log() - v.log() + v / pv + (m - pm) ** 2 / pv - 1).sum(-1)
        return -log_mean_exp(log_w, dim=1).mean(), kl.mean(), -log_px.mean()

# %% right | noise-form | log p(z) - log q(z) written with the noise: half of eps^2 - dist^2/pv + log v - log pv
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        noise = m.new_empty(len(m), iw, m.size(1)).normal_()
        z = torch.addcmul(m.unsqueeze(1), v.sqrt().unsqueeze(1), noise)
        minus_kl = 0.5 * (noise.square() + v.log().unsqueeze(1) - (z - pm).square() / pv - pv.log()).sum(-1)
        logits = self.dec(z)
        target = x.unsqueeze(1).expand_as(logits)
        nll = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(-1)
        log_w = minus_kl - nll
        return -log_mean_exp(log_w, 1).mean(), -minus_kl.mean(), nll.mean()

# %% right | max-shift-by-hand | each row's largest log weight is subtracted (detached) and added again
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk = m.unsqueeze(1).repeat(1, iw, 1)
        vk = v.unsqueeze(1).repeat(1, iw, 1)
        xk = x.unsqueeze(1).repeat(1, iw, 1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(xk, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        top = log_w.max(dim=1, keepdim=True).values.detach()
        bound = top.squeeze(1) + (log_w - top).exp().mean(dim=1).log()
        return -bound.mean(), kl_normal(m, v, pm, pv).mean(), -log_px[:, 0].mean()

# %% right | multivariate-normal | q as a MultivariateNormal with a diagonal scale, prior expanded
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
        p = MultivariateNormal(pm.expand(m.shape), scale_tril=torch.diag_embed(pv.sqrt().expand(m.shape)))
        z = q.rsample([iw])
        ll = log_bernoulli_with_logits(x.expand(iw, -1, -1), self.dec(z))
        log_w = ll + p.log_prob(z) - q.log_prob(z)
        return -log_mean_exp(log_w, dim=0).mean(), kl_divergence(q, p).mean(), -ll.mean()

# %% right | independent | Independent distributions with a leading axis of draws by expand
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m.unsqueeze(1), v.sqrt().unsqueeze(1)), 1).expand((len(x), iw))
        p = Independent(Normal(pm.expand_as(m[0]), pv.sqrt().expand_as(m[0])), 1)
        z = q.rsample()
        pix = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1)
        log_px = pix.log_prob(x.unsqueeze(1).expand(-1, iw, -1))
        log_w = log_px + p.log_prob(z) - q.log_prob(z)
        kl = (q.log_prob(z) - p.log_prob(z)).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl, -log_px.mean()

# %% right | bce-sum | F.binary_cross_entropy_with_logits on a flat batch, unflattened
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        logits = self.dec(z.flatten(0, 1)).unflatten(0, (-1, iw))
        rec = F.binary_cross_entropy_with_logits(logits, x[:, None].expand_as(logits), reduction="none").sum(2)
        kl = log_normal(z, m[:, None], v[:, None]) - log_normal(z, pm, pv)
        return -log_mean_exp(-(kl + rec), dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec.mean()

# %% right | vmap-draws | torch.vmap over the axis of draws of a function of one z per image
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1))
        logits = self.dec(z)

        def one_draw(zi, li):
            log_px = (x * li - F.softplus(li)).sum(-1)
            log_pz = -0.5 * (math.log(2 * math.pi) + torch.log(pv) + (zi - pm) ** 2 / pv).sum(-1)
            log_qz = -0.5 * (math.log(2 * math.pi) + torch.log(v) + (zi - m) ** 2 / v).sum(-1)
            return log_px + log_pz - log_qz, log_px

        log_w, log_px = torch.vmap(one_draw, in_dims=1, out_dims=1)(z, logits)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | helper-elbo | the ELBO of lesson 04 beside it, called for kl and rec with a draw of its own
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def _log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        return (
            log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
            + log_normal(z, *self.z_prior)
            - log_normal(z, m, v)
        )

    def negative_iwae_bound(self, x, iw):
        _, kl, rec = self.negative_elbo_bound(x)
        return -log_mean_exp(self._log_weights(x, iw), dim=1).mean(), kl, rec

# %% right | encode-the-copies | the images are copied first and every copy is encoded
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        b = x.size(0)
        copies = x.unsqueeze(1).expand(b, iw, x.size(1)).reshape(b * iw, -1)
        m, v = self.enc(copies)
        z = sample_gaussian(m, v)
        log_px = log_bernoulli_with_logits(copies, self.dec(z))
        log_w = log_px + log_normal(z, *self.z_prior) - log_normal(z, m, v)
        niwae = log_mean_exp(log_w.reshape(b, iw), dim=1).mean().neg()
        return niwae, kl_normal(m, v, *self.z_prior).mean(), log_px.mean().neg()

# %% right | generator | noise from a generator of its own, seeded from the global one
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        g = torch.Generator().manual_seed(int(torch.randint(2**31, (1,))))
        eps = torch.randn((iw + 1, *m.shape), generator=g, dtype=m.dtype)
        z = m + v**0.5 * eps  # one draw more, for rec
        logits = self.dec(z)
        log_px = log_bernoulli_with_logits(x.expand(iw + 1, *x.shape), logits)
        log_w = (log_px + log_normal(z, pm, pv) - log_normal(z, m, v))[:iw]
        return -log_mean_exp(log_w, 0).mean(), kl_normal(m, v, pm, pv).mean(), -log_px[iw].mean()

# %% right | log-softmax | the log of the mean read off from log_softmax at the largest entry
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        z = sample_gaussian(m[:, None, :].expand(-1, iw, -1), v[:, None, :])
        ll = log_bernoulli_with_logits(x[:, None, :], self.dec(z))
        log_w = ll + log_normal(z, *self.z_prior) - log_normal(z, m[:, None, :], v[:, None, :])
        best = log_w.argmax(1, keepdim=True)
        log_sum = (log_w.gather(1, best) - log_w.log_softmax(1).gather(1, best)).squeeze(1)
        return -(log_sum - math.log(iw)).mean(), kl_normal(m, v, *self.z_prior).mean(), -ll.mean()

# %% right | logcumsumexp | running bound by logcumsumexp, the last entry
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.expand(iw, *m.shape), v.expand(iw, *v.shape)).transpose(0, 1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        log_k = torch.arange(1, iw + 1, dtype=log_w.dtype).log()
        bounds = torch.logcumsumexp(log_w, dim=1) - log_k  # the bound for 1, 2, ... iw draws
        return -bounds[:, -1].mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | latent-axis-first | noise (z_dim, batch, iw), movedim for the decoder, sums over axis 0
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = (t.expand_as(m).T.unsqueeze(-1) for t in self.z_prior)
        mt, vt = m.T.unsqueeze(-1), v.T.unsqueeze(-1)  # (z_dim, batch, 1)
        eps = torch.randn(m.shape[1], m.shape[0], iw)
        zt = mt + vt.sqrt() * eps
        log_ratio = 0.5 * ((zt - mt) ** 2 / vt - (zt - pm) ** 2 / pv + (vt / pv).log()).sum(0)
        logits = self.dec(zt.movedim(0, -1))  # (batch, iw, 784)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), logits)
        kl = 0.5 * (vt / pv - 1 - (vt / pv).log() + (mt - pm) ** 2 / pv).sum(0).mean()
        return -log_mean_exp(log_px + log_ratio, dim=1).mean(), kl, -log_px.mean()

# %% right | double-inside | the weights are added up in double precision and cast back
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk = m.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(mk, v.unsqueeze(1))
        log_px = log_bernoulli_with_logits(x.unsqueeze(1).double(), self.dec(z).double())
        zd = z.double()
        log_w = log_px + log_normal(zd, pm.double(), pv.double()) - log_normal(zd, mk.double(), v.double().unsqueeze(1))
        niwae = -(log_w.logsumexp(1) - math.log(iw)).mean()
        return niwae.to(m.dtype), kl_normal(m, v, pm, pv).mean(), -log_px.mean().to(m.dtype)

# %% right | reduce-logaddexp | functools.reduce over the unbound draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        m, v = self.enc(x)
        draws = [sample_gaussian(m, v) for _ in range(iw)]
        scores = [log_bernoulli_with_logits(x, self.dec(z)) for z in draws]
        divs = [log_normal(z, m, v) - log_normal(z, *self.z_prior) for z in draws]
        log_sum = reduce(torch.logaddexp, [s - d for s, d in zip(scores, divs)])
        return (math.log(iw) - log_sum).mean(), sum(divs).mean() / iw, -sum(scores).mean() / iw

# %% right | surrogate-gradient | value by log_mean_exp of detached weights, gradient by softmax-weighted log weights
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        value = log_mean_exp(log_w.detach(), dim=1)
        share = log_w.detach().softmax(dim=1)
        slope = (share * (log_w - log_w.detach())).sum(dim=1)  # zero, with the right gradient
        return -(value + slope).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | matmul-pixels | x times logits as a batched matrix product
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m.unsqueeze(2) + v.sqrt().unsqueeze(2) * torch.randn(*m.shape, iw)  # (batch, z_dim, iw)
        z = z.mT
        a = self.dec(z)
        log_px = torch.bmm(a, x.unsqueeze(2)).squeeze(2) - torch.logaddexp(a, torch.zeros_like(a)).sum(2)
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        niwae = -log_mean_exp(log_w, 1)
        return niwae.mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | affine-transform | q as a standard normal pushed through an AffineTransform
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        q = TransformedDistribution(Normal(torch.zeros_like(m), torch.ones_like(v)), [AffineTransform(m, v.sqrt())])
        z = q.rsample((iw,))
        log_qz = q.log_prob(z).sum(-1)
        log_pz = log_normal(z, *self.z_prior)
        log_px = log_bernoulli_with_logits(x.unsqueeze(0), self.dec(z))
        niwae = -log_mean_exp(log_px + log_pz - log_qz, dim=0).mean()
        return niwae, (log_qz - log_pz).mean(), -log_px.mean()

# %% right | box-muller | normal noise made from two uniform numbers
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        shape = (m.shape[0], iw, m.shape[1])
        radius = (-2 * torch.log1p(-torch.rand(shape, dtype=torch.float64))).sqrt()
        eps = (radius * torch.cos(2 * math.pi * torch.rand(shape, dtype=torch.float64))).to(m.dtype)
        z = m[:, None] + v[:, None].sqrt() * eps
        log_px = log_bernoulli_with_logits(x[:, None], self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m[:, None], v[:, None])
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% right | gaussian-nll | both Gaussian densities by F.gaussian_nll_loss, which wants full shapes
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))

        def nll(mean, var):
            return F.gaussian_nll_loss(
                mean.expand_as(z), z, var.expand_as(z).contiguous(), full=True, eps=1e-30, reduction="none"
            ).sum(-1)

        kl = nll(pm, pv) - nll(m.unsqueeze(1), v.unsqueeze(1))
        rec = -log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        niwae = -log_mean_exp(-rec - kl, dim=1).mean()
        return niwae, kl.mean(), rec.mean()

# %% right | nelbo-per-draw | one list of single-draw NELBOs, softmin of them through logsumexp of their negative
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        nelbos = []
        for noise in torch.normal(0.0, 1.0, size=(iw, *m.shape)).unbind(0):
            z = m + noise * v.sqrt()
            cost = F.softplus(self.dec(z) * (1 - 2 * x)) if bool(((x == 0) | (x == 1)).all()) else None
            rec = cost.sum(1) if cost is not None else -log_bernoulli_with_logits(x, self.dec(z))
            nelbos.append(rec + log_normal(z, m, v) - log_normal(z, *self.z_prior))
        bound = torch.logsumexp(-torch.stack(nelbos), dim=0) - math.log(len(nelbos))
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return -bound.mean(), kl, rec

# %% wrong | share-weighted-logs | returns the softmax-weighted mean of log w: the gradient is the bound's, the value is not
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        share = log_w.detach().softmax(dim=1)
        return -(share * log_w).sum(1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | rec-by-shares | rec is weighted by the normalised importance weights instead of a plain mean over q | terms-weighted
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        rec = -(torch.softmax(log_w, dim=1) * log_px).sum(1).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% wrong | rec-at-the-mean | rec decodes the encoder's mean m instead of a draw
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_w = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z)) + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        rec = -log_bernoulli_with_logits(x, self.dec(m)).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% wrong | kl-clamped | kl from one draw per image, clamped at 0 "since a KL is never negative": too large on average
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_ratio = log_normal(z, mk, vk) - log_normal(z, pm, pv)
        kl = log_ratio[:, 0].clamp(min=0).mean()
        return -log_mean_exp(log_px - log_ratio, dim=1).mean(), kl, -log_px.mean()

# %% wrong | one-shift-for-all | subtracts the batch's largest log weight, so an image whose weights lie 100 nats lower gets log 0 | exponentiates-first
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        top = log_w.max()
        bound = top + torch.exp(log_w - top).mean(dim=1).log()
        return -bound.mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | term-by-term | kl written out term by term: log pv of shape (1,) is summed once and not z_dim times (seen with another prior) | standard-prior-written-in
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        kl = 0.5 * (pv.log().sum(-1) - v.log().sum(-1) + (v / pv).sum(-1) + ((m - pm) ** 2 / pv).sum(-1) - m.shape[-1])
        return -log_mean_exp(log_w, dim=1).mean(), kl.mean(), -log_px.mean()

# %% wrong | mirrored-pairs | draws come in pairs +eps, -eps: not independent | mirrored-draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        half = torch.randn(len(x), (iw + 1) // 2, m.shape[-1])
        eps = torch.cat([half, -half], dim=1)[:, :iw]
        z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * eps
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | noise-for-all-images | the noise has shape (iw, z_dim): all images of the batch share it | one-noise-for-the-batch
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        eps = torch.randn(iw, m.shape[-1])
        z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * eps
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | prior-draws | draws from the prior and averages p(x
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        shape = (x.shape[0], iw, m.shape[-1])
        z = sample_gaussian(pm.expand(shape), pv.expand(shape))
        log_w = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))  # p(x, z) / p(z)
        zq = sample_gaussian(m, v)
        rec = -log_bernoulli_with_logits(x, self.dec(zq)).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% wrong | mean-of-chunk-bounds | more than 10 draws are cut into chunks of 10 whose bounds are averaged outside the logarithm
class VAE(given.VAE):
    def _weights(self, x, m, v, k):
        mk, vk = m.unsqueeze(1).expand(-1, k, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        return log_px + log_normal(z, *self.z_prior) - log_normal(z, mk, vk), log_px

    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        niwae, rec = 0.0, 0.0
        for start in range(0, iw, 10):  # saves memory
            k = min(10, iw - start)
            log_w, log_px = self._weights(x, m, v, k)
            niwae = niwae - log_mean_exp(log_w, dim=1).mean() * k / iw
            rec = rec - log_px.mean() * k / iw
        return niwae, kl_normal(m, v, *self.z_prior).mean(), rec

# %% wrong | one-draw-too-many | draws two at a time; for odd iw one more than iw is drawn, and the sum is divided by iw
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        sums = []
        for _ in range(0, iw, 2):
            mk, vk = m.unsqueeze(1).expand(-1, 2, -1), v.unsqueeze(1)
            z = sample_gaussian(mk, vk)
            log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
            sums.append(torch.logsumexp(log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk), dim=1))
        bound = torch.logsumexp(torch.stack(sums), dim=0) - math.log(iw)
        return -bound.mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | unsqueeze-in-place | x.unsqueeze_(1) changes the caller's tensor to (batch, 1, 784)
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = kl_normal(m, v, pm, pv).mean()
        m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        x.unsqueeze_(1)
        z = sample_gaussian(m, v)
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m, v)
        return -log_mean_exp(log_w, dim=1).mean(), kl, -log_px.mean()

# %% wrong | view-for-transpose | the log weights (iw, batch) are viewed as (batch, iw): rows mix images | mixed-layout
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.expand(iw, *m.shape), v)
        log_px = log_bernoulli_with_logits(x.unsqueeze(0), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m, v)
        log_w = log_w.reshape(x.shape[0], iw)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | standard-prior-in-weight | kl uses self.z_prior, the weight has N(0, I) written in | standard-prior-written-in
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_pz = log_normal(z, torch.zeros_like(z), torch.ones_like(z))
        log_w = log_px + log_pz - log_normal(z, mk, vk)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, *self.z_prior).mean(), -log_px.mean()

# %% wrong | v-is-scale-throughout | Normal(m, v): the variance as sd both in the draw and in log q, so the weights agree with each other but q is another one
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v)
        z = q.rsample((iw,))
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - q.log_prob(z).sum(-1)
        niwae = -log_mean_exp(log_w, dim=0).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), rec

# %% wrong | squeeze-eats-the-draws | log_w.squeeze() before averaging over the last axis: with iw = 1 that axis is the images
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = (log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)).squeeze()
        if log_w.dim() == 0:
            return -log_w, kl_normal(m, v, pm, pv).mean(), -log_px.mean()
        return -log_mean_exp(log_w, dim=-1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | narrow-q | v clamped to at most 1 "because the prior is no wider"
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        v = v.clamp(max=1.0)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | detached-in-the-ratio | z is detached where log p(z) - log q(z | z-detached
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        fixed = z.detach()
        log_w = log_px + log_normal(fixed, pm, pv) - log_normal(fixed, mk, vk)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | same-noise-every-call | a generator with a fixed seed: every call uses the same noise | seed-inside
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        g = torch.Generator().manual_seed(0)
        eps = torch.randn(x.shape[0], iw, m.shape[-1], generator=g)
        z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * eps
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | clamped-logits | logits clamped to -6 .. 6 "for stability": changes value and gradient of confident pixels
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        logits = self.dec(z).clamp(-6, 6)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), logits)
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | log-mean-and-standard-kl | two slips: the mean of the log weights instead of the log of their mean; kl to N(0, I) instead of self.z_prior | mean-of-log-weights
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v)).mean()
        return -log_w.mean(dim=1).mean(), kl, -log_px.mean()

# %% wrong | sum-and-mean-decoded | two slips: logsumexp without the log of iw; rec decodes the mean m
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m.expand(iw, *m.shape), v)
        log_w = log_bernoulli_with_logits(x, self.dec(z)) + log_normal(z, pm, pv) - log_normal(z, m, v)
        rec = -log_bernoulli_with_logits(x, self.dec(m)).mean()
        return -torch.logsumexp(log_w, dim=0).mean(), kl_normal(m, v, pm, pv).mean(), rec

# %% wrong | sample-and-reverse-kl | two slips: sample() instead of rsample(), so no gradient through z; KL(p
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q, p = Normal(m, v.sqrt()), Normal(pm, pv.sqrt())
        z = q.sample((iw,))
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + (p.log_prob(z) - q.log_prob(z)).sum(-1)
        kl = kl_divergence(p, q).sum(-1).mean()
        return -log_mean_exp(log_w, dim=0).mean(), kl, -log_px.mean()

# %% wrong | closed-kl-inside | two slips: the closed-form KL stands in the weight in place of log p(z) - log q(z
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior)
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        niwae = -log_mean_exp(log_px - kl.unsqueeze(1), dim=1).mean()
        return niwae, kl.mean(), -log_mean_exp(log_px, dim=1).mean()

# %% wrong | exp-and-shared-z | two slips: exp, mean, log with 1e-30 added, so small weights vanish; one z per image copied to all draws
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = sample_gaussian(m, v).unsqueeze(1).expand(-1, iw, -1)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        niwae = -torch.log(log_w.exp().mean(dim=1) + 1e-30).mean()
        return niwae, kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | sd-in-q-and-images-inside | two slips: log q is given the sd where it wants the variance; the images are averaged before the log-mean-exp
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + log_normal(z, pm, pv) - log_normal(z, mk, vk.sqrt())
        return -log_mean_exp(log_w.mean(dim=0), dim=0), kl_normal(m, v, pm, pv).mean(), -log_px.mean()

# %% wrong | log-k-twice-and-order | two slips: log iw subtracted although log_mean_exp has done it; returns niwae, rec, kl
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        rec = -log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = -rec + log_normal(z, pm, pv) - log_normal(z, mk, vk)
        niwae = -(log_mean_exp(log_w, dim=1) - math.log(iw)).mean()
        return niwae, rec.mean(), kl_normal(m, v, pm, pv).mean()

# %% wrong | shares-and-floor | two slips: kl weighted by the normalised weights; log weights clamped at -300 from below
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1)
        z = sample_gaussian(mk, vk)
        log_px = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_ratio = log_normal(z, pm, pv) - log_normal(z, mk, vk)
        log_w = (log_px + log_ratio).clamp(min=-300.0)
        kl = -(log_w.softmax(dim=1) * log_ratio).sum(1).mean()
        return -log_mean_exp(log_w, dim=1).mean(), kl, -log_px.mean()

# %% wrong | tiled-rows-and-summed-kl | two slips: whole copies by repeat, read as (batch, iw); kl summed over the images instead of averaged
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mm, vv, xx = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)
        z = sample_gaussian(mm, vv)
        log_px = log_bernoulli_with_logits(xx, self.dec(z))
        log_w = (log_px + log_normal(z, pm, pv) - log_normal(z, mm, vv)).view(x.shape[0], iw)
        return -log_mean_exp(log_w, dim=1).mean(), kl_normal(m, v, pm, pv).sum(), -log_px.mean()

# %% wrong | prior-sd-and-clamped-x | two slips: the prior's variance is used as its sd in weight and kl; x is clamped in place to 0.001 .. 0.999
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        x.clamp_(0.001, 0.999)
        p, q = Normal(*self.z_prior), Normal(m, v.sqrt())
        z = q.rsample((iw,))
        log_px = log_bernoulli_with_logits(x, self.dec(z))
        log_w = log_px + (p.log_prob(z) - q.log_prob(z)).sum(-1)
        return -log_mean_exp(log_w, dim=0).mean(), kl_divergence(q, p).sum(-1).mean(), -log_px.mean()
