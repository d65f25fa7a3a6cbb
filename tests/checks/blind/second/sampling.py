# %% right | plain | expand, sample_gaussian, sigmoid, torch.bernoulli
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | uniform-coins | u < p written out, randn times sd plus mean
class VAE(given.VAE):
    def sample_z(self, batch):
        mean, variance = self.z_prior
        return mean + variance.sqrt() * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        logits = self.dec(z)
        return logits.sigmoid()

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand_like(p) < p).float()

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return (torch.rand(p.shape) < p).float()

# %% right | distributions | Normal and Bernoulli(logits) objects
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return Normal(m.expand(batch, self.z_dim), v.sqrt().expand(batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return Bernoulli(logits=self.dec(z)).probs

    def sample_sigmoid(self, batch):
        return Bernoulli(logits=self.dec(self.sample_z(batch))).mean

    def sample_x_given(self, z):
        return Bernoulli(logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return Bernoulli(logits=self.dec(self.sample_z(batch))).sample()

# %% right | own-formula | 1 / (1 + exp(-a)), every method complete in itself
class VAE(given.VAE):
    def sample_z(self, batch):
        pm, pv = self.z_prior
        eps = torch.randn((batch, self.z_dim), dtype=pm.dtype)
        return eps * torch.sqrt(pv) + pm

    def compute_sigmoid_given(self, z):
        return 1 / (1 + torch.exp(-self.dec(z)))

    def sample_sigmoid(self, batch):
        pm, pv = self.z_prior
        z = torch.randn((batch, self.z_dim)) * torch.sqrt(pv) + pm
        return 1 / (1 + torch.exp(-self.dec(z)))

    def sample_x_given(self, z):
        return torch.bernoulli(1 / (1 + torch.exp(-self.dec(z))))

    def sample_x(self, batch):
        pm, pv = self.z_prior
        z = torch.randn((batch, self.z_dim)) * torch.sqrt(pv) + pm
        return torch.bernoulli(1 / (1 + torch.exp(-self.dec(z))))

# %% right | loops | lists of single draws, stacked
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        rows = []
        for _ in range(batch):
            rows.append(m + v ** 0.5 * torch.randn(self.z_dim))
        return torch.stack([row.reshape(self.z_dim) for row in rows])

    def compute_sigmoid_given(self, z):
        return torch.cat([torch.sigmoid(self.dec(one.unsqueeze(0))) for one in z], dim=0)

    def sample_sigmoid(self, batch):
        return torch.cat([self.compute_sigmoid_given(self.sample_z(1)) for _ in range(batch)])

    def sample_x_given(self, z):
        return torch.stack([torch.bernoulli(p) for p in self.compute_sigmoid_given(z)])

    def sample_x(self, batch):
        return torch.cat([self.sample_x_given(self.sample_z(1)) for _ in range(batch)])

# %% right | logistic-noise | x = 1 where the logit plus logistic noise is positive
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return torch.normal(m.expand(batch, self.z_dim), v.sqrt().expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.exp(F.logsigmoid(self.dec(z)))

    def sample_sigmoid(self, batch):
        return F.logsigmoid(self.dec(self.sample_z(batch))).exp()

    def sample_x_given(self, z):
        a = self.dec(z)
        u = torch.rand_like(a)
        return (a > torch.logit(u)).to(a.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | gumbel-max | two classes, the larger of two perturbed scores wins
class VAE(given.VAE):
    def sample_z(self, batch):
        mean, var = (t.expand(batch, self.z_dim) for t in self.z_prior)
        return mean + torch.randn_like(mean) * var.sqrt()

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return torch.stack([torch.zeros_like(a), a], dim=-1).softmax(dim=-1)[..., 1]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        scores = torch.stack([torch.zeros_like(a), a], dim=-1)
        gumbel = Gumbel(0.0, 1.0).sample(scores.shape)
        return (scores + gumbel).argmax(dim=-1).float()

    def sample_x(self, batch):
        z = self.sample_z(batch)
        return self.sample_x_given(z)

# %% right | multinomial | torch.multinomial on a table of (1-p, p)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.empty(batch, self.z_dim).normal_()
        return z.mul(v.sqrt()).add(m)

    def compute_sigmoid_given(self, z):
        return torch.special.expit(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.special.expit(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        table = torch.stack([1 - p, p], dim=-1).reshape(-1, 2)
        return torch.multinomial(table, 1).reshape(p.shape).type_as(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | no-grad | decorators of no_grad, categorical coins
class VAE(given.VAE):
    @torch.no_grad()
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    @torch.no_grad()
    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    @torch.no_grad()
    def sample_x_given(self, z):
        a = self.dec(z)
        both = torch.stack((F.logsigmoid(-a), F.logsigmoid(a)), dim=-1)
        return Categorical(logits=both).sample().float()

    @torch.no_grad()
    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | numpy | numpy for noise, sigmoid and coins
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = (t.detach().numpy() for t in self.z_prior)
        z = m + np.sqrt(v) * np.random.randn(batch, self.z_dim)
        return torch.tensor(z.astype(m.dtype))

    def compute_sigmoid_given(self, z):
        a = self.dec(z).detach().numpy()
        e = np.exp(-np.abs(a.astype(np.float64)))
        p = np.where(a >= 0, 1 / (1 + e), e / (1 + e))
        return torch.from_numpy(p.astype(a.dtype))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z).numpy()
        return torch.from_numpy(np.random.binomial(1, p.astype(np.float64))).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | helper-methods | private helpers _logits and _coin
class VAE(given.VAE):
    def _coin(self, chance):
        return torch.where(torch.rand(chance.shape) < chance, torch.ones_like(chance), torch.zeros_like(chance))

    def _prior_like(self, shape):
        mean, variance = self.z_prior
        return mean.expand(shape), variance.expand(shape)

    def sample_z(self, batch):
        m, v = self._prior_like((batch, self.z_dim))
        return sample_gaussian(m, v)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return self._coin(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self._coin(self.sample_sigmoid(batch))

# %% right | stable-where | two branches of the sigmoid by torch.where, bernoulli_ in place on a fresh tensor
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        zeros = torch.zeros(batch, self.z_dim)
        m, v = zeros + m, zeros + v
        return m + v.sqrt() * torch.randn_like(v)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        e = torch.exp(-a.abs())
        return torch.where(a >= 0, 1 / (1 + e), e / (1 + e))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z).detach()
        return torch.empty_like(p).bernoulli_(p)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch).detach()
        return torch.zeros_like(p).bernoulli_(p)

# %% right | multivariate | MultivariateNormal with a diagonal covariance, Independent Bernoulli
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        d = self.z_dim
        mean = m * torch.ones(d)
        cov = torch.diag((v * torch.ones(d)).reshape(d))
        return MultivariateNormal(mean.reshape(d), cov).rsample([batch])

    def compute_sigmoid_given(self, z):
        return Independent(Bernoulli(logits=self.dec(z)), 1).mean

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return Independent(Bernoulli(logits=self.dec(z)), 1).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | lambda-class | assignments of lambdas in the class body
class VAE(given.VAE):
    sample_z = lambda self, batch: sample_gaussian(*(t.expand(batch, self.z_dim) for t in self.z_prior))
    compute_sigmoid_given = lambda self, z: self.dec(z).sigmoid()
    sample_sigmoid = lambda self, batch: self.dec(self.sample_z(batch)).sigmoid()
    sample_x_given = lambda self, z: self.dec(z).sigmoid().bernoulli()
    sample_x = lambda self, batch: self.dec(self.sample_z(batch)).sigmoid().bernoulli()

# %% right | module-sigmoid | nn.Sigmoid and nn.Sequential, mean added with torch.add
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return torch.add(torch.randn(batch, self.z_dim) * v.pow(0.5), m)

    def compute_sigmoid_given(self, z):
        return nn.Sigmoid()(self.dec(z))

    def sample_sigmoid(self, batch):
        to_pixels = nn.Sequential(self.dec, nn.Sigmoid())
        return to_pixels(self.sample_z(batch))

    def sample_x_given(self, z):
        p = nn.Sequential(self.dec, nn.Sigmoid())(z)
        return p.gt(torch.rand_like(p)).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | tanh | the sigmoid as (1 + tanh(a/2)) / 2 in float64, ceil(p - u) for the coin
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        draws = [torch.randn(batch, 1) for _ in range(self.z_dim)]
        return torch.cat(draws, dim=1) * v.sqrt() + m

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return (0.5 + 0.5 * torch.tanh(a.double() / 2)).to(a.dtype)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.ceil(p - torch.rand_like(p)).clamp(0, 1)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | generators | private generators seeded from the global stream
class VAE(given.VAE):
    def _generator(self):
        seed = torch.randint(0, 2**62, (1,)).item()
        return torch.Generator().manual_seed(seed)

    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim, generator=self._generator())

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z), generator=self._generator())

    def sample_x(self, batch):
        return torch.bernoulli(self.sample_sigmoid(batch), generator=self._generator())

# %% right | transposed | z drawn as (z_dim, batch) and transposed, images transposed too
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.randn(self.z_dim, batch).T
        return (z * v.sqrt() + m).contiguous()

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z).T).T

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        u = torch.rand(p.shape[1], p.shape[0], dtype=p.dtype).T
        return (u < p).type(p.dtype)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | chunked | batches worked through in chunks of 50 images
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        sizes = [50] * (batch // 50) + ([batch % 50] if batch % 50 else [])
        return torch.cat([sample_gaussian(m.expand(n, self.z_dim), v.expand(n, self.z_dim)) for n in sizes])

    def compute_sigmoid_given(self, z):
        return torch.cat([self.dec(part).sigmoid() for part in z.split(50)])

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.cat([self.dec(part).sigmoid().bernoulli() for part in z.split(50)])

    def sample_x(self, batch):
        return torch.cat([self.dec(part).sigmoid().bernoulli() for part in self.sample_z(batch).split(50)])

# %% right | preallocated | fills tensors with masks: zeros, then ones where the coin falls
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.zeros(batch, self.z_dim, dtype=m.dtype)
        z += m
        z += v.sqrt() * torch.randn(batch, self.z_dim)
        return z

    def compute_sigmoid_given(self, z):
        odds = torch.exp(-self.dec(z))
        return torch.reciprocal(1 + odds)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        x = torch.zeros(p.shape)
        x[torch.rand(p.shape) < p] = 1.0
        return x

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | binomial | Binomial(1, p) and a TransformedDistribution for z
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        base = Normal(torch.zeros(batch, self.z_dim), torch.ones(batch, self.z_dim))
        return TransformedDistribution(base, AffineTransform(m, v.sqrt())).sample()

    def compute_sigmoid_given(self, z):
        return Binomial(1, logits=self.dec(z)).mean

    def sample_sigmoid(self, batch):
        return Binomial(1, logits=self.dec(self.sample_z(batch))).probs

    def sample_x_given(self, z):
        return Binomial(total_count=1, probs=torch.sigmoid(self.dec(z))).sample()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | log-space | p as exp of minus softplus, coins by comparing logarithms
class VAE(given.VAE):
    def sample_z(self, batch):
        mean, variance = self.z_prior
        std = variance.sqrt()
        return torch.randn(batch, self.z_dim, dtype=std.dtype).mul_(std).add_(mean)

    def compute_sigmoid_given(self, z):
        return F.softplus(-self.dec(z)).neg().exp()      # log p = -log(1 + e^-a)

    def sample_sigmoid(self, batch):
        return F.softplus(-self.dec(self.sample_z(batch))).neg().exp()

    def sample_x_given(self, z):
        log_p = F.logsigmoid(self.dec(z))
        return (torch.rand_like(log_p).log() < log_p).float()

    def sample_x(self, batch):
        return self.sample_sigmoid(batch).bernoulli()

# %% right | exponential-race | a pixel is ink if its exponential clock of rate p rings before that of rate 1-p
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        u = torch.rand(batch, self.z_dim, dtype=torch.float64).clamp_min(1e-16)
        return (m + v.sqrt() * torch.special.ndtri(u)).to(m.dtype)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        a = self.dec(z)
        ink = torch.empty_like(a).exponential_()
        paper = torch.empty_like(a).exponential_()
        # ink / p < paper / (1 - p), in logs
        return (ink.log() - F.logsigmoid(a) < paper.log() - F.logsigmoid(-a)).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | box-muller | z by Box-Muller, pixel coins as 1 - [u >= p]
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        u1 = 1 - torch.rand(batch, self.z_dim, dtype=torch.float64)
        u2 = torch.rand(batch, self.z_dim, dtype=torch.float64)
        eps = torch.sqrt(-2 * u1.log()) * torch.cos(2 * math.pi * u2)
        return m + v.sqrt() * eps.to(m.dtype)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return 1.0 - (torch.rand_like(p) >= p).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | repeat-prior | repeat in place of expand, one flat draw reshaped, heaviside coins
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        m = (m + torch.zeros(self.z_dim)).reshape(1, -1).repeat(batch, 1)
        v = (v + torch.zeros(self.z_dim)).reshape(1, -1).repeat(batch, 1)
        return m + v.sqrt() * torch.randn(batch * self.z_dim).view(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return torch.exp(a - torch.logaddexp(a, torch.zeros_like(a)))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.heaviside(p - torch.rand_like(p), torch.zeros_like(p))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | vmap | vmap over images for the decoder, randomness outside
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        m, v = torch.broadcast_tensors(m, v)
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.vmap(lambda one: torch.sigmoid(self.dec(one)))(z)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.vmap(lambda u, q: (u < q).float())(torch.rand_like(p), p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | more-then-pick | draws several z (or coins) and keeps one of each by a fixed index
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        many = m + v.sqrt() * torch.randn(2 * batch, self.z_dim)
        return many[::2]

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(torch.cat([z, z])))[: len(z)]

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return Bernoulli(probs=self.compute_sigmoid_given(z)).sample((3,))[1]

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(2 * batch)[batch:])

# %% right | sum-of-normals | z from two half-variance normals, the sign of p - u for pixels
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        sd = (v / 2).sqrt()
        return m + sd * torch.randn(batch, self.z_dim) + sd * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return self.dec(z).sigmoid()

    def sample_sigmoid(self, batch):
        return self.dec(self.sample_z(batch)).sigmoid()

    def sample_x_given(self, z):
        p = self.dec(z).sigmoid()
        s = torch.sign(p - torch.rand_like(p))          # -1, 0 or 1
        return (s > 0).to(p.dtype)

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        s = torch.sign(p - torch.rand_like(p))
        return (s > 0).to(p.dtype)

# %% right | cholesky-einsum | sd as a diagonal matrix in an einsum; pixels drawn in double, as ints, then float
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        root = torch.eye(self.z_dim, dtype=v.dtype) * v.sqrt()
        return torch.einsum("bi,ij->bj", torch.randn(batch, self.z_dim, dtype=v.dtype), root) + m

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return torch.sigmoid(a.double()).type_as(a)

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = torch.sigmoid(self.dec(z).double())
        return (torch.rand(p.shape, dtype=torch.float64) < p).int().float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% right | nested-functions | a static coin method that tosses for paper and takes the complement; z axis by axis
class VAE(given.VAE):
    @staticmethod
    def toss(p):
        paper = torch.bernoulli(1 - p)
        return 1 - paper

    def sample_z(self, batch):
        def one_axis():
            return torch.randn(batch)
        mean, variance = self.z_prior
        standard = torch.stack([one_axis() for _ in range(self.z_dim)], dim=-1)
        return torch.addcmul(mean.expand_as(standard), variance.sqrt().expand_as(standard), standard)

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return (1 - torch.sigmoid(-a.double())).to(a.dtype)

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        return self.toss(torch.sigmoid(self.dec(z)))

    def sample_x(self, batch):
        return self.toss(self.sample_sigmoid(batch))

# %% wrong | standard-normal | sample_z: draws N(0, I) whatever self.z_prior says (sample_sigmoid, sample_x inherit it)
class VAE(given.VAE):
    def sample_z(self, batch):
        return torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | variance-as-sd | sample_z: Normal(m, v) takes the prior's variance for its sd (sample_sigmoid, sample_x inherit it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return Normal(m, v).expand((batch, self.z_dim)).sample()

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | one-number-per-row | sample_z: draws (batch, 1) and expands, all latent dimensions of an image are equal (sample_sigmoid, sample_x inherit it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        z = sample_gaussian(m.expand(batch, 1), v.expand(batch, 1))
        return z.expand(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | sqrt-in-place | sample_z: v.sqrt_() overwrites the model's prior; the first call is right, later ones are not (sample_sigmoid, sample_x inherit it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        std = v.sqrt_()
        return m + std * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | uniform-z | sample_z: uniform numbers with the right mean and the right sd, but no Gaussian (sample_sigmoid, sample_x inherit it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        u = torch.rand(batch, self.z_dim) - 0.5
        return m + (12 * v).sqrt() * u

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | exp-over-one-plus-exp | compute_sigmoid_given: exp(a) / (1 + exp(a)) is nan for a above 88; all others use torch.sigmoid themselves
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        return torch.exp(a) / (1 + torch.exp(a))

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        return torch.bernoulli(torch.sigmoid(self.dec(z)))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | clamped-probability | compute_sigmoid_given: clamped to [0.01, 0.99] "for stability"; all others use torch.sigmoid themselves
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z)).clamp(0.01, 0.99)

    def sample_sigmoid(self, batch):
        return torch.sigmoid(self.dec(self.sample_z(batch)))

    def sample_x_given(self, z):
        return torch.bernoulli(torch.sigmoid(self.dec(z)))

    def sample_x(self, batch):
        return torch.bernoulli(self.sample_sigmoid(batch))

# %% wrong | minus-max | compute_sigmoid_given: each image's largest logit is subtracted first, as one does for a softmax; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        a = self.dec(z)
        a = a - a.max(dim=-1, keepdim=True).values
        return torch.sigmoid(a)

    def sample_sigmoid(self, batch):
        return self.dec(self.sample_z(batch)).sigmoid()

    def sample_x_given(self, z):
        return self.dec(z).sigmoid().bernoulli()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | one-z-for-the-batch | sample_sigmoid: one z is drawn and expanded over the batch; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        z = self.sample_z(1).expand(batch, -1)
        return self.compute_sigmoid_given(z)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | average-of-coins | sample_sigmoid: the mean of 20 tosses for each pixel in the place of p; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return m + v.sqrt() * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        z = self.sample_z(batch)
        return torch.stack([self.sample_x_given(z) for _ in range(20)]).mean(0)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | cool-z | sample_sigmoid: decodes 0.8 times the z of the prior, "cleaner pictures"; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(0.8 * self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | coin-per-pixel-place | sample_x_given: rand(784), the same coins for all images of the batch (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.rand(p.shape[-1]) < p).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | stratified-coins | sample_x_given: the u of a pixel are spread evenly over the batch: each share is right, but images depend on each other; sample_x tosses for itself and is right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        order = torch.rand_like(p).argsort(dim=0)
        u = (order + torch.rand_like(p)) / len(p)
        return (u < p).float()

    def sample_x(self, batch):
        return torch.bernoulli(self.sample_sigmoid(batch))

# %% wrong | bool | sample_x_given: returns True and False, not numbers (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.rand_like(p) < p

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | normal-coins | sample_x_given: compares p with randn, no uniform number (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return (torch.randn_like(p) < p).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | relaxed | sample_x_given: RelaxedBernoulli at temperature 0.1, nearly but not black and white; sample_x is right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return RelaxedBernoulli(torch.tensor(0.1), logits=self.dec(z)).sample()

    def sample_x(self, batch):
        return torch.bernoulli(self.sample_sigmoid(batch))

# %% wrong | threshold | sample_x: sample_sigmoid(batch) rounded at 0.5, no coins; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return (self.sample_sigmoid(batch) > 0.5).float()

# %% wrong | sigmoid-twice | sample_x: the probabilities of sample_sigmoid go through a sigmoid again before the coin; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return Bernoulli(logits=self.sample_sigmoid(batch)).sample()

# %% wrong | mean-p-of-the-batch | sample_x: coins with the average of p over the batch, not with each image's own p; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch).mean(dim=0)
        return torch.bernoulli(p.expand(batch, -1))

# %% wrong | seeded | sample_x: torch.manual_seed(0) first, so every call returns the same images; the others are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        torch.manual_seed(0)
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: log-variance-and-threshold | sample_z: exp(v / 2) as sd, as if v were a log-variance (sample_sigmoid inherits it); sample_x_given: rounds p, no coin (sample_x inherits both)
class VAE(given.VAE):
    def sample_z(self, batch):
        mean, v = self.z_prior
        std = torch.exp(0.5 * v)
        return mean + std * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.round(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: whitened-z-and-sign | sample_z: z is standardised over the batch before it is scaled (a batch of one gives nan, draws depend on each other; sample_sigmoid inherits it); sample_x_given: returns -1 and 1 (sample_x inherits both)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        z = torch.randn(batch, self.z_dim)
        z = (z - z.mean(0)) / z.std(0)
        return m + v.sqrt() * z

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.sign(p - torch.rand_like(p))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: inverted-here-and-there | compute_sigmoid_given: sigmoid of minus the logits (sample_sigmoid inherits it); sample_x_given: its own sigmoid is right, but the coin is u > p (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return 1 / (1 + torch.exp(self.dec(z)))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = torch.sigmoid(self.dec(z))
        return (torch.rand_like(p) > p).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: pairs-and-tuple | sample_z: second half is the first mirrored about the mean, z are not independent (sample_sigmoid inherits it); sample_x: returns the pair (x, p) (and inherits the mirrored z)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        eps = torch.randn((batch + 1) // 2, self.z_dim)
        eps = torch.cat([eps, -eps])[:batch]
        return m + v.sqrt() * eps

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        p = self.sample_sigmoid(batch)
        return torch.bernoulli(p), p

# %% wrong | two slips: jittered-and-one-coin | compute_sigmoid_given: adds fresh noise of sd 0.3 to z before decoding, as in training (sample_sigmoid inherits it); sample_x_given: one coin (batch, 1) for all pixels of an image (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        z = z + 0.3 * torch.randn_like(z)
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = torch.sigmoid(self.dec(z))
        return (torch.rand(len(p), 1) < p).float()

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: clip-in-place-and-average | compute_sigmoid_given: z.clamp_(-2, 2) clips z and changes the caller's tensor (sample_sigmoid, sample_x_given, sample_x inherit the clipping); sample_sigmoid: also averages over the batch and repeats the average
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z.clamp_(-2, 2)))

    def sample_sigmoid(self, batch):
        p = self.compute_sigmoid_given(self.sample_z(batch))
        return p.mean(0, keepdim=True).repeat(batch, 1)

    def sample_x_given(self, z):
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: kept-coins-and-mode | sample_x_given: u is kept in self and used again for batches of the same size; sample_x: decodes the prior's mean for every image (and inherits the kept coins)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        u = getattr(self, "_u", None)
        if u is None or u.shape != p.shape:
            self._u = u = torch.rand_like(p)
        return (u < p).float()

    def sample_x(self, batch):
        z = self.z_prior[0].expand(batch, self.z_dim)
        return self.sample_x_given(z)

# %% wrong | two slips: no-mean-and-double-toss | sample_z: the prior's mean is left out (sample_sigmoid, sample_x inherit it); sample_x_given: two tosses multiplied, ink has chance p^2 (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        _, v = self.z_prior
        return v.sqrt() * torch.randn(batch, self.z_dim)

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        return torch.bernoulli(p) * torch.bernoulli(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: softmax-and-shared-z | compute_sigmoid_given: softmax over the pixels; sample_sigmoid: sigmoid is right, but z is drawn once per call and shared; sample_x_given and sample_x are right
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))

    def compute_sigmoid_given(self, z):
        return torch.softmax(self.dec(z), dim=-1)

    def sample_sigmoid(self, batch):
        m, v = self.z_prior
        z = m + v.sqrt() * torch.randn(self.z_dim)
        return torch.sigmoid(self.dec(z)).expand(batch, -1)

    def sample_x_given(self, z):
        return torch.bernoulli(torch.sigmoid(self.dec(z)))

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))

# %% wrong | two slips: truncated-and-scaled | sample_z: the noise is clamped to 1.5 sd (sample_sigmoid and sample_x inherit it); sample_x_given: p is stretched to make 1 the largest before the coin (sample_x inherits it)
class VAE(given.VAE):
    def sample_z(self, batch):
        m, v = self.z_prior
        eps = torch.randn(batch, self.z_dim).clamp(-1.5, 1.5)
        return m + v.sqrt() * eps

    def compute_sigmoid_given(self, z):
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z):
        p = self.compute_sigmoid_given(z)
        p = p / p.max(dim=1, keepdim=True).values
        return torch.bernoulli(p)

    def sample_x(self, batch):
        return self.sample_x_given(self.sample_z(batch))
