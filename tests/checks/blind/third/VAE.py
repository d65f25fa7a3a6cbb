# %% right | cs236-style | the homework's class: duplicate, dict of pairs, expand in sample_z
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(iw, x.size(0)).t()

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", -nelbo),
            ("gen/kl_z", kl),
            ("gen/rec", rec),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))


# %% right | all-distributions | torch.distributions for q, p(z), p(x given z), draws first
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(z_dim), net.Decoder(z_dim)
        for key, value in (("z_prior_m", 0.0), ("z_prior_v", 1.0)):
            self.register_buffer(key, torch.full((1,), value))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _q(self, x):
        m, v = self.enc(x)
        return Normal(m, v.sqrt())

    def _p_z(self):
        m, v = self.z_prior
        return Normal(m, v.sqrt())

    def _p_x(self, z):
        return Bernoulli(logits=self.dec(z), validate_args=False)

    def negative_elbo_bound(self, x):
        q = self._q(x)
        rec = -self._p_x(q.rsample()).log_prob(x).sum(-1).mean()
        kl = kl_divergence(q, self._p_z()).sum(-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        q = self._q(x)
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        log_w = self._p_x(z).log_prob(x).sum(-1) + (self._p_z().log_prob(z) - q.log_prob(z)).sum(-1)
        return log_w.transpose(0, 1)

    def negative_iwae_bound(self, x, iw):
        bound = self.log_weights(x, iw).logsumexp(dim=-1) - math.log(iw)
        return -bound.mean(), *self.negative_elbo_bound(x)[1:]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        return self._p_z().expand((batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return self._p_x(z).probs

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return self._p_x(z).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% right | concise-given | short methods from the given formulas, an axis for the draws, detached numbers to plot
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "train/loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

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


# %% right | by-hand | all formulas by hand, loop over the draws, uniform coins
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        parts = nns.get(nn)
        self.name = name
        self.z_dim = z_dim
        self.enc = parts.Encoder(z_dim)
        self.dec = parts.Decoder(z_dim)
        prior = torch.tensor([0.0, 1.0])
        self.register_buffer("z_prior_m", prior[:1].clone())
        self.register_buffer("z_prior_v", prior[1:].clone())

    @property
    def z_prior(self):
        return tuple(getattr(self, "z_prior_" + letter) for letter in "mv")

    def bce(self, x, z):
        logits = self.dec(z)
        cost = F.softplus(logits) - x.expand_as(logits) * logits
        return cost.sum(dim=-1)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + v.sqrt() * torch.randn_like(v)
        each = torch.stack([
            0.5 * ((pv / v).log() + (v + (m - pm).square()) / pv - 1).sum(-1),
            self.bce(x, z),
        ])  # (2, batch)
        kl, rec = each.mean(dim=1)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        columns = []
        for _ in range(iw):
            eps = torch.randn_like(m)
            z = m + v.sqrt() * eps
            log_ratio = 0.5 * (eps**2 + v.log() - (z - pm) ** 2 / pv - pv.log()).sum(-1)
            columns.append(log_ratio - self.bce(x, z))
        return torch.stack(columns, dim=-1)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.max(dim=1, keepdim=True).values.detach()
        per_image = top.squeeze(1) + (log_w - top).exp().mean(dim=1).log()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -per_image.mean(), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        numbers = dict(zip(("train/loss", "gen/kl_z", "gen/rec"), terms))
        numbers["gen/elbo"] = -terms[0]
        return terms[0], numbers

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, dtype=m.dtype, device=m.device)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% right | one-helper | one helper draws for all bounds, kl by draws, prior expanded to (1, z_dim), plain numbers to plot
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = int(z_dim)
        Encoder, Decoder = nns.get(nn).Encoder, nns.get(nn).Decoder
        self.enc = Encoder(self.z_dim)
        self.dec = Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        shape = (1, self.z_dim)
        return self.z_prior_m.expand(shape), self.z_prior_v.expand(shape)

    def _draw(self, x, iw):
        """log p(x|z), log p(z), log q(z|x), each (batch, iw)."""
        m, v = (t.repeat_interleave(iw, dim=0) for t in self.enc(x))
        z = sample_gaussian(m, v)
        log_p_x = log_bernoulli_with_logits(x.repeat_interleave(iw, dim=0), self.dec(z))
        return [t.view(-1, iw) for t in (log_p_x, log_normal(z, *self.z_prior), log_normal(z, m, v))]

    def negative_elbo_bound(self, x):
        log_p_x, log_p_z, log_q = self._draw(x, 1)
        kl, rec = (log_q - log_p_z).mean(), -log_p_x.mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        log_p_x, log_p_z, log_q = self._draw(x, iw)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_p_x, log_p_z, log_q = self._draw(x, iw)
        niwae = -log_mean_exp(log_p_x + log_p_z - log_q, 1).mean()
        return niwae, (log_q - log_p_z).mean(), -log_p_x.mean()

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo.item(), "gen/elbo": -nelbo.item(), "gen/kl_z": kl.item(), "gen/rec": rec.item()}

    def sample_z(self, batch):
        m, v = (t.repeat(batch, 1) for t in self.z_prior)
        return sample_gaussian(m, v)

    def compute_sigmoid_given(self, z):
        return 1 / (1 + torch.exp(-self.dec(z)))

    def sample_sigmoid(self, batch):
        return torch.cat([self.compute_sigmoid_given(self.sample_z(1)) for _ in range(batch)])

    def sample_x_given(self, z):
        return Bernoulli(probs=self.compute_sigmoid_given(z)).sample()

    def sample_x(self, batch):
        return Bernoulli(probs=self.sample_sigmoid(batch)).sample()


# %% wrong | plain-attributes | the prior is two plain attributes, not buffers: not saved, does not follow the model
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.z_prior_m = torch.zeros(1)
        self.z_prior_v = torch.ones(1)

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(iw, x.size(0)).t()

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", -nelbo),
            ("gen/kl_z", kl),
            ("gen/rec", rec),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))


# %% wrong | trained-prior | the prior is two nn.Parameters with gradients: the optimizer trains it
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.z_prior_m = torch.nn.Parameter(torch.zeros(1))
        self.z_prior_v = torch.nn.Parameter(torch.ones(1))

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(iw, x.size(0)).t()

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", -nelbo),
            ("gen/kl_z", kl),
            ("gen/rec", rec),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))


# %% wrong | expand-after-the-draw | sample_z draws one vector and copies it to all rows
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "train/loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

    def sample_z(self, batch):
        m, v = self.z_prior
        z = given.sample_gaussian(m.expand(1, self.z_dim), v.expand(1, self.z_dim))
        return z.expand(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% wrong | rounded-pixels | sample_x_given rounds the probabilities instead of tossing coins
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "train/loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

    def sample_z(self, batch):
        m, v = self.z_prior
        return given.sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.round(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% wrong | elbo-sign | "gen/elbo" is the negative bound: the sign is missing
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(iw, x.size(0)).t()

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", nelbo),
            ("gen/kl_z", kl),
            ("gen/rec", rec),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))


# %% wrong | copies-read-batch-iw | whole copies reshaped to (batch, iw): rows of log_weights mix images
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(x.size(0), iw)

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", -nelbo),
            ("gen/kl_z", kl),
            ("gen/rec", rec),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))


# %% wrong | network-ignored | the argument nn is ignored: always the network "v1"
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        net = nns.get("v1")
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(z_dim), net.Decoder(z_dim)
        for key, value in (("z_prior_m", 0.0), ("z_prior_v", 1.0)):
            self.register_buffer(key, torch.full((1,), value))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _q(self, x):
        m, v = self.enc(x)
        return Normal(m, v.sqrt())

    def _p_z(self):
        m, v = self.z_prior
        return Normal(m, v.sqrt())

    def _p_x(self, z):
        return Bernoulli(logits=self.dec(z), validate_args=False)

    def negative_elbo_bound(self, x):
        q = self._q(x)
        rec = -self._p_x(q.rsample()).log_prob(x).sum(-1).mean()
        kl = kl_divergence(q, self._p_z()).sum(-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        q = self._q(x)
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        log_w = self._p_x(z).log_prob(x).sum(-1) + (self._p_z().log_prob(z) - q.log_prob(z)).sum(-1)
        return log_w.transpose(0, 1)

    def negative_iwae_bound(self, x, iw):
        bound = self.log_weights(x, iw).logsumexp(dim=-1) - math.log(iw)
        return -bound.mean(), *self.negative_elbo_bound(x)[1:]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        return self._p_z().expand((batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return self._p_x(z).probs

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return self._p_x(z).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% wrong | rec-as-the-rest | negative_iwae_bound returns rec = niwae - kl, so that they add up
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        rec = niwae - kl
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "train/loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

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


# %% wrong | relaxed-coins | sample_x_given draws from a RelaxedBernoulli: grey pixels, not 0 and 1
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(z_dim), net.Decoder(z_dim)
        for key, value in (("z_prior_m", 0.0), ("z_prior_v", 1.0)):
            self.register_buffer(key, torch.full((1,), value))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _q(self, x):
        m, v = self.enc(x)
        return Normal(m, v.sqrt())

    def _p_z(self):
        m, v = self.z_prior
        return Normal(m, v.sqrt())

    def _p_x(self, z):
        return Bernoulli(logits=self.dec(z), validate_args=False)

    def negative_elbo_bound(self, x):
        q = self._q(x)
        rec = -self._p_x(q.rsample()).log_prob(x).sum(-1).mean()
        kl = kl_divergence(q, self._p_z()).sum(-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        q = self._q(x)
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        log_w = self._p_x(z).log_prob(x).sum(-1) + (self._p_z().log_prob(z) - q.log_prob(z)).sum(-1)
        return log_w.transpose(0, 1)

    def negative_iwae_bound(self, x, iw):
        bound = self.log_weights(x, iw).logsumexp(dim=-1) - math.log(iw)
        return -bound.mean(), *self.negative_elbo_bound(x)[1:]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        return self._p_z().expand((batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return self._p_x(z).probs

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return RelaxedBernoulli(torch.tensor(0.1), logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% wrong | sigmoid-twice-and-names | two slips: the sigmoid is applied twice in sample_x_given, and "gen/kl_z" and "gen/rec" are exchanged
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        network = nns.get(nn)
        self.enc = network.Encoder(self.z_dim)
        self.dec = network.Decoder(self.z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return (self.z_prior_m, self.z_prior_v)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        logits = self.dec(z)
        kl = kl_normal(m, v, self.z_prior[0], self.z_prior[1])
        rec = -log_bernoulli_with_logits(x, logits)
        nelbo = kl + rec
        return nelbo.mean(), kl.mean(), rec.mean()

    def log_weights(self, x, iw):
        def duplicate(t, rep):
            return t.expand(rep, *t.shape).reshape(-1, *t.shape[1:])

        m, v = self.enc(x)
        m_, v_, x_ = duplicate(m, iw), duplicate(v, iw), duplicate(x, iw)
        z = sample_gaussian(m_, v_)
        log_p_x = log_bernoulli_with_logits(x_, self.dec(z))
        log_p_z = log_normal(z, self.z_prior[0], self.z_prior[1])
        log_q = log_normal(z, m_, v_)
        return (log_p_x + log_p_z - log_q).reshape(iw, x.size(0)).t()

    def negative_iwae_bound(self, x, iw):
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1).mean()
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        loss = nelbo

        summaries = dict((
            ("train/loss", nelbo),
            ("gen/elbo", -nelbo),
            ("gen/kl_z", rec),
            ("gen/rec", kl),
        ))

        return loss, summaries

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return torch.sigmoid(logits)

    def sample_z(self, batch):
        return sample_gaussian(
            self.z_prior[0].expand(batch, self.z_dim),
            self.z_prior[1].expand(batch, self.z_dim))

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(torch.sigmoid(self.compute_sigmoid_given(z)))


# %% wrong | no-name-and-seeded | two slips: the constructor does not set name, and sample_z sets the global seed
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "train/loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

    def sample_z(self, batch):
        torch.manual_seed(0)
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


# %% wrong | kl-swapped-and-key | two slips: KL of p to q in negative_elbo_bound, and the key "train/loss" is called "loss"
class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x))."""

    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.enc = nns.get(nn).Encoder(z_dim)
        self.dec = nns.get(nn).Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        kl = given.kl_normal(*self.z_prior, m, v).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        m = m.unsqueeze(1).expand(-1, iw, -1)
        v = v.unsqueeze(1).expand(-1, iw, -1)
        x = x.unsqueeze(1).expand(-1, iw, -1)
        z = given.sample_gaussian(m, v)
        log_p_x = given.log_bernoulli_with_logits(x, self.dec(z))
        log_p_z = given.log_normal(z, *self.z_prior)
        log_q = given.log_normal(z, m, v)
        return log_p_x + log_p_z - log_q

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        niwae = -given.log_mean_exp(log_w, dim=1).mean()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return niwae, kl, rec

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {
            "loss": nelbo.detach(),
            "gen/elbo": -nelbo.detach(),
            "gen/kl_z": kl.detach(),
            "gen/rec": rec.detach(),
        }

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


# %% wrong | no-q-no-log-k | two slips: log q is left out of log_weights, and the bound sums the weights (no log iw)
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        net = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = net.Encoder(z_dim), net.Decoder(z_dim)
        for key, value in (("z_prior_m", 0.0), ("z_prior_v", 1.0)):
            self.register_buffer(key, torch.full((1,), value))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v

    def _q(self, x):
        m, v = self.enc(x)
        return Normal(m, v.sqrt())

    def _p_z(self):
        m, v = self.z_prior
        return Normal(m, v.sqrt())

    def _p_x(self, z):
        return Bernoulli(logits=self.dec(z), validate_args=False)

    def negative_elbo_bound(self, x):
        q = self._q(x)
        rec = -self._p_x(q.rsample()).log_prob(x).sum(-1).mean()
        kl = kl_divergence(q, self._p_z()).sum(-1).mean()
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        q = self._q(x)
        z = q.rsample((iw,))  # (iw, batch, z_dim)
        log_w = self._p_x(z).log_prob(x).sum(-1) + self._p_z().log_prob(z).sum(-1)
        return log_w.transpose(0, 1)

    def negative_iwae_bound(self, x, iw):
        bound = self.log_weights(x, iw).logsumexp(dim=-1)
        return -bound.mean(), *self.negative_elbo_bound(x)[1:]

    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch):
        return self._p_z().expand((batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return self._p_x(z).probs

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return self._p_x(z).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))


# %% wrong | shared-noise-and-eval | two slips: sample_z gives all dimensions of a row the same noise, and sample_sigmoid leaves the model in eval mode
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        parts = nns.get(nn)
        self.name = name
        self.z_dim = z_dim
        self.enc = parts.Encoder(z_dim)
        self.dec = parts.Decoder(z_dim)
        prior = torch.tensor([0.0, 1.0])
        self.register_buffer("z_prior_m", prior[:1].clone())
        self.register_buffer("z_prior_v", prior[1:].clone())

    @property
    def z_prior(self):
        return tuple(getattr(self, "z_prior_" + letter) for letter in "mv")

    def bce(self, x, z):
        logits = self.dec(z)
        cost = F.softplus(logits) - x.expand_as(logits) * logits
        return cost.sum(dim=-1)

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        z = m + v.sqrt() * torch.randn_like(v)
        each = torch.stack([
            0.5 * ((pv / v).log() + (v + (m - pm).square()) / pv - 1).sum(-1),
            self.bce(x, z),
        ])  # (2, batch)
        kl, rec = each.mean(dim=1)
        return kl + rec, kl, rec

    def log_weights(self, x, iw):
        m, v = self.enc(x)
        pm, pv = self.z_prior
        columns = []
        for _ in range(iw):
            eps = torch.randn_like(m)
            z = m + v.sqrt() * eps
            log_ratio = 0.5 * (eps**2 + v.log() - (z - pm) ** 2 / pv - pv.log()).sum(-1)
            columns.append(log_ratio - self.bce(x, z))
        return torch.stack(columns, dim=-1)

    def negative_iwae_bound(self, x, iw):
        log_w = self.log_weights(x, iw)
        top = log_w.max(dim=1, keepdim=True).values.detach()
        per_image = top.squeeze(1) + (log_w - top).exp().mean(dim=1).log()
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -per_image.mean(), kl, rec

    def loss(self, x):
        terms = self.negative_elbo_bound(x)
        numbers = dict(zip(("train/loss", "gen/kl_z", "gen/rec"), terms))
        numbers["gen/elbo"] = -terms[0]
        return terms[0], numbers

    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, 1, dtype=m.dtype, device=m.device).expand(-1, self.z_dim)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        self.eval()
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).to(p.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))
