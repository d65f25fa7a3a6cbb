# %% right | reference | given functions throughout, expand for the draws
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | distributions | torch.distributions for all: Independent Normal and Bernoulli, kl_divergence, rsample((iw,)) and .T
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1)
        kl = kl_divergence(q, p).mean()
        rec = -likelihood.log_prob(x).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        z = q.rsample((iw,))                       # (iw, batch, z_dim)
        likelihood = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1)
        log_w = likelihood.log_prob(x) + p.log_prob(z) - q.log_prob(z)
        return log_w.T                             # (batch, iw)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1) - math.log(iw)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% right | by-hand | all formulas written out, own eps, softplus, log q from eps
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        # lesson 02, written out
        per_dim = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1)
        kl = per_dim.sum(dim=-1).mean()
        eps = torch.randn_like(m)
        a = self.dec(m + torch.sqrt(v) * eps)
        # log p = x a - softplus(a), pixel by pixel
        rec = (F.softplus(a) - x * a).sum(dim=-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        batch, dim = m.shape
        eps = torch.randn(batch, iw, dim, dtype=m.dtype, device=m.device)
        z = m[:, None, :] + v.sqrt()[:, None, :] * eps
        pm, pv = self.z_prior
        # the 2 pi cancel between p(z) and q(z|x)
        log_ratio = 0.5 * (v.log()[:, None, :] + eps**2 - torch.log(pv) - (z - pm) ** 2 / pv).sum(-1)
        a = self.dec(z)
        log_px = (x[:, None, :] * a - F.softplus(a)).sum(-1)
        return log_px + log_ratio

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.detach().amax(dim=1, keepdim=True)
        mean_w = (log_w - top).exp().mean(dim=1)
        log_p = mean_w.log() + top.squeeze(1)
        kl, rec = self.negative_elbo_bound(x)[1:]
        return -log_p.mean(), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% right | loop-over-draws | a Python loop over draws, stacked; BCE with reduction sum over batch
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        """Both as (z_dim,), so that nobody downstream has to think of it."""
        return self.z_prior_m.expand(self.z_dim), self.z_prior_v.expand(self.z_dim)

    def negative_elbo_bound(self, x):
        batch = x.shape[0]
        mu, var = self.enc(x)
        z = mu + var.sqrt() * torch.randn(mu.shape, dtype=mu.dtype, device=mu.device)
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
        kl = given.kl_normal(mu, var, *self.z_prior).sum() / batch
        nelbo = rec + kl
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        columns = []
        for _ in range(iw):
            z = given.sample_gaussian(m, v)
            log_w = given.log_bernoulli_with_logits(x, self.dec(z))
            log_w = log_w + given.log_normal(z, pm, pv) - given.log_normal(z, m, v)
            columns.append(log_w)
        return torch.stack(columns, dim=1)

    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        columns = self.log_weights(x, iw).unbind(dim=1)
        total = reduce(torch.logaddexp, columns)
        bound = (total - math.log(len(columns))).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return -bound, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        mean, variance = self.z_prior
        mean = mean.repeat(batch, self.z_dim // mean.shape[-1])
        return torch.normal(mean, variance.sqrt().expand_as(mean))

    def compute_sigmoid_given(self, z):
        return torch.special.expit(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.special.expit(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.empty_like(p).bernoulli_(p)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return torch.empty_like(p).bernoulli_(p)

# %% right | loop-over-images | loops over images in all three bounds, rows of samples one by one
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        pm, pv = self.z_prior
        kls, recs = [], []
        for image in x:
            image = image[None]
            m, v = self.enc(image)
            z = given.sample_gaussian(m, v)
            kls.append(given.kl_normal(m, v, pm, pv))
            recs.append(-given.log_bernoulli_with_logits(image, self.dec(z)))
        kl = torch.cat(kls).mean()
        rec = torch.cat(recs).mean()
        return torch.add(kl, rec), kl, rec

    def log_weights(self, x, iw):
        rows = []
        for b in range(x.shape[0]):
            m, v = self.enc(x[b : b + 1])          # (1, z_dim)
            z = given.sample_gaussian(m.expand(iw, -1), v.expand(iw, -1))
            row = given.log_bernoulli_with_logits(x[b], self.dec(z))
            row = row + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)
            rows.append(row)
        return torch.stack(rows)

    def negative_iwae_bound(self, x, iw):
        bounds = [given.log_mean_exp(row, dim=0) for row in self.log_weights(x, iw)]
        _, kl, rec = self.negative_elbo_bound(x)
        return -sum(bounds) / len(bounds), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        m, v = m.expand(self.z_dim), v.expand(self.z_dim)
        return torch.stack([given.sample_gaussian(m, v) for _ in range(batch)])

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.cat([self.compute_sigmoid_given(self.sample_z(1)) for _ in range(batch)])

    def sample_x_given(self, z):
        return torch.stack([torch.bernoulli(p) for p in self.compute_sigmoid_given(z)])

    def sample_x(self, batch):
        return torch.cat([self.sample_x_given(self.sample_z(1)) for _ in range(batch)])

# %% right | interleave | repeat_interleave, flat axis, view back
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=True)
        self.register_buffer("z_prior_v", prior_variance, persistent=True)

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        z = q_m + q_v.pow(0.5) * torch.empty_like(q_m).normal_()
        a = self.dec(z)
        log_px = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)   # (batch, 784)
        p_m, p_v = self.z_prior
        kl_each = given.kl_normal(q_m, q_v, p_m, p_v)
        nelbo_each = kl_each - log_px.sum(1)
        parts = torch.stack([nelbo_each, kl_each, -log_px.sum(1)])   # (3, batch)
        nelbo, kl, rec = parts.mean(dim=1)
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v, copies = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = given.sample_gaussian(m, v)            # (batch * iw, z_dim)
        log_w = (
            given.log_bernoulli_with_logits(copies, self.dec(z))
            + given.log_normal(z, *self.z_prior)
            - given.log_normal(z, m, v)
        )
        return log_w.view(x.shape[0], iw)

    def negative_iwae_bound(self, x, iw):
        share = self.log_weights(x, iw) - np.log(iw)
        niwae = share.logsumexp(-1).neg().mean(0)
        return (niwae, *self.negative_elbo_bound(x)[1:])

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim).to(m)
        return given.sample_gaussian(m + z, v + z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.where(torch.rand_like(p) < p, torch.ones_like(p), torch.zeros_like(p))

    @torch.no_grad()
    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | einsum | einsum for quadratic forms and for the pixels (logsigmoid form)
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Buffer(torch.zeros(1))
        self.z_prior_v = torch.nn.Buffer(torch.ones(1))

    def _get_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    z_prior = property(_get_prior)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        a = self.dec(z)
        on = torch.einsum("bp,bp->b", x, F.logsigmoid(a))
        off = torch.einsum("bp,bp->b", 1 - x, F.logsigmoid(-a))
        rec = -(on + off)
        pm, pv = self.z_prior
        ratio = v / pv
        shift = (m - pm) / pv.sqrt()
        kl = 0.5 * (torch.einsum("bd,bd->b", shift, shift) + (ratio - ratio.log() - 1).sum(-1))
        means = [t.sum() / len(x) for t in (kl + rec, kl, rec)]
        return tuple(means)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        eps = torch.randn(len(x), iw, self.z_dim).to(m)
        z = m.unsqueeze(1) + torch.einsum("bd,bkd->bkd", v.sqrt(), eps)
        a = self.dec(z)
        log_px = torch.einsum("bp,bkp->bk", x, F.logsigmoid(a)) + torch.einsum("bp,bkp->bk", 1 - x, F.logsigmoid(-a))
        pm, pv = self.z_prior
        u = (z - pm) / pv.sqrt()
        log_q = -0.5 * (torch.einsum("bkd,bkd->bk", eps, eps) + (2 * math.pi * v).log().sum(-1, keepdim=True))
        log_p = -0.5 * (torch.einsum("bkd,bkd->bk", u, u) + (2 * math.pi * pv).log().expand(self.z_dim).sum())
        return log_px + log_p - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        # log w_i - log softmax_i is the log of the sum, whatever i
        log_sum = (log_w - F.log_softmax(log_w, dim=1)).mean(1)
        niwae = (math.log(iw) - log_sum).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        prior = Independent(Normal(m.expand(self.z_dim), v.sqrt().expand(self.z_dim)), 1)
        return prior.sample((batch,))

    def compute_sigmoid_given(self, z):
        return Independent(Bernoulli(logits=self.dec(z)), 1).mean

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return Independent(Bernoulli(probs=self.compute_sigmoid_given(z)), 1).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | tile-transpose | whole copies by repeat, read as (iw, batch), transposed; in-place sums of own tensors
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    @property
    def z_prior(self):
        row = (1, self.z_dim)
        return self.z_prior_m.view(1, 1).expand(row), self.z_prior_v.view(1, 1).expand(row)

    def _encode(self, x):
        m, v = self.enc(x)
        return m, v, given.sample_gaussian(m, v)

    def _kl(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm.expand_as(m), pv.expand_as(v))

    def _rec(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v, z = self._encode(x)
        kl, rec = self._kl(m, v).mean(0), self._rec(x, z).mean(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        batch = x.size(0)
        m, v = self.enc(x)
        m, v, xs = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)   # whole copies: (iw * batch, ...)
        z = given.sample_gaussian(m, v)
        log_w = given.log_bernoulli_with_logits(xs, self.dec(z))
        log_w += given.log_normal(z, *self.z_prior)
        log_w -= given.log_normal(z, m, v)
        return log_w.view(iw, batch).t()           # read as they lie

    def negative_iwae_bound(self, x, iw):
        by_draw = self.log_weights(x, iw).T
        niwae = torch.mean(-given.log_mean_exp(by_draw, dim=0))
        kl, rec = self.negative_elbo_bound(x)[-2:]
        return niwae, kl, rec

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | chunked | draws 16 at a time, images 64 at a time
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        kl_total = rec_total = 0.0
        for part in x.split(64):
            m, v = self.enc(part)
            kl_total = kl_total + given.kl_normal(m, v, *self.z_prior).sum()
            logits = self.dec(given.sample_gaussian(m, v))
            rec_total = rec_total - given.log_bernoulli_with_logits(part, logits).sum()
        kl, rec = kl_total / x.size(0), rec_total / x.size(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw, at_once=16):
        m, v = self.enc(x)
        done, pieces = 0, []
        while done < iw:
            k = min(at_once, iw - done)
            mk = m[:, None].expand(-1, k, -1)
            vk = v[:, None].expand(-1, k, -1)
            z = given.sample_gaussian(mk, vk)
            piece = given.log_bernoulli_with_logits(x[:, None], self.dec(z)) + given.log_normal(z, *self.z_prior)
            pieces.append(piece - given.log_normal(z, mk, vk))
            done += k
        return torch.cat(pieces, dim=1)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% right | bce-none | binary_cross_entropy_with_logits, expand_as, addcmul
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.register_buffer("z_prior_m", None)
        self.register_buffer("z_prior_v", None)
        self.z_prior_m = torch.zeros((1,), dtype=torch.get_default_dtype())
        self.z_prior_v = torch.ones_like(self.z_prior_m)
        self.z_dim, self.name = z_dim, name
        arch = nns.get(nn)
        self.dec = arch.Decoder(z_dim=z_dim)
        self.enc = arch.Encoder(z_dim=z_dim)

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        sd = v.sqrt()
        z = torch.addcmul(m, sd, torch.randn_like(sd))
        cost_of_pixels = torch.nn.functional.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none")
        rec = cost_of_pixels.sum(-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        total = rec + kl
        return torch.mean(total), torch.mean(kl), torch.mean(rec)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        shape = (x.shape[0], iw, m.shape[-1])
        m, v = m[:, None].expand(shape), v[:, None].expand(shape)
        z = m + v.sqrt() * torch.randn_like(m)
        logits = self.dec(z)
        target = x[:, None].expand_as(logits)
        log_px = -F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=2)
        return log_px + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1) - math.log(iw)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = m.new_empty(batch, self.z_dim).normal_()
        return torch.addcmul(m, v.sqrt(), noise)

    def compute_sigmoid_given(self, z):
        return F.logsigmoid(self.dec(z)).exp()

    def sample_sigmoid(self, batch):
        return F.logsigmoid(self.dec(self.sample_z(batch))).exp()

    def sample_x_given(self, z):
        # a + logistic noise is positive with probability sigmoid(a)
        a = self.dec(z)
        u = torch.rand_like(a)
        return (a + u.log() - torch.log1p(-u) > 0).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | mean-and-sd | Normal objects from a helper, movedim, one pass for the bound's kl and rec
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        """Both as (z_dim,), so that nobody downstream has to think of it."""
        return self.z_prior_m.expand(self.z_dim), self.z_prior_v.expand(self.z_dim)

    def negative_elbo_bound(self, x):
        q = Normal(*self._mean_and_sd(x))
        prior_mean, prior_var = self.z_prior
        kl = kl_divergence(q, Normal(prior_mean, prior_var.sqrt())).sum(-1).mean()
        pixels = Bernoulli(logits=self.dec(q.rsample()), validate_args=False)
        rec = pixels.log_prob(x).sum(-1).mean().mul(-1)
        return kl + rec, kl, rec

    def _mean_and_sd(self, x):
        m, v = self.enc(x)
        return m, v.sqrt()

    def log_weights(self, x, iw):
        q = Normal(*self._mean_and_sd(x))
        pm, pv = self.z_prior
        z = q.rsample(torch.Size([iw]))
        log_pz = Normal(pm, pv.sqrt()).log_prob(z).sum(-1)
        log_qz = q.log_prob(z).sum(-1)
        log_px = Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
        return torch.movedim(log_px + log_pz - log_qz, 0, 1)

    def negative_iwae_bound(self, x, iw):
        """One pass: rec from the draws of the weights, kl in closed form."""
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(mk, vk)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + given.log_normal(z, pm, pv) - given.log_normal(z, mk, vk)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        return niwae, given.kl_normal(m, v, pm, pv).mean(), -log_px.mean()

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% right | table | preallocated table filled column by column; kl as cross-entropy minus entropy
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=True)
        self.register_buffer("z_prior_v", prior_variance, persistent=True)

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        # cross-entropy minus entropy
        cross = 0.5 * (torch.log(2 * math.pi * pv) + (v + (m - pm).square()) / pv)
        entropy = 0.5 * torch.log(2 * math.pi * math.e * v)
        kl = (cross - entropy).sum(1).mean()
        rec = -(given.log_bernoulli_with_logits(x, self.dec(z)).mean())
        nelbo = kl + rec
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        table = torch.zeros(x.shape[0], iw, dtype=m.dtype, device=m.device)
        for i in range(iw):
            z = m + torch.sqrt(v) * torch.randn_like(m)
            table[:, i] = (
                given.log_bernoulli_with_logits(x, self.dec(z))
                + given.log_normal(z, *self.z_prior)
                - given.log_normal(z, m, v)
            )
        return table

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        first = torch.zeros(len(x), dtype=torch.long, device=log_w.device)
        log_sum = F.cross_entropy(log_w, first, reduction="none") + log_w[:, 0]
        niwae = -(log_sum - math.log(iw)).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        sd = torch.sqrt(v)
        return m.expand(batch, self.z_dim) + sd.expand(batch, self.z_dim) * torch.randn(batch, self.z_dim).to(m)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        # black has the logit 0, white has the logit a
        return torch.stack([torch.zeros_like(a), a], dim=-1).softmax(dim=-1)[..., 1]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        pair = torch.stack([torch.zeros_like(a), a], dim=-1)
        return torch.distributions.Categorical(logits=pair).sample().to(a.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | terms-dictionary | one helper returns the three logarithms, used by all bounds; rec from the weights' draws
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    def _get_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    z_prior = property(_get_prior)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        terms = self._terms(x, m, v, 1)
        rec = -terms["log_px"].mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def _terms(self, x, m, v, k):
        """The three logarithms for k draws per image, (batch, k) each."""
        m, v = m[:, None].expand(-1, k, -1), v[:, None].expand(-1, k, -1)
        z = given.sample_gaussian(m, v)
        return {
            "log_px": given.log_bernoulli_with_logits(x[:, None], self.dec(z)),
            "log_pz": given.log_normal(z, *self.z_prior),
            "log_qz": given.log_normal(z, m, v),
        }

    def log_weights(self, x, iw):
        t = self._terms(x, *self.enc(x), iw)
        return t["log_px"] + t["log_pz"] - t["log_qz"]

    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        t = self._terms(x, m, v, iw)
        log_w = t["log_px"] + t["log_pz"] - t["log_qz"]
        niwae = -given.log_mean_exp(log_w, dim=1)
        kl = given.kl_normal(m, v, *self.z_prior)
        rec = -t["log_px"].mean(dim=1)
        return niwae.mean(), kl.mean(), rec.mean()

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        mean, variance = self.z_prior
        mean = mean.repeat(batch, self.z_dim // mean.shape[-1])
        return torch.normal(mean, variance.sqrt().expand_as(mean))

    def compute_sigmoid_given(self, z):
        return torch.special.expit(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.special.expit(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.empty_like(p).bernoulli_(p)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return torch.empty_like(p).bernoulli_(p)

# %% right | recursive-halves | draws by recursion on halves; logcumsumexp, last column
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Buffer(torch.zeros(1))
        self.z_prior_v = torch.nn.Buffer(torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        a = self.dec(given.sample_gaussian(m, v))
        # -log p of a pixel is softplus(-a) if it is white and softplus(a) if it is black
        rec = (x * F.softplus(-a) + (1 - x) * F.softplus(a)).sum(-1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        return self._halve(x, *self.enc(x), iw)

    def _halve(self, x, m, v, iw):
        """iw draws are two halves beside each other; one draw is one draw."""
        if iw == 1:
            z = given.sample_gaussian(m, v)
            log_w = given.log_bernoulli_with_logits(x, self.dec(z)) + given.log_normal(z, *self.z_prior)
            return (log_w - given.log_normal(z, m, v))[:, None]
        left = iw // 2
        return torch.hstack([self._halve(x, m, v, left), self._halve(x, m, v, iw - left)])

    def negative_iwae_bound(self, x, iw):
        running = torch.logcumsumexp(self.log_weights(x, iw), dim=1)   # every k up to iw
        niwae = math.log(iw) - running[:, -1].mean()
        rest = self.negative_elbo_bound(x)
        return niwae, rest[1], rest[2]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = torch.from_numpy(np.random.standard_normal((batch, self.z_dim))).to(m)
        return m + v.sqrt() * noise

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z).detach()
        tosses = np.random.uniform(size=tuple(p.shape)) < p.cpu().numpy()
        return torch.as_tensor(tosses).to(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | multivariate | MultivariateNormal with diagonal scale_tril
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.register_buffer("z_prior_m", None)
        self.register_buffer("z_prior_v", None)
        self.z_prior_m = torch.zeros((1,), dtype=torch.get_default_dtype())
        self.z_prior_v = torch.ones_like(self.z_prior_m)
        self.z_dim, self.name = z_dim, name
        arch = nns.get(nn)
        self.dec = arch.Decoder(z_dim=z_dim)
        self.enc = arch.Encoder(z_dim=z_dim)

    @property
    def z_prior(self):
        row = (1, self.z_dim)
        return self.z_prior_m.view(1, 1).expand(row), self.z_prior_v.view(1, 1).expand(row)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
        p = MultivariateNormal(pm.expand_as(m), scale_tril=torch.diag_embed(pv.sqrt().expand_as(v)))
        kl = torch.distributions.kl.kl_divergence(q, p).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(q.rsample())).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
        p = MultivariateNormal(pm.expand_as(m), scale_tril=torch.diag_embed(pv.sqrt().expand_as(v)))
        z = q.rsample((iw,))
        log_px = given.log_bernoulli_with_logits(x.expand(iw, -1, -1), self.dec(z))
        return (log_px + p.log_prob(z) - q.log_prob(z)).transpose(0, 1)

    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        columns = self.log_weights(x, iw).unbind(dim=1)
        total = reduce(torch.logaddexp, columns)
        bound = (total - math.log(len(columns))).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return -bound, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    def sample_z(self, batch):
        m, v = (t.expand(batch, self.z_dim) for t in self.z_prior)
        return torch.distributions.MultivariateNormal(m, torch.diag_embed(v)).sample()

    def compute_sigmoid_given(self, z):
        return self.dec(z).clone().sigmoid_()

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.distributions.Binomial(total_count=1, logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return self.sample_x_given(z=self.sample_z(batch=batch))

# %% right | vmap-formulas | vmap of the formulas over images and over draws
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = torch.vmap(lambda qm, qv: given.kl_normal(qm, qv, pm, pv))(m, v)
        logits = self.dec(given.sample_gaussian(m, v))
        rec = -torch.vmap(given.log_bernoulli_with_logits)(x, logits)
        return (kl + rec).mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m[None] + v.sqrt()[None] * torch.randn((iw,) + tuple(m.shape), dtype=m.dtype, device=m.device)
        logits = self.dec(z)                       # (iw, batch, 784)

        def one_draw(z, logits):
            log_joint = given.log_bernoulli_with_logits(x, logits) + given.log_normal(z, pm, pv)
            return log_joint - given.log_normal(z, m, v)

        return torch.vmap(one_draw, out_dims=1)(z, logits)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.detach().amax(dim=1, keepdim=True)
        mean_w = (log_w - top).exp().mean(dim=1)
        log_p = mean_w.log() + top.squeeze(1)
        kl, rec = self.negative_elbo_bound(x)[1:]
        return -log_p.mean(), kl, rec

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        u, w = torch.rand(2, batch, self.z_dim, dtype=m.dtype, device=m.device)
        radius = torch.sqrt(-2 * torch.log1p(-u))
        return m + v.sqrt() * radius * torch.cos(2 * math.pi * w)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = torch.sigmoid(self.dec(z))
        return torch.rand(p.shape, dtype=p.dtype, device=p.device).lt(p).type_as(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | draws-last-axis | noise (batch, z_dim, iw), transposed; sum of a stack of three terms
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        # lesson 02, written out
        per_dim = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1)
        kl = per_dim.sum(dim=-1).mean()
        eps = torch.randn_like(m)
        a = self.dec(m + torch.sqrt(v) * eps)
        # log p = x a - softplus(a), pixel by pixel
        rec = (F.softplus(a) - x * a).sum(dim=-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        eps = m.new_empty(*m.shape, iw).normal_()  # (batch, z_dim, iw)
        z = (m[..., None] + v[..., None].sqrt() * eps).transpose(1, 2)
        log_qz = given.log_normal(z, m[:, None], v[:, None])
        log_pz = given.log_normal(z, *self.z_prior)
        log_px = given.log_bernoulli_with_logits(x[:, None], self.dec(z))
        return torch.stack([log_px, log_pz, -log_qz]).sum(0)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        mean_log = log_w.mean(1)                                     # the ELBO of each image
        gain = given.log_mean_exp(log_w - mean_log[:, None], dim=1)  # what averaging inside buys
        _, kl, rec = self.negative_elbo_bound(x)
        return -(mean_log + gain).mean(), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim).to(m)
        return given.sample_gaussian(m + z, v + z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.where(torch.rand_like(p) < p, torch.ones_like(p), torch.zeros_like(p))

    @torch.no_grad()
    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | log-joint | helper for log p(x, z), only the mean expanded
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _encode(self, x):
        m, v = self.enc(x)
        return m, v, given.sample_gaussian(m, v)

    def _kl(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm.expand_as(m), pv.expand_as(v))

    def _rec(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v, z = self._encode(x)
        kl, rec = self._kl(m, v).mean(0), self._rec(x, z).mean(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = (t.unsqueeze(-2) for t in self.enc(x))
        z = given.sample_gaussian(m.expand(-1, iw, -1), v)
        return self._log_joint(x.unsqueeze(-2), z) - given.log_normal(z, m, v)

    def _log_joint(self, x, z):
        """log p(x, z) = log p(z) + log p(x|z)."""
        pm, pv = self.z_prior
        return given.log_normal(z, pm, pv) + given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_iwae_bound(self, x, iw):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        if iw == 1:
            return nelbo, kl, rec      # the ELBO is the bound with one draw
        niwae = -given.log_mean_exp(self.log_weights(x, iw), dim=-1)
        return niwae.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        prior = Independent(Normal(m.expand(self.z_dim), v.sqrt().expand(self.z_dim)), 1)
        return prior.sample((batch,))

    def compute_sigmoid_given(self, z):
        return Independent(Bernoulli(logits=self.dec(z)), 1).mean

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return Independent(Bernoulli(probs=self.compute_sigmoid_given(z)), 1).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | encode-each-time | each draw calls encoder again; bound image by image
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=True)
        self.register_buffer("z_prior_v", prior_variance, persistent=True)

    @property
    def z_prior(self):
        """Both as (z_dim,), so that nobody downstream has to think of it."""
        return self.z_prior_m.expand(self.z_dim), self.z_prior_v.expand(self.z_dim)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        # the whole formula once per draw, encoder included: slow and simple
        return torch.cat([self._one_weight(x).reshape(-1, 1) for _ in range(iw)], 1)

    def _one_weight(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        return given.log_bernoulli_with_logits(x, self.dec(z)) - (
            given.log_normal(z, m, v) - given.log_normal(z, pm, pv)
        )

    def negative_iwae_bound(self, x, iw):
        total = 0
        for one in torch.split(x, 1):
            total = total - given.log_mean_exp(self.log_weights(one, iw), dim=1).sum()
        elbo_terms = self.negative_elbo_bound(x)
        return total / x.shape[0], elbo_terms[1], elbo_terms[2]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        sd = torch.sqrt(v)
        return m.expand(batch, self.z_dim) + sd.expand(batch, self.z_dim) * torch.randn(batch, self.z_dim).to(m)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        # black has the logit 0, white has the logit a
        return torch.stack([torch.zeros_like(a), a], dim=-1).softmax(dim=-1)[..., 1]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        pair = torch.stack([torch.zeros_like(a), a], dim=-1)
        return torch.distributions.Categorical(logits=pair).sample().to(a.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | flat-decoder | decoder only ever sees (n, z_dim); repeat along an axis of its own
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.register_buffer("z_prior_m", None)
        self.register_buffer("z_prior_v", None)
        self.z_prior_m = torch.zeros((1,), dtype=torch.get_default_dtype())
        self.z_prior_v = torch.ones_like(self.z_prior_m)
        self.z_dim, self.name = z_dim, name
        arch = nns.get(nn)
        self.dec = arch.Decoder(z_dim=z_dim)
        self.enc = arch.Encoder(z_dim=z_dim)

    def _get_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    z_prior = property(_get_prior)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        sd = v.sqrt()
        z = torch.addcmul(m, sd, torch.randn_like(sd))
        cost_of_pixels = torch.nn.functional.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none")
        rec = cost_of_pixels.sum(-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        total = rec + kl
        return torch.mean(total), torch.mean(kl), torch.mean(rec)

    def log_weights(self, x, iw):
        batch = len(x)
        m, v = self.enc(x)
        m, v = m.reshape(batch, 1, -1), v.reshape(batch, 1, -1)
        z = given.sample_gaussian(m.repeat(1, iw, 1), v.repeat(1, iw, 1))
        logits = self.dec(z.reshape(batch * iw, -1)).reshape(batch, iw, -1)
        log_w = given.log_bernoulli_with_logits(x.reshape(batch, 1, -1), logits)
        return log_w + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        # log w_i - log softmax_i is the log of the sum, whatever i
        log_sum = (log_w - F.log_softmax(log_w, dim=1)).mean(1)
        niwae = (math.log(iw) - log_sum).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        m, v = m.expand(self.z_dim), v.expand(self.z_dim)
        return torch.stack([given.sample_gaussian(m, v) for _ in range(batch)])

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.cat([self.compute_sigmoid_given(self.sample_z(1)) for _ in range(batch)])

    def sample_x_given(self, z):
        return torch.stack([torch.bernoulli(p) for p in self.compute_sigmoid_given(z)])

    def sample_x(self, batch):
        return torch.cat([self.sample_x_given(self.sample_z(1)) for _ in range(batch)])

# %% right | copies-through-encoder | images copied before the encoder, unflatten
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Buffer(torch.zeros(1))
        self.z_prior_v = torch.nn.Buffer(torch.ones(1))

    @property
    def z_prior(self):
        m = self.z_prior_m.repeat(self.z_dim)
        v = self.z_prior_v.repeat(self.z_dim)
        return (m, v)

    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        z = q_m + q_v.pow(0.5) * torch.empty_like(q_m).normal_()
        a = self.dec(z)
        log_px = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)   # (batch, 784)
        p_m, p_v = self.z_prior
        kl_each = given.kl_normal(q_m, q_v, p_m, p_v)
        nelbo_each = kl_each - log_px.sum(1)
        parts = torch.stack([nelbo_each, kl_each, -log_px.sum(1)])   # (3, batch)
        nelbo, kl, rec = parts.mean(dim=1)
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        copies = torch.repeat_interleave(x, iw, dim=0)      # (batch * iw, 784), also through the encoder
        m, v = self.enc(copies)
        z = given.sample_gaussian(m, v)
        log_w = given.log_bernoulli_with_logits(copies, self.dec(z))
        log_w = log_w + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)
        return torch.unflatten(log_w, 0, (-1, iw))

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        first = torch.zeros(len(x), dtype=torch.long, device=log_w.device)
        log_sum = F.cross_entropy(log_w, first, reduction="none") + log_w[:, 0]
        niwae = -(log_sum - math.log(iw)).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = torch.from_numpy(np.random.standard_normal((batch, self.z_dim))).to(m)
        return m + v.sqrt() * noise

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z).detach()
        tosses = np.random.uniform(size=tuple(p.shape)) < p.cpu().numpy()
        return torch.as_tensor(tosses).to(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | costs | everything as costs: BCE, gaussian_nll_loss, permute at the end
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        a = self.dec(given.sample_gaussian(m, v))
        # -log p of a pixel is softplus(-a) if it is white and softplus(a) if it is black
        rec = (x * F.softplus(-a) + (1 - x) * F.softplus(a)).sum(-1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        m, v = m.expand(iw, *m.shape), v.expand(iw, *v.shape)
        z = given.sample_gaussian(m, v)
        cost = torch.zeros(iw, len(x)).to(m)
        cost = cost + F.binary_cross_entropy_with_logits(self.dec(z), x.expand(iw, *x.shape), reduction="none").sum(-1)
        cost = cost + F.gaussian_nll_loss(z, pm.expand_as(z), pv.expand_as(z), full=True, eps=0, reduction="none").sum(-1)
        cost = cost - (0.5 * ((z - m) ** 2 / v + torch.log(2 * torch.pi * v))).sum(-1)
        return cost.neg().permute(1, 0).contiguous()

    def negative_iwae_bound(self, x, iw):
        running = torch.logcumsumexp(self.log_weights(x, iw), dim=1)   # every k up to iw
        niwae = math.log(iw) - running[:, -1].mean()
        rest = self.negative_elbo_bound(x)
        return niwae, rest[1], rest[2]

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = m.new_empty(batch, self.z_dim).normal_()
        return torch.addcmul(m, v.sqrt(), noise)

    def compute_sigmoid_given(self, z):
        return F.logsigmoid(self.dec(z)).exp()

    def sample_sigmoid(self, batch):
        return F.logsigmoid(self.dec(self.sample_z(batch))).exp()

    def sample_x_given(self, z):
        # a + logistic noise is positive with probability sigmoid(a)
        a = self.dec(z)
        u = torch.rand_like(a)
        return (a + u.log() - torch.log1p(-u) > 0).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | kl-by-draws | kl of both bounds estimated from the draws (log q - log p)
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        """kl from the same draw as rec: right on average (lesson 04, Think)."""
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = (given.log_normal(z, m, v) - given.log_normal(z, *self.z_prior)).mean()
        rec = given.log_bernoulli_with_logits(x, self.dec(z)).mean().neg()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        draws = [given.sample_gaussian(m, v) for _ in range(iw)]
        z = torch.stack(draws, dim=1)
        pieces = (
            given.log_bernoulli_with_logits(x[:, None, :], self.dec(z)),
            given.log_normal(z, *self.z_prior),
            given.log_normal(z, m[:, None, :], v[:, None, :]).neg(),
        )
        return sum(pieces)

    def negative_iwae_bound(self, x, iw):
        """Everything from one set of draws: kl and rec are plain averages over them."""
        m, v = self.enc(x)
        q = Independent(Normal(m, v.sqrt()), 1)
        z = q.rsample((iw,))
        log_px = given.log_bernoulli_with_logits(x, self.dec(z))       # (iw, batch)
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = q.log_prob(z)
        niwae = -given.log_mean_exp(log_px + log_pz - log_qz, dim=0)
        return niwae.mean(), (log_qz - log_pz).mean(), -log_px.mean()

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior
        u, w = torch.rand(2, batch, self.z_dim, dtype=m.dtype, device=m.device)
        radius = torch.sqrt(-2 * torch.log1p(-u))
        return m + v.sqrt() * radius * torch.cos(2 * math.pi * w)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = torch.sigmoid(self.dec(z))
        return torch.rand(p.shape, dtype=p.dtype, device=p.device).lt(p).type_as(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | stacked-draws | list of draws stacked to (batch, iw, z_dim), decoder once; einsum kl
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        row = (1, self.z_dim)
        return self.z_prior_m.view(1, 1).expand(row), self.z_prior_v.view(1, 1).expand(row)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        a = self.dec(z)
        on = torch.einsum("bp,bp->b", x, F.logsigmoid(a))
        off = torch.einsum("bp,bp->b", 1 - x, F.logsigmoid(-a))
        rec = -(on + off)
        pm, pv = self.z_prior
        ratio = v / pv
        shift = (m - pm) / pv.sqrt()
        kl = 0.5 * (torch.einsum("bd,bd->b", shift, shift) + (ratio - ratio.log() - 1).sum(-1))
        means = [t.sum() / len(x) for t in (kl + rec, kl, rec)]
        return tuple(means)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        draws = [given.sample_gaussian(m, v) for _ in range(iw)]
        z = torch.stack(draws, dim=1)
        pieces = (
            given.log_bernoulli_with_logits(x[:, None, :], self.dec(z)),
            given.log_normal(z, *self.z_prior),
            given.log_normal(z, m[:, None, :], v[:, None, :]).neg(),
        )
        return sum(pieces)

    def negative_iwae_bound(self, x, iw):
        share = self.log_weights(x, iw) - np.log(iw)
        niwae = share.logsumexp(-1).neg().mean(0)
        return (niwae, *self.negative_elbo_bound(x)[1:])

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = (t.expand(batch, self.z_dim) for t in self.z_prior)
        return torch.distributions.MultivariateNormal(m, torch.diag_embed(v)).sample()

    def compute_sigmoid_given(self, z):
        return self.dec(z).clone().sigmoid_()

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.distributions.Binomial(total_count=1, logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return self.sample_x_given(z=self.sample_z(batch=batch))

# %% right | mixed-distributions | kl by torch, weights by own formula from eps; gap form of log-mean-exp
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=True)
        self.register_buffer("z_prior_v", prior_variance, persistent=True)

    @property
    def z_prior(self):
        m = self.z_prior_m.repeat(self.z_dim)
        v = self.z_prior_v.repeat(self.z_dim)
        return (m, v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1)
        kl = kl_divergence(q, p).mean()
        rec = -likelihood.log_prob(x).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        batch, dim = m.shape
        eps = torch.randn(batch, iw, dim, dtype=m.dtype, device=m.device)
        z = m[:, None, :] + v.sqrt()[:, None, :] * eps
        pm, pv = self.z_prior
        # the 2 pi cancel between p(z) and q(z|x)
        log_ratio = 0.5 * (v.log()[:, None, :] + eps**2 - torch.log(pv) - (z - pm) ** 2 / pv).sum(-1)
        a = self.dec(z)
        log_px = (x[:, None, :] * a - F.softplus(a)).sum(-1)
        return log_px + log_ratio

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        mean_log = log_w.mean(1)                                     # the ELBO of each image
        gain = given.log_mean_exp(log_w - mean_log[:, None], dim=1)  # what averaging inside buys
        _, kl, rec = self.negative_elbo_bound(x)
        return -(mean_log + gain).mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% right | cross-entropy | kl as cross-entropy minus entropy, one-pass bound, samples through numpy
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Buffer(torch.zeros(1))
        self.z_prior_v = torch.nn.Buffer(torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        # cross-entropy minus entropy
        cross = 0.5 * (torch.log(2 * math.pi * pv) + (v + (m - pm).square()) / pv)
        entropy = 0.5 * torch.log(2 * math.pi * math.e * v)
        kl = (cross - entropy).sum(1).mean()
        rec = -(given.log_bernoulli_with_logits(x, self.dec(z)).mean())
        nelbo = kl + rec
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = (t.unsqueeze(-2) for t in self.enc(x))
        z = given.sample_gaussian(m.expand(-1, iw, -1), v)
        return self._log_joint(x.unsqueeze(-2), z) - given.log_normal(z, m, v)

    def _log_joint(self, x, z):
        """log p(x, z) = log p(z) + log p(x|z)."""
        pm, pv = self.z_prior
        return given.log_normal(z, pm, pv) + given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_iwae_bound(self, x, iw):
        """One pass: rec from the draws of the weights, kl in closed form."""
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(mk, vk)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + given.log_normal(z, pm, pv) - given.log_normal(z, mk, vk)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        return niwae, given.kl_normal(m, v, pm, pv).mean(), -log_px.mean()

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = torch.from_numpy(np.random.standard_normal((batch, self.z_dim))).to(m)
        return m + v.sqrt() * noise

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z).detach()
        tosses = np.random.uniform(size=tuple(p.shape)) < p.cpu().numpy()
        return torch.as_tensor(tosses).to(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | loops-everywhere | ELBO image by image, weights encoder call per draw, logaddexp over columns
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.register_buffer("z_prior_m", None)
        self.register_buffer("z_prior_v", None)
        self.z_prior_m = torch.zeros((1,), dtype=torch.get_default_dtype())
        self.z_prior_v = torch.ones_like(self.z_prior_m)
        self.z_dim, self.name = z_dim, name
        arch = nns.get(nn)
        self.dec = arch.Decoder(z_dim=z_dim)
        self.enc = arch.Encoder(z_dim=z_dim)

    @property
    def z_prior(self):
        """Both as (z_dim,), so that nobody downstream has to think of it."""
        return self.z_prior_m.expand(self.z_dim), self.z_prior_v.expand(self.z_dim)

    def negative_elbo_bound(self, x):
        pm, pv = self.z_prior
        kls, recs = [], []
        for image in x:
            image = image[None]
            m, v = self.enc(image)
            z = given.sample_gaussian(m, v)
            kls.append(given.kl_normal(m, v, pm, pv))
            recs.append(-given.log_bernoulli_with_logits(image, self.dec(z)))
        kl = torch.cat(kls).mean()
        rec = torch.cat(recs).mean()
        return torch.add(kl, rec), kl, rec

    def log_weights(self, x, iw):
        # the whole formula once per draw, encoder included: slow and simple
        return torch.cat([self._one_weight(x).reshape(-1, 1) for _ in range(iw)], 1)

    def _one_weight(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        return given.log_bernoulli_with_logits(x, self.dec(z)) - (
            given.log_normal(z, m, v) - given.log_normal(z, pm, pv)
        )

    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        columns = self.log_weights(x, iw).unbind(dim=1)
        total = reduce(torch.logaddexp, columns)
        bound = (total - math.log(len(columns))).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return -bound, kl, rec

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% right | chunk-mvn | MultivariateNormal ELBO, chunked weights, own max shift
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    def _get_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    z_prior = property(_get_prior)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = MultivariateNormal(m, scale_tril=torch.diag_embed(v.sqrt()))
        p = MultivariateNormal(pm.expand_as(m), scale_tril=torch.diag_embed(pv.sqrt().expand_as(v)))
        kl = torch.distributions.kl.kl_divergence(q, p).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(q.rsample())).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw, at_once=16):
        m, v = self.enc(x)
        done, pieces = 0, []
        while done < iw:
            k = min(at_once, iw - done)
            mk = m[:, None].expand(-1, k, -1)
            vk = v[:, None].expand(-1, k, -1)
            z = given.sample_gaussian(mk, vk)
            piece = given.log_bernoulli_with_logits(x[:, None], self.dec(z)) + given.log_normal(z, *self.z_prior)
            pieces.append(piece - given.log_normal(z, mk, vk))
            done += k
        return torch.cat(pieces, dim=1)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.detach().amax(dim=1, keepdim=True)
        mean_w = (log_w - top).exp().mean(dim=1)
        log_p = mean_w.log() + top.squeeze(1)
        kl, rec = self.negative_elbo_bound(x)[1:]
        return -log_p.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    def sample_z(self, batch):
        m, v = self.z_prior
        sd = torch.sqrt(v)
        return m.expand(batch, self.z_dim) + sd.expand(batch, self.z_dim) * torch.randn(batch, self.z_dim).to(m)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        # black has the logit 0, white has the logit a
        return torch.stack([torch.zeros_like(a), a], dim=-1).softmax(dim=-1)[..., 1]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        pair = torch.stack([torch.zeros_like(a), a], dim=-1)
        return torch.distributions.Categorical(logits=pair).sample().to(a.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | vmap-and-table | vmap ELBO, preallocated table, log-mean-exp row by row
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        m = self.z_prior_m.repeat(self.z_dim)
        v = self.z_prior_v.repeat(self.z_dim)
        return (m, v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = torch.vmap(lambda qm, qv: given.kl_normal(qm, qv, pm, pv))(m, v)
        logits = self.dec(given.sample_gaussian(m, v))
        rec = -torch.vmap(given.log_bernoulli_with_logits)(x, logits)
        return (kl + rec).mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        table = torch.zeros(x.shape[0], iw, dtype=m.dtype, device=m.device)
        for i in range(iw):
            z = m + torch.sqrt(v) * torch.randn_like(m)
            table[:, i] = (
                given.log_bernoulli_with_logits(x, self.dec(z))
                + given.log_normal(z, *self.z_prior)
                - given.log_normal(z, m, v)
            )
        return table

    def negative_iwae_bound(self, x, iw):
        bounds = [given.log_mean_exp(row, dim=0) for row in self.log_weights(x, iw)]
        _, kl, rec = self.negative_elbo_bound(x)
        return -sum(bounds) / len(bounds), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        mean, variance = self.z_prior
        mean = mean.repeat(batch, self.z_dim // mean.shape[-1])
        return torch.normal(mean, variance.sqrt().expand_as(mean))

    def compute_sigmoid_given(self, z):
        return torch.special.expit(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.special.expit(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.empty_like(p).bernoulli_(p)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return torch.empty_like(p).bernoulli_(p)

# %% right | interleave-bce | BCE sum over batch, repeat_interleave, iw = 1 returns the ELBO itself
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        batch = x.shape[0]
        mu, var = self.enc(x)
        z = mu + var.sqrt() * torch.randn(mu.shape, dtype=mu.dtype, device=mu.device)
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
        kl = given.kl_normal(mu, var, *self.z_prior).sum() / batch
        nelbo = rec + kl
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v, copies = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = given.sample_gaussian(m, v)            # (batch * iw, z_dim)
        log_w = (
            given.log_bernoulli_with_logits(copies, self.dec(z))
            + given.log_normal(z, *self.z_prior)
            - given.log_normal(z, m, v)
        )
        return log_w.view(x.shape[0], iw)

    def negative_iwae_bound(self, x, iw):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        if iw == 1:
            return nelbo, kl, rec      # the ELBO is the bound with one draw
        niwae = -given.log_mean_exp(self.log_weights(x, iw), dim=-1)
        return niwae.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = (t.expand(batch, self.z_dim) for t in self.z_prior)
        return torch.distributions.MultivariateNormal(m, torch.diag_embed(v)).sample()

    def compute_sigmoid_given(self, z):
        return self.dec(z).clone().sigmoid_()

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.distributions.Binomial(total_count=1, logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return self.sample_x_given(z=self.sample_z(batch=batch))

# %% wrong | plain-attribute | prior mean and variance are plain attributes: not in the state dict, do not follow .double() | prior-is-a-plain-attribute
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.z_prior_m = torch.zeros(1)
        self.z_prior_v = torch.ones(1)

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _encode(self, x):
        m, v = self.enc(x)
        return m, v, given.sample_gaussian(m, v)

    def _kl(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm.expand_as(m), pv.expand_as(v))

    def _rec(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v, z = self._encode(x)
        kl, rec = self._kl(m, v).mean(0), self._rec(x, z).mean(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% wrong | cached-tuple | z_prior returns a tuple of the buffers stored at construction: after .double() or .to() it still holds the old tensors | prior-does-not-follow
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))
        self._prior = (self.z_prior_m, self.z_prior_v)

    @property
    def z_prior(self):
        return self._prior

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        # lesson 02, written out
        per_dim = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1)
        kl = per_dim.sum(dim=-1).mean()
        eps = torch.randn_like(m)
        a = self.dec(m + torch.sqrt(v) * eps)
        # log p = x a - softplus(a), pixel by pixel
        rec = (F.softplus(a) - x * a).sum(dim=-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v, copies = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = given.sample_gaussian(m, v)            # (batch * iw, z_dim)
        log_w = (
            given.log_bernoulli_with_logits(copies, self.dec(z))
            + given.log_normal(z, *self.z_prior)
            - given.log_normal(z, m, v)
        )
        return log_w.view(x.shape[0], iw)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1) - math.log(iw)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | trainable-prior | prior as nn.Parameters that require gradients: the optimizer changes it | prior-trains
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Parameter(torch.zeros(1))
        self.z_prior_v = torch.nn.Parameter(torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1)
        kl = kl_divergence(q, p).mean()
        rec = -likelihood.log_prob(x).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        columns = []
        for _ in range(iw):
            z = given.sample_gaussian(m, v)
            log_w = given.log_bernoulli_with_logits(x, self.dec(z))
            log_w = log_w + given.log_normal(z, pm, pv) - given.log_normal(z, m, v)
            columns.append(log_w)
        return torch.stack(columns, dim=1)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim).to(m)
        return given.sample_gaussian(m + z, v + z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.where(torch.rand_like(p) < p, torch.ones_like(p), torch.zeros_like(p))

    @torch.no_grad()
    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | not-persistent | buffers registered with persistent=False: they follow .double() but are not saved
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=False)
        self.register_buffer("z_prior_v", prior_variance, persistent=False)

    @property
    def z_prior(self):
        return tuple(self.get_buffer(key) for key in ("z_prior_m", "z_prior_v"))

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        sd = v.sqrt()
        z = torch.addcmul(m, sd, torch.randn_like(sd))
        cost_of_pixels = torch.nn.functional.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none")
        rec = cost_of_pixels.sum(-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        total = rec + kl
        return torch.mean(total), torch.mean(kl), torch.mean(rec)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        shape = (x.shape[0], iw, m.shape[-1])
        m, v = m[:, None].expand(shape), v[:, None].expand(shape)
        z = m + v.sqrt() * torch.randn_like(m)
        logits = self.dec(z)
        target = x[:, None].expand_as(logits)
        log_px = -F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=2)
        return log_px + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | parts-in-a-list | encoder and decoder kept in a plain list behind properties: no parameters registered, none saved, nothing to train
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        network = nns.get(nn)
        self.name = name
        self.z_dim = z_dim
        self.parts = [network.Encoder(z_dim), network.Decoder(z_dim)]
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def enc(self):
        return self.parts[0]

    @property
    def dec(self):
        return self.parts[1]

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        a = self.dec(given.sample_gaussian(m, v))
        # -log p of a pixel is softplus(-a) if it is white and softplus(a) if it is black
        rec = (x * F.softplus(-a) + (1 - x) * F.softplus(a)).sum(-1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        batch, dim = m.shape
        eps = torch.randn(batch, iw, dim, dtype=m.dtype, device=m.device)
        z = m[:, None, :] + v.sqrt()[:, None, :] * eps
        pm, pv = self.z_prior
        # the 2 pi cancel between p(z) and q(z|x)
        log_ratio = 0.5 * (v.log()[:, None, :] + eps**2 - torch.log(pv) - (z - pm) ** 2 / pv).sum(-1)
        a = self.dec(z)
        log_px = (x[:, None, :] * a - F.softplus(a)).sum(-1)
        return log_px + log_ratio

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | z-dim-of-the-class | z_dim as class attribute; the constructor's argument z_dim is never used, the model always has two latents
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    z_dim = 2

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        z = q_m + q_v.pow(0.5) * torch.empty_like(q_m).normal_()
        a = self.dec(z)
        log_px = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)   # (batch, 784)
        p_m, p_v = self.z_prior
        kl_each = given.kl_normal(q_m, q_v, p_m, p_v)
        nelbo_each = kl_each - log_px.sum(1)
        parts = torch.stack([nelbo_each, kl_each, -log_px.sum(1)])   # (3, batch)
        nelbo, kl, rec = parts.mean(dim=1)
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        draws = [given.sample_gaussian(m, v) for _ in range(iw)]
        z = torch.stack(draws, dim=1)
        pieces = (
            given.log_bernoulli_with_logits(x[:, None, :], self.dec(z)),
            given.log_normal(z, *self.z_prior),
            given.log_normal(z, m[:, None, :], v[:, None, :]).neg(),
        )
        return sum(pieces)

    def negative_iwae_bound(self, x, iw):
        by_draw = self.log_weights(x, iw).T
        niwae = torch.mean(-given.log_mean_exp(by_draw, dim=0))
        kl, rec = self.negative_elbo_bound(x)[-2:]
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% wrong | nn-not-used | the network object is only used when it is a string; any object with Encoder and Decoder is silently replaced by v1 | always-the-same-network
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn if nn in nns.available() else "v1")
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        batch = x.shape[0]
        mu, var = self.enc(x)
        z = mu + var.sqrt() * torch.randn(mu.shape, dtype=mu.dtype, device=mu.device)
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
        kl = given.kl_normal(mu, var, *self.z_prior).sum() / batch
        nelbo = rec + kl
        return nelbo, kl, rec

    def log_weights(self, x, iw, at_once=16):
        m, v = self.enc(x)
        done, pieces = 0, []
        while done < iw:
            k = min(at_once, iw - done)
            mk = m[:, None].expand(-1, k, -1)
            vk = v[:, None].expand(-1, k, -1)
            z = given.sample_gaussian(mk, vk)
            piece = given.log_bernoulli_with_logits(x[:, None], self.dec(z)) + given.log_normal(z, *self.z_prior)
            pieces.append(piece - given.log_normal(z, mk, vk))
            done += k
        return torch.cat(pieces, dim=1)

    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        columns = self.log_weights(x, iw).unbind(dim=1)
        total = reduce(torch.logaddexp, columns)
        bound = (total - math.log(len(columns))).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return -bound, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | super-after | super().__init__() comes after the first module assignment: raises when the model is made
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        mean, variance = self.z_prior
        mean = mean.repeat(batch, self.z_dim // mean.shape[-1])
        return torch.normal(mean, variance.sqrt().expand_as(mean))

    def compute_sigmoid_given(self, z):
        return torch.special.expit(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.special.expit(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.empty_like(p).bernoulli_(p)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return torch.empty_like(p).bernoulli_(p)

# %% wrong | weights-transposed | log_weights returns (iw, batch); niwae averages dim 0 and is right, the helper's shape is not
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        q = Normal(*self._mean_and_sd(x))
        prior_mean, prior_var = self.z_prior
        kl = kl_divergence(q, Normal(prior_mean, prior_var.sqrt())).sum(-1).mean()
        pixels = Bernoulli(logits=self.dec(q.rsample()), validate_args=False)
        rec = pixels.log_prob(x).sum(-1).mean().mul(-1)
        return kl + rec, kl, rec

    def _mean_and_sd(self, x):
        m, v = self.enc(x)
        return m, v.sqrt()

    def log_weights(self, x, iw):
        q = Normal(*self._mean_and_sd(x))
        pm, pv = self.z_prior
        z = q.rsample(torch.Size([iw]))
        log_pz = Normal(pm, pv.sqrt()).log_prob(z).sum(-1)
        log_qz = q.log_prob(z).sum(-1)
        log_px = Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=0).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    def sample_z(self, batch):
        m, v = self.z_prior
        sd = torch.sqrt(v)
        return m.expand(batch, self.z_dim) + sd.expand(batch, self.z_dim) * torch.randn(batch, self.z_dim).to(m)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        # black has the logit 0, white has the logit a
        return torch.stack([torch.zeros_like(a), a], dim=-1).softmax(dim=-1)[..., 1]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        pair = torch.stack([torch.zeros_like(a), a], dim=-1)
        return torch.distributions.Categorical(logits=pair).sample().to(a.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | squeeze-last | log_weights ends with .squeeze() and the bound averages dim=-1: with iw=1 the images are averaged inside the logarithm, with one image the shape is (iw,)
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        # cross-entropy minus entropy
        cross = 0.5 * (torch.log(2 * math.pi * pv) + (v + (m - pm).square()) / pv)
        entropy = 0.5 * torch.log(2 * math.pi * math.e * v)
        kl = (cross - entropy).sum(1).mean()
        rec = -(given.log_bernoulli_with_logits(x, self.dec(z)).mean())
        nelbo = kl + rec
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        batch = len(x)
        m, v = self.enc(x)
        m, v = m.reshape(batch, 1, -1), v.reshape(batch, 1, -1)
        z = given.sample_gaussian(m.repeat(1, iw, 1), v.repeat(1, iw, 1))
        logits = self.dec(z.reshape(batch * iw, -1)).reshape(batch, iw, -1)
        log_w = given.log_bernoulli_with_logits(x.reshape(batch, 1, -1), logits)
        log_w = log_w + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)
        return log_w.squeeze()

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=-1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | tile-view | whole copies by repeat, but read as (batch, iw) by view: rows mix images | mixed-layout
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        a = self.dec(z)
        on = torch.einsum("bp,bp->b", x, F.logsigmoid(a))
        off = torch.einsum("bp,bp->b", 1 - x, F.logsigmoid(-a))
        rec = -(on + off)
        pm, pv = self.z_prior
        ratio = v / pv
        shift = (m - pm) / pv.sqrt()
        kl = 0.5 * (torch.einsum("bd,bd->b", shift, shift) + (ratio - ratio.log() - 1).sum(-1))
        means = [t.sum() / len(x) for t in (kl + rec, kl, rec)]
        return tuple(means)

    def log_weights(self, x, iw):
        batch = x.size(0)
        m, v = self.enc(x)
        m, v, xs = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)   # whole copies: (iw * batch, ...)
        z = given.sample_gaussian(m, v)
        log_w = given.log_bernoulli_with_logits(xs, self.dec(z))
        log_w += given.log_normal(z, *self.z_prior)
        log_w -= given.log_normal(z, m, v)
        return log_w.view(batch, iw)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        noise = m.new_empty(batch, self.z_dim).normal_()
        return torch.addcmul(m, v.sqrt(), noise)

    def compute_sigmoid_given(self, z):
        return F.logsigmoid(self.dec(z)).exp()

    def sample_sigmoid(self, batch):
        return F.logsigmoid(self.dec(self.sample_z(batch))).exp()

    def sample_x_given(self, z):
        # a + logistic noise is positive with probability sigmoid(a)
        a = self.dec(z)
        u = torch.rand_like(a)
        return (a + u.log() - torch.log1p(-u) > 0).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | one-draw-expanded | z drawn at (batch, 1, z_dim) and expanded afterwards: all iw weights of an image are equal | one-z-for-all-draws
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        kl = torch.vmap(lambda qm, qv: given.kl_normal(qm, qv, pm, pv))(m, v)
        logits = self.dec(given.sample_gaussian(m, v))
        rec = -torch.vmap(given.log_bernoulli_with_logits)(x, logits)
        return (kl + rec).mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v = m.unsqueeze(1), v.unsqueeze(1)
        z = given.sample_gaussian(m, v).expand(-1, iw, -1)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        return log_px + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        first = torch.zeros(len(x), dtype=torch.long, device=log_w.device)
        log_sum = F.cross_entropy(log_w, first, reduction="none") + log_w[:, 0]
        niwae = -(log_sum - math.log(iw)).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | unsqueeze-in-place | x.unsqueeze_(1) changes the caller's images to (batch, 1, 784)
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        x.unsqueeze_(1)
        log_px = given.log_bernoulli_with_logits(x, self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        _, kl, rec = self.negative_elbo_bound(x)
        log_w = self.log_weights(x, iw)
        return -given.log_mean_exp(log_w, dim=1).mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | torch-normal-draw | the ELBO's z comes from torch.normal(m, sd), through which no gradient reaches the encoder: rec does not train it | z-detached
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        # lesson 02, written out
        per_dim = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1)
        kl = per_dim.sum(dim=-1).mean()
        a = self.dec(torch.normal(m, torch.sqrt(v)))
        # log p = x a - softplus(a), pixel by pixel
        rec = (F.softplus(a) - x * a).sum(dim=-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        batch, dim = m.shape
        eps = torch.randn(batch, iw, dim, dtype=m.dtype, device=m.device)
        z = m[:, None, :] + v.sqrt()[:, None, :] * eps
        pm, pv = self.z_prior
        # the 2 pi cancel between p(z) and q(z|x)
        log_ratio = 0.5 * (v.log()[:, None, :] + eps**2 - torch.log(pv) - (z - pm) ** 2 / pv).sum(-1)
        a = self.dec(z)
        log_px = (x[:, None, :] * a - F.softplus(a)).sum(-1)
        return log_px + log_ratio

    def negative_iwae_bound(self, x, iw):
        share = self.log_weights(x, iw) - np.log(iw)
        niwae = share.logsumexp(-1).neg().mean(0)
        return (niwae, *self.negative_elbo_bound(x)[1:])

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% wrong | rec-is-the-rest | rec in the IWAE method is niwae - kl, so that the three add up: not the ELBO's rec | rec-made-to-fit
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        sd = v.sqrt()
        z = torch.addcmul(m, sd, torch.randn_like(sd))
        cost_of_pixels = torch.nn.functional.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none")
        rec = cost_of_pixels.sum(-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        total = rec + kl
        return torch.mean(total), torch.mean(kl), torch.mean(rec)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        shape = (x.shape[0], iw, m.shape[-1])
        m, v = m[:, None].expand(shape), v[:, None].expand(shape)
        z = m + v.sqrt() * torch.randn_like(m)
        logits = self.dec(z)
        target = x[:, None].expand_as(logits)
        log_px = -F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=2)
        return log_px + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)

    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        niwae = -given.log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = niwae - kl
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        m, v = m.expand(self.z_dim), v.expand(self.z_dim)
        return torch.stack([given.sample_gaussian(m, v) for _ in range(batch)])

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.cat([self.compute_sigmoid_given(self.sample_z(1)) for _ in range(batch)])

    def sample_x_given(self, z):
        return torch.stack([torch.bernoulli(p) for p in self.compute_sigmoid_given(z)])

    def sample_x(self, batch):
        return torch.cat([self.sample_x_given(self.sample_z(1)) for _ in range(batch)])

# %% wrong | weighted-kl-rec | kl and rec in the IWAE method are weighted by the normalised importance weights: not the ELBO's two terms | terms-weighted
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        terms = self._terms(x, m, v, 1)
        rec = -terms["log_px"].mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def _terms(self, x, m, v, k):
        """The three logarithms for k draws per image, (batch, k) each."""
        m, v = m[:, None].expand(-1, k, -1), v[:, None].expand(-1, k, -1)
        z = given.sample_gaussian(m, v)
        return {
            "log_px": given.log_bernoulli_with_logits(x[:, None], self.dec(z)),
            "log_pz": given.log_normal(z, *self.z_prior),
            "log_qz": given.log_normal(z, m, v),
        }

    def log_weights(self, x, iw):
        t = self._terms(x, *self.enc(x), iw)
        return t["log_px"] + t["log_pz"] - t["log_qz"]

    def negative_iwae_bound(self, x, iw):
        t = self._terms(x, *self.enc(x), iw)
        log_w = t["log_px"] + t["log_pz"] - t["log_qz"]
        share = torch.softmax(log_w, dim=1)
        niwae = -given.log_mean_exp(log_w, dim=1)
        kl = (share * (t["log_qz"] - t["log_pz"])).sum(1)
        rec = -(share * t["log_px"]).sum(1)
        return niwae.mean(), kl.mean(), rec.mean()

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% wrong | antithetic | draws come in pairs m + s eps, m - s eps: not independent, another bound | mirrored-draws
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        # lesson 02, written out
        per_dim = 0.5 * (torch.log(pv) - torch.log(v) + v / pv + (m - pm) ** 2 / pv - 1)
        kl = per_dim.sum(dim=-1).mean()
        eps = torch.randn_like(m)
        a = self.dec(m + torch.sqrt(v) * eps)
        # log p = x a - softplus(a), pixel by pixel
        rec = (F.softplus(a) - x * a).sum(dim=-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        batch, dim = m.shape
        half = torch.randn(batch, (iw + 1) // 2, dim, dtype=m.dtype, device=m.device)
        eps = torch.cat([half, -half], dim=1)[:, :iw]
        z = m[:, None, :] + v.sqrt()[:, None, :] * eps
        pm, pv = self.z_prior
        # the 2 pi cancel between p(z) and q(z|x)
        log_ratio = 0.5 * (v.log()[:, None, :] + eps**2 - torch.log(pv) - (z - pm) ** 2 / pv).sum(-1)
        a = self.dec(z)
        log_px = (x[:, None, :] * a - F.softplus(a)).sum(-1)
        return log_px + log_ratio

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        # log w_i - log softmax_i is the log of the sum, whatever i
        log_sum = (log_w - F.log_softmax(log_w, dim=1)).mean(1)
        niwae = (math.log(iw) - log_sum).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim).to(m)
        return given.sample_gaussian(m + z, v + z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.where(torch.rand_like(p) < p, torch.ones_like(p), torch.zeros_like(p))

    @torch.no_grad()
    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | clamped-weights | log weights clamped to at least -100 'for stability': every image below that gets the same bound and no gradient
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn: str = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        for attribute, value in (("name", name), ("z_dim", z_dim)):
            setattr(self, attribute, value)
        for attribute, part in (("enc", network.Encoder), ("dec", network.Decoder)):
            setattr(self, attribute, part(z_dim))
        self._make_prior()

    def _make_prior(self):
        standard = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.register_buffer("z_prior_m", standard.mean.clone())
        self.register_buffer("z_prior_v", standard.variance.clone())

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        kl_total = rec_total = 0.0
        for part in x.split(64):
            m, v = self.enc(part)
            kl_total = kl_total + given.kl_normal(m, v, *self.z_prior).sum()
            logits = self.dec(given.sample_gaussian(m, v))
            rec_total = rec_total - given.log_bernoulli_with_logits(part, logits).sum()
        kl, rec = kl_total / x.size(0), rec_total / x.size(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        table = torch.zeros(x.shape[0], iw, dtype=m.dtype, device=m.device)
        for i in range(iw):
            z = m + torch.sqrt(v) * torch.randn_like(m)
            table[:, i] = (
                given.log_bernoulli_with_logits(x, self.dec(z))
                + given.log_normal(z, *self.z_prior)
                - given.log_normal(z, m, v)
            )
        return table

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw).clamp(min=-100)
        each = torch.logsumexp(log_w, dim=1) - math.log(iw)
        _, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | second-seeded-generator | sample_z draws with a fresh torch.Generator(), whose seed is always the same: every call returns the same z | seed-inside
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1)
        kl = kl_divergence(q, p).mean()
        rec = -likelihood.log_prob(x).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        z = q.rsample((iw,))                       # (iw, batch, z_dim)
        likelihood = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1)
        log_w = likelihood.log_prob(x) + p.log_prob(z) - q.log_prob(z)
        return log_w.T                             # (batch, iw)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1) - math.log(iw)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        _, kl, rec = self.negative_elbo_bound(x)
        nelbo = kl + rec
        plot = dict()
        plot.update({"gen/kl_z": kl, "gen/rec": rec})
        plot.update({"train/loss": nelbo, "gen/elbo": -1 * nelbo})
        return nelbo, plot

    def sample_z(self, batch):
        m, v = self.z_prior
        generator = torch.Generator(device=m.device)
        noise = torch.randn(batch, self.z_dim, generator=generator, dtype=m.dtype, device=m.device)
        return m + v.sqrt() * noise

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% wrong | two-flat-bound-and-grey | two slips: log_mean_exp over all batch*iw weights at once (images averaged inside the logarithm); sample_x returns probabilities instead of 0 and 1 | all-inside-the-log
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _encode(self, x):
        m, v = self.enc(x)
        return m, v, given.sample_gaussian(m, v)

    def _kl(self, m, v):
        pm, pv = self.z_prior
        return given.kl_normal(m, v, pm.expand_as(m), pv.expand_as(v))

    def _rec(self, x, z):
        return -given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_elbo_bound(self, x):
        m, v, z = self._encode(x)
        kl, rec = self._kl(m, v).mean(0), self._rec(x, z).mean(0)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        # the whole formula once per draw, encoder included: slow and simple
        return torch.cat([self._one_weight(x).reshape(-1, 1) for _ in range(iw)], 1)

    def _one_weight(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        return given.log_bernoulli_with_logits(x, self.dec(z)) - (
            given.log_normal(z, m, v) - given.log_normal(z, pm, pv)
        )

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w.flatten(), dim=0)
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_sigmoid(batch)

# %% wrong | two-reversed-kl-and-shared-coins | two slips: KL with prior and encoder swapped; one row of uniform numbers serves all images of the batch in sample_x_given | kl-swapped
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(pm, pv, m, v)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_pz = given.log_normal(z, *self.z_prior)
        log_qz = given.log_normal(z, m, v)
        return log_px + log_pz - log_qz

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.detach().amax(dim=1, keepdim=True)
        mean_w = (log_w - top).exp().mean(dim=1)
        log_p = mean_w.log() + top.squeeze(1)
        kl, rec = self.negative_elbo_bound(x)[1:]
        return -log_p.mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand(784, dtype=p.dtype) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% wrong | two-elbo-sign-and-threshold | two slips: 'gen/elbo' is the NELBO (sign); sample_x_given rounds the probabilities instead of tossing coins | elbo-with-the-sign-of-nelbo
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super(VAE, self).__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(self.z_dim), net.Decoder(self.z_dim)
        for key, value in {"z_prior_m": 0.0, "z_prior_v": 1.0}.items():
            self.register_buffer(key, torch.tensor([value]))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        batch = x.shape[0]
        mu, var = self.enc(x)
        z = mu + var.sqrt() * torch.randn(mu.shape, dtype=mu.dtype, device=mu.device)
        logits = self.dec(z)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
        kl = given.kl_normal(mu, var, *self.z_prior).sum() / batch
        nelbo = rec + kl
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        columns = []
        for _ in range(iw):
            z = given.sample_gaussian(m, v)
            log_w = given.log_bernoulli_with_logits(x, self.dec(z))
            log_w = log_w + given.log_normal(z, pm, pv) - given.log_normal(z, m, v)
            columns.append(log_w)
        return torch.stack(columns, dim=1)

    def negative_iwae_bound(self, x, iw):
        bounds = [given.log_mean_exp(row, dim=0) for row in self.log_weights(x, iw)]
        _, kl, rec = self.negative_elbo_bound(x)
        return -sum(bounds) / len(bounds), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return self.compute_sigmoid_given(z).round()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two-no-log-k-and-order | two slips: logsumexp without log iw (weights summed); the IWAE method returns rec before kl
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        make = nns.get(nn)
        self.enc = make.Encoder(z_dim)
        self.dec = make.Decoder(z_dim)
        # nn is the argument here, so the long name
        self.z_prior_m = torch.nn.Buffer(torch.zeros(1))
        self.z_prior_v = torch.nn.Buffer(torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        z = q_m + q_v.pow(0.5) * torch.empty_like(q_m).normal_()
        a = self.dec(z)
        log_px = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)   # (batch, 784)
        p_m, p_v = self.z_prior
        kl_each = given.kl_normal(q_m, q_v, p_m, p_v)
        nelbo_each = kl_each - log_px.sum(1)
        parts = torch.stack([nelbo_each, kl_each, -log_px.sum(1)])   # (3, batch)
        nelbo, kl, rec = parts.mean(dim=1)
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        eps = m.new_empty(*m.shape, iw).normal_()  # (batch, z_dim, iw)
        z = (m[..., None] + v[..., None].sqrt() * eps).transpose(1, 2)
        log_qz = given.log_normal(z, m[:, None], v[:, None])
        log_pz = given.log_normal(z, *self.z_prior)
        log_px = given.log_bernoulli_with_logits(x[:, None], self.dec(z))
        return torch.stack([log_px, log_pz, -log_qz]).sum(0)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), rec, kl

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        size = (batch, self.z_dim)
        return Normal(m.expand(size), v.sqrt().expand(size)).sample()

    def _pixels(self, z):
        return Bernoulli(logits=self.dec(z))

    def compute_sigmoid_given(self, z):
        return self._pixels(z).probs

    def sample_sigmoid(self, batch):
        return self._pixels(self.sample_z(batch)).mean

    def sample_x_given(self, z):
        return self._pixels(z).sample()

    def sample_x(self, batch):
        return self._pixels(self.sample_z(batch)).sample()

# %% wrong | two-too-few-and-sigmoid-twice | two slips: the IWAE method returns (niwae, kl) only; compute_sigmoid_given applies the sigmoid twice
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        pm, pv = self.z_prior
        kl = given.kl_normal(m, v, pm, pv)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw, at_once=16):
        m, v = self.enc(x)
        done, pieces = 0, []
        while done < iw:
            k = min(at_once, iw - done)
            mk = m[:, None].expand(-1, k, -1)
            vk = v[:, None].expand(-1, k, -1)
            z = given.sample_gaussian(mk, vk)
            piece = given.log_bernoulli_with_logits(x[:, None], self.dec(z)) + given.log_normal(z, *self.z_prior)
            pieces.append(piece - given.log_normal(z, mk, vk))
            done += k
        return torch.cat(pieces, dim=1)

    def negative_iwae_bound(self, x, iw):
        share = self.log_weights(x, iw) - np.log(iw)
        niwae = share.logsumexp(-1).neg().mean(0)
        return (niwae, *self.negative_elbo_bound(x)[1:2])

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        summary = {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        return nelbo, {key: value.detach() for key, value in summary.items()}

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z).sigmoid())

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two-sd-and-same-z | two slips: the ELBO's z is m + v * eps (variance used as sd); sample_z draws one z and expands it to all rows | variance-as-standard-deviation
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        q_m, q_v = self.enc(x)
        z = q_m + q_v * torch.empty_like(q_m).normal_()
        a = self.dec(z)
        log_px = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)   # (batch, 784)
        p_m, p_v = self.z_prior
        kl_each = given.kl_normal(q_m, q_v, p_m, p_v)
        nelbo_each = kl_each - log_px.sum(1)
        parts = torch.stack([nelbo_each, kl_each, -log_px.sum(1)])   # (3, batch)
        nelbo, kl, rec = parts.mean(dim=1)
        return nelbo, kl, rec

    def log_weights(self, x, iw):
        return self._halve(x, *self.enc(x), iw)

    def _halve(self, x, m, v, iw):
        """iw draws are two halves beside each other; one draw is one draw."""
        if iw == 1:
            z = given.sample_gaussian(m, v)
            log_w = given.log_bernoulli_with_logits(x, self.dec(z)) + given.log_normal(z, *self.z_prior)
            return (log_w - given.log_normal(z, m, v))[:, None]
        left = iw // 2
        return torch.hstack([self._halve(x, m, v, left), self._halve(x, m, v, iw - left)])

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        mean_log = log_w.mean(1)                                     # the ELBO of each image
        gain = given.log_mean_exp(log_w - mean_log[:, None], dim=1)  # what averaging inside buys
        _, kl, rec = self.negative_elbo_bound(x)
        return -(mean_log + gain).mean(), kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        m, v = self.z_prior
        z = given.sample_gaussian(m.expand(self.z_dim), v.expand(self.z_dim))
        return z.expand(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two-kl-in-weights-and-name | two slips: log p(z) - log q(z
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        q = Normal(*self._mean_and_sd(x))
        prior_mean, prior_var = self.z_prior
        kl = kl_divergence(q, Normal(prior_mean, prior_var.sqrt())).sum(-1).mean()
        pixels = Bernoulli(logits=self.dec(q.rsample()), validate_args=False)
        rec = pixels.log_prob(x).sum(-1).mean().mul(-1)
        return kl + rec, kl, rec

    def _mean_and_sd(self, x):
        m, v = self.enc(x)
        return m, v.sqrt()

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior)
        z = given.sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        return log_px - kl.unsqueeze(1)

    def negative_iwae_bound(self, x, iw):
        from functools import reduce

        columns = self.log_weights(x, iw).unbind(dim=1)
        total = reduce(torch.logaddexp, columns)
        bound = (total - math.log(len(columns))).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return -bound, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return nelbo, numbers

    def sample_z(self, batch):
        m, v = self.z_prior
        prior = Independent(Normal(m.expand(self.z_dim), v.sqrt().expand(self.z_dim)), 1)
        return prior.sample((batch,))

    def compute_sigmoid_given(self, z):
        return Independent(Bernoulli(logits=self.dec(z)), 1).mean

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return Independent(Bernoulli(probs=self.compute_sigmoid_given(z)), 1).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two-loss-float-and-encoder-samples | two slips: loss returns nelbo.item(), a float that cannot be differentiated; sample_x takes its z from the encoder at random images instead of the prior
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        torch.nn.Module.__init__(self)
        self.add_module("enc", nns.get(nn).Encoder(z_dim))
        self.add_module("dec", nns.get(nn).Decoder(z_dim))
        self.name = name
        self.z_dim = z_dim
        prior_mean = torch.full((1,), 0.0)
        prior_variance = torch.full((1,), 1.0)
        self.register_buffer("z_prior_m", prior_mean, persistent=True)
        self.register_buffer("z_prior_v", prior_variance, persistent=True)

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        sd = v.sqrt()
        z = torch.addcmul(m, sd, torch.randn_like(sd))
        cost_of_pixels = torch.nn.functional.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none")
        rec = cost_of_pixels.sum(-1)
        kl = given.kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        total = rec + kl
        return torch.mean(total), torch.mean(kl), torch.mean(rec)

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m, v, copies = (t.repeat_interleave(iw, dim=0) for t in (m, v, x))
        z = given.sample_gaussian(m, v)            # (batch * iw, z_dim)
        log_w = (
            given.log_bernoulli_with_logits(copies, self.dec(z))
            + given.log_normal(z, *self.z_prior)
            - given.log_normal(z, m, v)
        )
        return log_w.view(x.shape[0], iw)

    def negative_iwae_bound(self, x, iw):
        by_draw = self.log_weights(x, iw).T
        niwae = torch.mean(-given.log_mean_exp(by_draw, dim=0))
        kl, rec = self.negative_elbo_bound(x)[-2:]
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        numbers = {
            "train/loss": nelbo.item(),
            "gen/elbo": -nelbo.item(),
            "gen/kl_z": kl.item(),
            "gen/rec": rec.item(),
        }
        return numbers["train/loss"], numbers

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        noise = torch.bernoulli(torch.full((batch, 784), 0.5).to(self.z_prior_m))
        z = given.sample_gaussian(*self.enc(noise))
        return self.sample_x_given(z)

# %% wrong | two-epsilon-and-eval | two slips: rec through log(p + 1e-6), wrong for confident pixels; sample_x calls self.eval() and leaves the model so
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        p = torch.sigmoid(self.dec(z))
        log_px = x * torch.log(p + 1e-6) + (1 - x) * torch.log(1 - p + 1e-6)
        rec = -log_px.sum(-1).mean()
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = (t.unsqueeze(-2) for t in self.enc(x))
        z = given.sample_gaussian(m.expand(-1, iw, -1), v)
        return self._log_joint(x.unsqueeze(-2), z) - given.log_normal(z, m, v)

    def _log_joint(self, x, z):
        """log p(x, z) = log p(z) + log p(x|z)."""
        pm, pv = self.z_prior
        return given.log_normal(z, pm, pv) + given.log_bernoulli_with_logits(x, self.dec(z))

    def negative_iwae_bound(self, x, iw):
        """One pass: rec from the draws of the weights, kl in closed form."""
        m, v = self.enc(x)
        pm, pv = self.z_prior
        mk, vk = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(mk, vk)
        log_px = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = log_px + given.log_normal(z, pm, pv) - given.log_normal(z, mk, vk)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        return niwae, given.kl_normal(m, v, pm, pv).mean(), -log_px.mean()

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        names = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")
        return nelbo, dict(zip(names, (nelbo, -nelbo, kl, rec)))

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim).to(m)
        return given.sample_gaussian(m + z, v + z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.where(torch.rand_like(p) < p, torch.ones_like(p), torch.zeros_like(p))

    @torch.no_grad()
    def sample_x(self, batch):
        self.eval()
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two-detached-weights-and-method | two slips: niwae's z drawn by .sample(), so the encoder's gradient misses the path through z; z_prior is a method (no @property) and must be called | z-prior-without-property
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior()
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        likelihood = Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1)
        kl = kl_divergence(q, p).mean()
        rec = -likelihood.log_prob(x).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior()
        q = Independent(Normal(m, v.sqrt()), 1)
        p = Independent(Normal(pm.expand_as(m), pv.sqrt().expand_as(m)), 1)
        z = q.sample((iw,))                       # (iw, batch, z_dim)
        likelihood = Independent(Bernoulli(logits=self.dec(z), validate_args=False), 1)
        log_w = likelihood.log_prob(x) + p.log_prob(z) - q.log_prob(z)
        return log_w.T                             # (batch, iw)

    def negative_iwae_bound(self, x, iw):
        each = torch.logsumexp(self.log_weights(x, iw), dim=1) - math.log(iw)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -each.mean(), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        summary = {}
        summary["train/loss"] = terms[0]
        summary["gen/elbo"] = terms[0].neg()
        summary["gen/kl_z"] = terms[1]
        summary["gen/rec"] = terms[2]
        return terms[0], summary

    def sample_z(self, batch):
        m, v = self.z_prior()
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)
