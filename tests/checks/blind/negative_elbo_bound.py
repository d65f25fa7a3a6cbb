# %% right | six-steps-given | the lesson's six steps with the given functions, one line each
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)                                            # 1 encode
        z = given.sample_gaussian(m, v)                               # 2 sample
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)                            # 3 KL
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))        # 4 rec
        nelbo = kl + rec                                              # 5 sum
        return nelbo.mean(), kl.mean(), rec.mean()                    # 6 return

# %% right | golfed | as few characters as possible, star-unpacking and a walrus
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        k = given.kl_normal(*(q := self.enc(x)), *self.z_prior).mean()
        r = given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(*q))).mean()
        return k - r, k, -r

# %% right | torch-distributions | Normal.rsample, kl_divergence and Bernoulli log_prob, summed by hand
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, torch.sqrt(v))
        p = Normal(pm, torch.sqrt(pv))
        z = q.rsample()
        px = Bernoulli(logits=self.dec(z), validate_args=False)
        kl = kl_divergence(q, p).sum(dim=1).mean(dim=0)
        rec = -px.log_prob(x).sum(dim=1).mean(dim=0)
        nelbo = kl + rec
        return nelbo, kl, rec

# %% right | independent-everywhere | Independent distributions, the prior expanded to the posterior's shape
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = (t.expand_as(m) for t in self.z_prior)
        posterior = Independent(Normal(m, v ** 0.5), 1)
        prior = Independent(Normal(pm, pv ** 0.5), 1)
        z = posterior.rsample()
        likelihood = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1, validate_args=False)
        kl = kl_divergence(posterior, prior)
        rec = -likelihood.log_prob(x)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | multivariate-normal | full covariance matrices that happen to be diagonal
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        mean, var = self.enc(x)
        batch, dim = mean.shape
        prior_mean, prior_var = self.z_prior
        q = MultivariateNormal(mean, scale_tril=torch.diag_embed(var.sqrt()))
        p = MultivariateNormal(prior_mean.expand(dim), covariance_matrix=torch.eye(dim) * prior_var)
        z = q.rsample()
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1).mean()
        kl = distributions.kl_divergence(q, p).mean()
        return kl + rec, kl, rec

# %% right | closed-form-by-hand | everything written out: noise, the KL formula with a general prior, BCE with logits
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        eps = torch.randn_like(m)
        z = m + v.sqrt() * eps
        kl = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1).sum(-1)
        bce = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(-1)
        nelbo = kl + bce
        return nelbo.mean(), kl.mean(), bce.mean()

# %% right | loop-over-images | one image at a time through both networks, lists stacked at the end
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        kls, recs = [], []
        for i in range(x.shape[0]):
            xi = x[i : i + 1]
            m, v = self.enc(xi)
            z = given.sample_gaussian(m, v)
            kls.append(given.kl_normal(m, v, *self.z_prior)[0])
            recs.append(-given.log_bernoulli_with_logits(xi, self.dec(z))[0])
        kls = torch.stack(kls)
        recs = torch.stack(recs)
        return (kls + recs).mean(), kls.mean(), recs.mean()

# %% right | running-totals | accumulators that start at 0 and are divided by the number of images
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        logits = self.dec(z)
        pm, pv = self.z_prior
        total_kl = 0
        total_rec = 0
        n = 0
        for mi, vi, xi, li in zip(m, v, x, logits):
            total_kl = total_kl + given.kl_normal(mi, vi, pm, pv)
            total_rec = total_rec - given.log_bernoulli_with_logits(xi, li)
            n += 1
        kl = total_kl / n
        rec = total_rec / n
        return kl + rec, kl, rec

# %% right | einsum | all sums by einsum, over pixels, latents and images at once
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        B = x.size(0)
        z = m + torch.einsum("bd,bd->bd", v.sqrt(), torch.randn_like(v))
        a = self.dec(z)
        rec = (F.softplus(a).sum() - torch.einsum("bp,bp->", x, a)) / B
        d = m - pm
        kl = 0.5 / B * (torch.einsum("bd,bd->", d / pv, d) + torch.einsum("bd->", v / pv - torch.log(v / pv) - 1))
        return kl + rec, kl, rec

# %% right | kl-from-the-same-draw | the KL estimated as log q(z given x) - log p(z) at the z that is decoded
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = given.log_normal(z, m, v) - given.log_normal(z, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | minus-log-weight | minus log w first, rec beside it, and the KL as what is left
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        log_px = given.log_bernoulli_with_logits(x, self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        log_w = log_px + log_pz - log_qz
        nelbo = -torch.mean(log_w)
        rec = -torch.mean(log_px)
        kl = nelbo - rec
        return nelbo, kl, rec

# %% right | bce-sum-over-batch | reduction="sum" over everything, then divided by the batch size
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        mu, var = self.enc(x)
        z = given.sample_gaussian(mu, var)
        x_logits = self.dec(z)
        BCE = F.binary_cross_entropy_with_logits(x_logits, x, reduction="sum") / x.size(0)
        prior_mu, prior_var = self.z_prior
        KLD = -0.5 * torch.sum(1 + (var / prior_var).log() - (mu - prior_mu).pow(2) / prior_var - var / prior_var) / x.size(0)
        return BCE + KLD, KLD, BCE

# %% right | softplus-pixels | lesson 03's formula x a - softplus(a), mean times number of pixels
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        a = self.dec(given.sample_gaussian(m, v))
        per_pixel = F.softplus(a) - x * a
        rec = per_pixel.mean() * x.shape[1]
        kl = given.kl_normal(m, v, pm, pv).mean()
        return kl + rec, kl, rec

# %% right | logsigmoid-both-ways | log pi and log(1 - pi) by logsigmoid(a) and logsigmoid(-a)
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        logits = self.dec(z)
        log_ink = F.logsigmoid(logits)
        log_paper = F.logsigmoid(-logits)
        rec = -(x * log_ink + (1 - x) * log_paper).sum(1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        return torch.mean(rec + kl), torch.mean(kl), torch.mean(rec)

# %% right | double-inside | both terms summed in float64 and brought back to the dtype of x
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        a = self.dec(z).double()
        pm, pv = self.z_prior
        kl = given.kl_normal(m.double(), v.double(), pm.double(), pv.double()).mean()
        rec = -given.log_bernoulli_with_logits(x.double(), a).mean()
        return (kl + rec).to(x.dtype), kl.to(x.dtype), rec.to(x.dtype)

# %% right | helper-methods | a well-organised class with one method per step
class VAE(given.VAE):
    def _sample(self, m, v):
        return m + torch.sqrt(v) * torch.randn(m.shape, dtype=m.dtype, device=m.device)

    def _kl(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm, pv)

    def _rec(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = self._kl(m, v)
        rec = self._rec(x, self._sample(m, v))
        return tuple(term.mean() for term in (kl + rec, kl, rec))

# %% right | chatty-beginner | prints shapes, keeps dead code and asserts everything
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        # first I get the mean and variance
        mean, variance = self.enc(x)
        print("mean", mean.shape, "variance", variance.shape)
        # old try, was wrong:
        # z = torch.normal(mean, variance)
        std = torch.sqrt(variance)
        noise = torch.randn(mean.size(0), mean.size(1))
        z = mean + noise * std
        assert z.shape == mean.shape
        logits = self.dec(z)
        print("logits", logits.shape)
        probs = torch.sigmoid(logits)  # not used
        prior = self.z_prior
        prior_mean = prior[0]
        prior_variance = prior[1]
        kl_each = given.kl_normal(mean, variance, prior_mean, prior_variance)
        log_p_each = given.log_bernoulli_with_logits(x, logits)
        rec_each = log_p_each * -1
        nelbo_each = kl_each + rec_each
        assert nelbo_each.dim() == 1
        nelbo = torch.mean(nelbo_each)
        kl = torch.mean(kl_each)
        rec = torch.mean(rec_each)
        print("nelbo", nelbo.item())
        return nelbo, kl, rec

# %% right | in-place-buffers | own buffers filled by in-place additions
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = torch.zeros_like(m)
        z += v.sqrt() * torch.empty_like(m).normal_()
        z += m
        rec = torch.zeros(len(x))
        rec -= given.log_bernoulli_with_logits(x, self.dec(z))
        kl = torch.zeros(len(x))
        kl += given.kl_normal(m, v, pm, pv)
        nelbo = torch.zeros(len(x))
        nelbo += kl
        nelbo += rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | torch-normal-noise | standard noise from torch.normal with tensors of zeros and ones, subtracted instead of added
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        noise = torch.normal(torch.zeros_like(m), torch.ones_like(v))
        z = m - noise * v.sqrt()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = given.log_bernoulli_with_logits(x, self.dec(z)).neg().mean()
        return torch.add(kl, rec), kl, rec

# %% right | addcmul-and-z-dim | noise of shape (batch, self.z_dim) and torch.addcmul
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        eps = torch.randn(len(x), self.z_dim, device=x.device)
        z = torch.addcmul(q_m, q_v.sqrt(), eps)
        p_m, p_v = self.z_prior
        kl_i = given.kl_normal(q_m, q_v, p_m, p_v)
        rec_i = -given.log_bernoulli_with_logits(x, self.dec(z))
        n = float(len(x))
        return kl_i.add(rec_i).sum().div(n), kl_i.sum().div(n), rec_i.sum().div(n)

# %% right | cholesky-matvec | z as m plus a diagonal matrix times noise, KL by trace, determinant and quadratic form
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        B, D = m.shape
        pm, pv = self.z_prior
        L = torch.diag_embed(v.sqrt())
        eps = torch.randn(B, D, 1)
        z = m + torch.bmm(L, eps).squeeze(2)
        S = L @ L.transpose(1, 2)
        P_inv = torch.eye(D) / pv
        diff = (pm - m).unsqueeze(2)
        trace = torch.diagonal(P_inv @ S, dim1=1, dim2=2).sum(-1)
        quad = (diff.transpose(1, 2) @ P_inv @ diff).reshape(B)
        logdet = D * pv.log().squeeze() - 2 * torch.diagonal(L, dim1=1, dim2=2).log().sum(-1)
        kl = 0.5 * (trace + quad - D + logdet)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | bce-module | nn.BCEWithLogitsLoss as an object, and the sum split over images afterwards
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        criterion = nn.BCEWithLogitsLoss(reduction="none")
        m, v = self.enc(x)
        std = v.pow(0.5)
        z = Normal(torch.zeros(1), torch.ones(1)).sample(m.shape).squeeze(-1) * std + m
        loss = criterion(self.dec(z), x)
        rec = loss.view(loss.size(0), -1).sum(dim=1)
        kl = kl_divergence(Normal(m, std), Normal(self.z_prior_m, self.z_prior_v.sqrt())).sum(dim=1)
        return (rec + kl).mean(0), kl.mean(0), rec.mean(0)

# %% right | two-class-log-softmax | each pixel as a choice between two classes with logits 0 and a
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        a = self.dec(given.sample_gaussian(m, v))
        scores = torch.stack([torch.zeros_like(a), a], dim=-1)  # (batch, 784, 2)
        target = torch.stack([1 - x, x], dim=-1)
        rec = -(target * F.log_softmax(scores, dim=-1)).sum(dim=(1, 2))
        kl = given.kl_normal(m, v, *self.z_prior)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% right | old-homework-ut | a utility class and the duplicate/view habit of older homework code, with one copy
class ut:
    @staticmethod
    def duplicate(x, rep):
        return x.expand(rep, *x.shape).reshape(-1, *x.shape[1:])

    @staticmethod
    def kl_normal(qm, qv, pm, pv):
        element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
        return element_wise.sum(-1)

    @staticmethod
    def log_bernoulli_with_logits(x, logits):
        bce = torch.nn.BCEWithLogitsLoss(reduction="none")
        return -bce(input=logits, target=x).sum(-1)


class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        iw = 1
        m, v = self.enc(x)
        m, v, x = ut.duplicate(m, iw), ut.duplicate(v, iw), ut.duplicate(x, iw)
        z = m + torch.sqrt(v) * torch.randn_like(m)
        logits = self.dec(z)
        kl = ut.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -ut.log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        nelbo, kl, rec = nelbo.mean(), kl.mean(), rec.mean()
        return nelbo, kl, rec

# %% right | cross-entropy-minus-entropy | the KL as cross-entropy of q and p minus the entropy of q
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v.sqrt())
        z = q.rsample()
        cross = 0.5 * (torch.log(2 * math.pi * pv) + (v + (m - pm).square()) / pv)
        kl = (cross - q.entropy()).sum(-1)
        a = self.dec(z)
        rec = (torch.logaddexp(torch.zeros_like(a), a) - a * x).sum(-1)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | box-muller | normal noise made from two uniform numbers by Box and Muller
def gauss(shape):
    u1 = 1 - torch.rand(shape, dtype=torch.float64)
    u2 = torch.rand(shape, dtype=torch.float64)
    return (torch.sqrt(-2 * torch.log(u1)) * torch.cos(2 * math.pi * u2)).float()


class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + v.sqrt() * gauss(m.shape)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% right | affine-transform | q as a transformed standard normal, its own log_prob used for the KL at the draw
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        base = Normal(torch.zeros_like(m), torch.ones_like(m))
        q = distributions.TransformedDistribution(base, [distributions.AffineTransform(m, v.sqrt())])
        z = q.rsample()
        pm, pv = self.z_prior
        kl = (q.log_prob(z) - Normal(pm, pv.sqrt()).log_prob(z)).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | loop-over-pixels-and-dims | plain Python sums over the latent dimensions and over the 784 columns
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        logits = self.dec(z)
        kl = 0
        for d in range(m.shape[1]):
            kl = kl + given.kl_normal(m[:, d : d + 1], v[:, d : d + 1], pm, pv)
        rec = 0
        for p in range(x.shape[1]):
            rec = rec + F.softplus(logits[:, p]) - x[:, p] * logits[:, p]
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | log-variance-namedtuple | converts to log variance and standard deviations first, returns a named tuple
from collections import namedtuple

Bound = namedtuple("Bound", "nelbo kl rec")


class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        mu, var = self.enc(x)
        logvar = var.log()
        p_mu, p_var = self.z_prior
        p_logvar = p_var.log()
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        kl = 0.5 * (p_logvar - logvar - 1 + torch.exp(logvar - p_logvar) + (mu - p_mu) ** 2 * torch.exp(-p_logvar)).sum(1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        kl, rec = kl.mean(), rec.mean()
        return Bound(nelbo=kl + rec, kl=kl, rec=rec)

# %% right | stack-matmul-unbind | ones-vectors instead of sums, the three columns stacked and averaged together
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q, p = Normal(m, v.sqrt()), Normal(pm, pv.sqrt())
        z = q.rsample()
        kl = kl_divergence(q, p) @ torch.ones(m.shape[1])
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none") @ x.new_ones(x.shape[1])
        table = torch.stack([kl + rec, kl, rec])  # (3, batch)
        return torch.unbind(table.mean(dim=1))

# %% wrong | rec-missing-minus | rec is log p(x given z) instead of minus it, so the reconstruction is made as bad as possible | rec-sign-everywhere
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | no-batch-mean | the sixth step is missing: it returns one number per image instead of the batch means | not-reduced
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return kl + rec, kl, rec

# %% wrong | variance-as-std | the noise is scaled by v where sqrt(v) belongs | variance-as-standard-deviation
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + v * torch.randn_like(m)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | bce-default-mean | binary_cross_entropy_with_logits averages over the 784 pixels by default; rec must sum over them | rec-mean-over-pixels
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x)
        return kl + rec, kl, rec

# %% wrong | sigmoid-twice | turns the logits into probabilities and hands these to a function that expects logits | sigmoid-twice
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        probs = torch.sigmoid(self.dec(z))
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -given.log_bernoulli_with_logits(x, probs)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | kl-swapped | KL from the prior to q instead of from q to the prior: the arguments are the wrong way round | kl-swapped
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(pm, pv, m, v)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | kl-subtracted | computes rec - kl: the KL is rewarded instead of paid | kl-sign
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, pm, pv).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        nelbo = rec - kl
        return nelbo, kl, rec

# %% wrong | elbo-instead-of-nelbo | returns the ELBO, log p(x given z) - KL, which is to be maximised; the sign of the bound is not turned | elbo-for-nelbo
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv).mean()
        log_px = given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        elbo = log_px - kl
        return elbo, kl, -log_px

# %% wrong | sum-over-batch | sums over the images of the batch instead of averaging, so the value grows with the batch size | all-summed-over-the-batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        KLD = given.kl_normal(m, v, pm, pv).sum()
        BCE = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="sum")
        return BCE + KLD, KLD, BCE

# %% wrong | z-is-the-mean | decodes the mean of q: no z is drawn at all | no-noise
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(m))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | item-for-plotting | .item() on the results cuts the graph: Python floats cannot be differentiated | no-grad
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean().item(), kl.mean().item(), rec.mean().item()

# %% wrong | two-mistakes-sqrt-into-given | passes standard deviations to sample_gaussian and to kl_normal, which both expect variances | standard-deviations-for-variances
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        std = v.sqrt()
        z = given.sample_gaussian(m, std)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, std, pm, pv.sqrt())
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | kl-mean-over-latents | .mean() over batch and latent dimensions at once: the KL must be summed over the latents | kl-mean-over-latents
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v.sqrt())
        z = q.rsample()
        kl = kl_divergence(q, Normal(pm, pv.sqrt())).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | sample-without-r | q.sample() returns a z that is cut from the graph, so rec gives the encoder no gradient | z-detached
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Normal(m, v.sqrt())
        p = Normal(pm, pv.sqrt())
        z = q.sample()
        kl = kl_divergence(q, p).sum(-1)
        rec = -Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | bernoulli-arguments-swapped | the image and the logits change places in log_bernoulli_with_logits | x-and-logits-swapped
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        logits = self.dec(z)
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(logits, x)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | returned-in-formula-order | returns kl, rec, nelbo: the bound has to come first | bound-last
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, pm, pv).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        nelbo = kl + rec
        return kl, rec, nelbo

# %% right | prior-hard-coded | the textbook KL to N(0, 1) ignores self.z_prior, so another prior changes nothing (written as wrong; right by the card: one point of lesson 05, and any estimate that is right on average)
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = -0.5 * (1 + v.log() - m.pow(2) - v).sum(-1)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | uniform-noise | torch.rand gives noise between 0 and 1, not a standard normal | uniform-noise
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + torch.sqrt(v) * torch.rand(m.shape)
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | z-prior-called | self.z_prior is a property that gives a pair; calling it raises a TypeError
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior()
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | one-noise-for-the-batch | noise of shape (z_dim,) is broadcast: all images of a batch share the same epsilon | one-noise-for-the-batch
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        eps = torch.randn(m.shape[-1])
        z = m + v.sqrt() * eps
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | read-as-log-variance | takes the encoder's second output for a log variance and exponentiates it, in the draw and in the KL | variance-as-log-variance
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        mu, logvar = self.enc(x)
        std = torch.exp(0.5 * logvar)
        z = mu + std * torch.randn_like(std)
        pm, pv = self.z_prior
        kl = given.kl_normal(mu, logvar.exp(), pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | kl-sum-wrong-axis | sums the KL over the images (axis 0) and averages over the latent dimensions, the other way round | kl-axes-exchanged
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = 0.5 * (torch.log(pv / v) + (v + (m - pm) ** 2) / pv - 1)
        kl = kl.sum(0).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | z-from-the-prior | z is drawn from p(z) instead of q(z given x): the encoder never says where to look | z-from-the-prior
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(pm.expand_as(m), pv.expand_as(v))
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% wrong | two-mistakes-sigmoid-and-sum | a second sigmoid inside the BCE with logits, and a sum over the batch instead of the mean
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        recon = torch.sigmoid(self.dec(z))
        pm, pv = self.z_prior
        rec = F.binary_cross_entropy_with_logits(recon, x, reduction="sum")
        kl = given.kl_normal(m, v, pm, pv).sum()
        return rec + kl, kl, rec

# %% wrong | two-mistakes-mean-of-everything | rec is averaged over the pixels and kl over the latent dimensions: both should be summed there | everything-averaged
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + v.sqrt() * torch.randn_like(m)
        kl = torch.mean(0.5 * (torch.log(pv) - torch.log(v) + (v + (m - pm) ** 2) / pv - 1))
        logits = self.dec(z)
        rec = torch.mean(F.softplus(logits) - x * logits)
        return kl + rec, kl, rec

# %% wrong | noise-only-in-training | draws z only while self.training is set; in eval mode it decodes the mean | noise-in-training-only
class VAE(given.VAE):
    def reparameterize(self, m, v):
        if self.training:
            return m + v.sqrt() * torch.randn_like(m)
        return m

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = self.reparameterize(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

# %% wrong | seeded-inside | torch.manual_seed inside the method: every call draws the same noise again | seed-inside
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        torch.manual_seed(0)
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

# %% wrong | kl-of-the-draw | puts the drawn z in place of the mean in the closed-form KL, which adds another v to the squared distance | kl-at-the-draw
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(z, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return (kl + rec).mean(), kl.mean(), rec.mean()

# %% right | two-draws-disagree | the bound uses one z and the returned rec another one, so nelbo is not kl + rec (written as wrong; right by the card: each may be any estimate that is right on average)
class VAE(given.VAE):
    def reconstruction(self, x, m, v):
        z = given.sample_gaussian(m, v)
        return -given.log_bernoulli_with_logits(x, self.dec(z)).mean()

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv).mean()
        nelbo = kl + self.reconstruction(x, m, v)
        return nelbo, kl, self.reconstruction(x, m, v)

# %% wrong | free-bits-left-in | each dimension's KL is clamped from below at half a nat (free bits), so it is no KL and the sum no bound | free-bits
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q, p = Normal(m, v.sqrt()), Normal(pm, pv.sqrt())
        z = q.rsample()
        kl = torch.clamp(kl_divergence(q, p), min=0.5).sum(-1).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec
