# %% right | plain-mlp | nn.Sequential, ELU, gaussian_parameters
class MyNetwork:
    """Two layers of 128 ELU units on either side."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 128), nn.ELU(), nn.Linear(128, 128), nn.ELU(), nn.Linear(128, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 128), nn.ELU(), nn.Linear(128, 128), nn.ELU(), nn.Linear(128, 784))

        def forward(self, z):
            return self.net(z)

# %% right | two-heads | separate heads for m and v, softplus with a tiny floor
class MyNetwork:
    """Two heads on one tanh trunk."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.trunk = nn.Linear(784, 100)
            self.mean = nn.Linear(100, z_dim)
            self.spread = nn.Linear(100, z_dim)

        def forward(self, x):
            h = torch.tanh(self.trunk(x))
            return self.mean(h), F.softplus(self.spread(h)) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 100)
            self.out = nn.Linear(100, 784)

        def forward(self, z):
            return self.out(torch.tanh(self.up(z)))

# %% right | exp-variance | log variance squeezed softly into -30 .. 30, then exp
class MyNetwork:
    """SiLU units; the variance by exp."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a = nn.Linear(784, 96)
            self.b = nn.Linear(96, 2 * z_dim)

        def forward(self, x):
            m, log_v = self.b(F.silu(self.a(x))).chunk(2, dim=-1)
            return m, torch.exp(30 * torch.tanh(log_v / 30))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a = nn.Linear(z_dim, 96)
            self.b = nn.Linear(96, 784)

        def forward(self, z):
            return self.b(F.silu(self.a(z)))

# %% right | residual | skip connections in a ModuleList
class MyNetwork:
    """Three residual layers."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.first = nn.Linear(784, 64)
            self.steps = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])
            self.last = nn.Linear(64, 2 * z_dim)

        def forward(self, x):
            h = self.first(x)
            for step in self.steps:
                h = h + F.elu(step(h))
            return given.gaussian_parameters(self.last(h))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.first = nn.Linear(z_dim, 64)
            self.steps = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])
            self.last = nn.Linear(64, 784)

        def forward(self, z):
            h = self.first(z)
            for step in self.steps:
                h = h + F.elu(step(h))
            return self.last(h)

# %% right | z-to-every-layer | z is joined along the last axis to each hidden layer
class MyNetwork:
    """The decoder sees z in every layer."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 80), nn.GELU(), nn.Linear(80, z_dim * 2))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.one = nn.Linear(z_dim, 80)
            self.two = nn.Linear(80 + z_dim, 80)
            self.three = nn.Linear(80 + z_dim, 784)

        def forward(self, z):
            h = F.gelu(self.one(z))
            h = F.gelu(self.two(torch.cat([h, z], dim=-1)))
            return self.three(torch.cat([h, z], dim=-1))

# %% right | convolutions | Conv2d and ConvTranspose2d, leading axes flattened and restored
class MyNetwork:
    """A small convolutional pair."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.c1 = nn.Conv2d(1, 8, 4, stride=2, padding=1)
            self.c2 = nn.Conv2d(8, 16, 4, stride=2, padding=1)
            self.out = nn.Linear(16 * 7 * 7, 2 * z_dim)

        def forward(self, x):
            h = x.view(-1, 1, 28, 28)
            h = F.relu(self.c2(F.relu(self.c1(h))))
            return given.gaussian_parameters(self.out(h.flatten(1)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.inp = nn.Linear(z_dim, 16 * 7 * 7)
            self.t1 = nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)
            self.t2 = nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)

        def forward(self, z):
            lead = z.shape[:-1]
            h = F.relu(self.inp(z)).reshape(-1, 16, 7, 7)
            h = self.t2(F.relu(self.t1(h)))
            return h.reshape(*lead, 784)

# %% right | upsample-groupnorm | nearest upsampling with convolutions and GroupNorm, unflatten
class MyNetwork:
    """GroupNorm keeps each image to itself."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.body = nn.Sequential(
                nn.Unflatten(1, (1, 28, 28)),
                nn.Conv2d(1, 8, 3, 2, 1), nn.GroupNorm(2, 8), nn.SiLU(),
                nn.Conv2d(8, 8, 3, 2, 1), nn.GroupNorm(2, 8), nn.SiLU(),
                nn.Flatten(),
            )
            self.m = nn.Linear(392, z_dim)
            self.v = nn.Linear(392, z_dim)

        def forward(self, x):
            h = self.body(x)
            return self.m(h), F.softplus(self.v(h)).clamp(min=1e-10)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.z_dim = z_dim
            self.body = nn.Sequential(
                nn.Linear(z_dim, 392), nn.Unflatten(1, (8, 7, 7)),
                nn.GroupNorm(2, 8), nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1),
                nn.GroupNorm(2, 8), nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 1, 3, padding=1),
                nn.Flatten(),
            )

        def forward(self, z):
            return self.body(z.reshape(-1, self.z_dim)).reshape(z.shape[:-1] + (784,))

# %% right | layernorm | LayerNorm over the last axis
class MyNetwork:
    """Each layer is normalised within the image."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 90), nn.LayerNorm(90), nn.ReLU(), nn.Linear(90, 2 * z_dim))

        def forward(self, x):
            m, v = given.gaussian_parameters(self.net(x))
            return m, v

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 90), nn.LayerNorm(90), nn.ReLU(), nn.Linear(90, 784))

        def forward(self, z):
            return self.net(z)

# %% right | recurrent-rows | a GRU reads the rows (batch_first), a GRU writes rows
class MyNetwork:
    """An image is a sequence of 28 rows."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.read = nn.GRU(28, 32, batch_first=True)
            self.head = nn.Linear(32, 2 * z_dim)

        def forward(self, x):
            states, last = self.read(x.reshape(-1, 28, 28))
            return given.gaussian_parameters(self.head(last[0]))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.z_dim = z_dim
            self.write = nn.GRU(z_dim, 32, batch_first=True)
            self.row = nn.Linear(32, 28)

        def forward(self, z):
            flat = z.reshape(-1, 1, self.z_dim).repeat(1, 28, 1)
            rows = self.row(self.write(flat)[0])
            return rows.reshape(*z.shape[:-1], 784)

# %% right | patches-attention | 16 patches of 7 x 7, self-attention with batch_first, no dropout
class MyNetwork:
    """A little transformer over patches."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.embed = nn.Linear(49, 16)
            self.place = nn.Parameter(0.1 * torch.randn(16, 16))
            self.mix = nn.MultiheadAttention(16, 2, batch_first=True)
            self.head = nn.Linear(256, 2 * z_dim)

        def forward(self, x):
            p = x.view(-1, 4, 7, 4, 7).transpose(2, 3).reshape(-1, 16, 49)
            h = self.embed(p) + self.place
            h = h + self.mix(h, h, h, need_weights=False)[0]
            return given.gaussian_parameters(self.head(h.flatten(1)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 256)
            self.mix = nn.MultiheadAttention(16, 2, batch_first=True)
            self.patch = nn.Linear(16, 49)

        def forward(self, z):
            h = self.up(z).reshape(-1, 16, 16)
            h = h + self.mix(h, h, h, need_weights=False)[0]
            p = self.patch(F.elu(h)).view(-1, 4, 4, 7, 7).transpose(2, 3)
            return p.reshape(*z.shape[:-1], 784)

# %% right | own-matrices | nn.Parameter matrices and einsum, no nn.Linear
class MyNetwork:
    """Everything by hand."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.w1 = nn.Parameter(torch.randn(784, 70) / 28)
            self.b1 = nn.Parameter(torch.zeros(70))
            self.w2 = nn.Parameter(torch.randn(2, 70, z_dim) / 70**0.5)
            self.b2 = nn.Parameter(torch.zeros(2, 1, z_dim))

        def forward(self, x):
            h = torch.relu(x @ self.w1 + self.b1)
            m, s = torch.einsum("bh,thz->tbz", h, self.w2) + self.b2
            return m, F.softplus(s) + 1e-9

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.w1 = nn.Parameter(torch.randn(z_dim, 70) / z_dim**0.5)
            self.b1 = nn.Parameter(torch.zeros(70))
            self.w2 = nn.Parameter(torch.randn(70, 784) / 70**0.5)
            self.b2 = nn.Parameter(torch.zeros(784))

        def forward(self, z):
            h = torch.relu(torch.einsum("...z,zh->...h", z, self.w1) + self.b1)
            return torch.einsum("...h,hp->...p", h, self.w2) + self.b2

# %% right | parameter-dict | F.linear with a ParameterDict
class MyNetwork:
    """Weights in dictionaries that know their parameters."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.p = nn.ParameterDict({
                "in": nn.Parameter(torch.randn(60, 784) / 28), "in_b": nn.Parameter(torch.zeros(60)),
                "m": nn.Parameter(torch.randn(z_dim, 60) / 8), "v": nn.Parameter(torch.randn(z_dim, 60) / 8),
            })

        def forward(self, x):
            h = F.leaky_relu(F.linear(x, self.p["in"], self.p["in_b"]))
            return F.linear(h, self.p["m"]), F.softplus(F.linear(h, self.p["v"])) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.p = nn.ParameterDict({
                "in": nn.Parameter(torch.randn(60, z_dim)), "in_b": nn.Parameter(torch.zeros(60)),
                "out": nn.Parameter(torch.randn(784, 60) / 8), "out_b": nn.Parameter(torch.zeros(784)),
            })

        def forward(self, z):
            h = F.leaky_relu(F.linear(z, self.p["in"], self.p["in_b"]))
            return F.linear(h, self.p["out"], self.p["out_b"])

# %% right | gated | tanh times sigmoid gates inside, bare linear at the end
class MyNetwork:
    """Gated layers."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.h, self.g = nn.Linear(784, 75), nn.Linear(784, 75)
            self.out = nn.Linear(75, 2 * z_dim)

        def forward(self, x):
            return given.gaussian_parameters(self.out(torch.tanh(self.h(x)) * torch.sigmoid(self.g(x))))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 150)
            self.out = nn.Linear(75, 784)

        def forward(self, z):
            return self.out(F.glu(self.up(z), dim=-1))

# %% right | linear-pca | no hidden layer at all: linear in m, linear decoder
class MyNetwork:
    """Probabilistic PCA, nearly."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.m = nn.Linear(784, z_dim)
            self.v = nn.Linear(784, z_dim)

        def forward(self, x):
            centred = x - 0.5
            return self.m(centred), F.softplus(self.v(centred)) + 1e-8

    class Decoder(nn.Linear):
        def __init__(self, z_dim):
            super().__init__(z_dim, 784)

# %% right | outer-products | the picture as a sum of products of a column and a row
class MyNetwork:
    """Low-rank pictures: 6 columns times 6 rows."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.rows, self.cols = nn.Linear(28, 8), nn.Linear(28, 8)
            self.out = nn.Linear(64, 2 * z_dim)

        def forward(self, x):
            image = x.reshape(x.shape[0], 28, 28)
            h = self.cols(self.rows(image).transpose(1, 2))  # (batch, 8, 8)
            return given.gaussian_parameters(self.out(torch.tanh(h).flatten(1)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.left, self.right = nn.Linear(z_dim, 28 * 6), nn.Linear(z_dim, 6 * 28)
            self.bias = nn.Parameter(torch.zeros(784))

        def forward(self, z):
            left = self.left(z).unflatten(-1, (28, 6))
            right = self.right(z).unflatten(-1, (6, 28))
            return (left @ right).flatten(-2) + self.bias

# %% right | sine | sine activations
class MyNetwork:
    """Sines instead of ELUs."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(784, 64), nn.Linear(64, 2 * z_dim)

        def forward(self, x):
            h = self.b(torch.sin(3 * self.a(x)))
            return h[:, ::2], F.softplus(h[:, 1::2]) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(z_dim, 64), nn.Linear(64, 784)

        def forward(self, z):
            return self.b(torch.sin(3 * self.a(z)))

# %% right | coordinates | each pixel's logit from z and the pixel's place, a FiLM of a coordinate network
class MyNetwork:
    """The decoder is a function of the place in the picture."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 64), nn.Mish(), nn.Linear(64, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            line = torch.linspace(-1, 1, 28)
            self.register_buffer("places", torch.cartesian_prod(line, line))  # (784, 2)
            self.place = nn.Linear(2, 24)
            self.scale, self.shift = nn.Linear(z_dim, 24), nn.Linear(z_dim, 24)
            self.read = nn.Linear(z_dim, 24)

        def forward(self, z):
            wave = self.place(8 * self.places)  # (784, 24)
            h = torch.tanh(wave * self.scale(z).unsqueeze(-2) + self.shift(z).unsqueeze(-2))
            return (h @ self.read(z).unsqueeze(-1)).squeeze(-1)

# %% right | templates | a softmax over the last axis weighs learned templates of logits
class MyNetwork:
    """Pictures are mixtures of 40 templates."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.compare = nn.Linear(784, 40)
            self.m, self.v = nn.Linear(40, z_dim), nn.Linear(40, z_dim)

        def forward(self, x):
            h = self.compare(x)
            return self.m(h), torch.logaddexp(self.v(h), torch.zeros(1).to(h)) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.choose = nn.Linear(z_dim, 40)
            self.templates = nn.Parameter(5 * torch.randn(40, 784))

        def forward(self, z):
            return F.softmax(self.choose(z), dim=-1) @ self.templates

# %% right | wraps-v2 | the course's v2 inside, plus a linear short cut
class MyNetwork:
    """v2 with a linear path beside it."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.deep = nns.get("v2").Encoder(z_dim)
            self.short = nn.Linear(784, z_dim, bias=False)

        def forward(self, x):
            m, v = self.deep(x)
            return m + self.short(x), v

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.deep = nns.get("v2").Decoder(z_dim)
            self.short = nn.Linear(z_dim, 784, bias=False)

        def forward(self, z):
            return self.deep(z) + self.short(z)

# %% right | two-networks | one network for m, another for the standard deviation, squared
class MyNetwork:
    """Nothing is shared between mean and spread."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()

            def mlp():
                return nn.Sequential(nn.Linear(784, 50), nn.PReLU(), nn.Linear(50, z_dim))

            self.for_m, self.for_sd = mlp(), mlp()

        def forward(self, x):
            sd = F.softplus(self.for_sd(x)) + 1e-4
            return self.for_m(x), sd**2

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.layers = nn.Sequential()
            for i, (a, b) in enumerate([(z_dim, 50), (50, 50), (50, 784)]):
                if i:
                    self.layers.append(nn.PReLU())
                self.layers.append(nn.Linear(a, b))

        def forward(self, z):
            return self.layers(z)

# %% right | maxout | maxout units, a max over an own last axis
class MyNetwork:
    """Maxout with three pieces."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.pieces = nn.Linear(784, 60 * 3)
            self.out = nn.Linear(60, 2 * z_dim)

        def forward(self, x):
            h = self.pieces(x).unflatten(-1, (60, 3)).amax(-1)
            return given.gaussian_parameters(self.out(h))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.pieces = nn.Linear(z_dim, 60 * 3)
            self.out = nn.Linear(60, 784)

        def forward(self, z):
            return self.out(self.pieces(z).unflatten(-1, (60, 3)).max(dim=-1).values)

# %% right | dense | every layer sees all layers before it
class MyNetwork:
    """DenseNet without the convolutions."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.down = nn.Linear(784, 32)
            self.grow = nn.ModuleList(nn.Linear(32 + 16 * i, 16) for i in range(3))
            self.out = nn.Linear(80, 2 * z_dim)

        def forward(self, x):
            h = self.down(x)
            for layer in self.grow:
                h = torch.cat((h, torch.relu(layer(h))), dim=-1)
            return given.gaussian_parameters(self.out(h))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.grow = nn.ModuleList(nn.Linear(z_dim + 24 * i, 24) for i in range(3))
            self.out = nn.Linear(z_dim + 72, 784)

        def forward(self, z):
            h = z
            for layer in self.grow:
                h = torch.cat((h, torch.relu(layer(h))), dim=-1)
            return self.out(h)

# %% right | low-rank | factorised weight matrices, a learned mean image as bias
class MyNetwork:
    """Thin matrices; the decoder corrects a learned average picture."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.thin = nn.Linear(784, 16, bias=False)
            self.wide = nn.Linear(16, 120)
            self.out = nn.Linear(120, 2 * z_dim)

        def forward(self, x):
            h = self.out(F.hardswish(self.wide(self.thin(x))))
            z_dim = h.shape[1] // 2
            return h[:, :z_dim], torch.where(h[:, z_dim:] > 0, 1 + h[:, z_dim:], torch.exp(h[:, z_dim:].clamp(-60, 0)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.average = nn.Parameter(-2 * torch.ones(784))
            self.net = nn.Sequential(nn.Linear(z_dim, 120), nn.Hardswish(), nn.Linear(120, 16), nn.Linear(16, 784))

        def forward(self, z):
            return self.average + self.net(z)

# %% right | weight-norm | parametrised weights from torch.nn.utils
class MyNetwork:
    """Weight normalisation on every layer."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            wn = nn.utils.parametrizations.weight_norm
            self.a, self.b = wn(nn.Linear(784, 72)), wn(nn.Linear(72, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.b(F.softsign(self.a(x))))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            wn = nn.utils.parametrizations.weight_norm
            self.a, self.b = wn(nn.Linear(z_dim, 72)), wn(nn.Linear(72, 784))

        def forward(self, z):
            return self.b(F.softsign(self.a(z)))

# %% right | from-outside | the two classes are written outside and named inside, a shared building block
class _Block(nn.Module):
    def __init__(self, n_in, n_out, width=64):
        super().__init__()
        self.hidden = nn.Linear(n_in, width)
        self.out = nn.Linear(width, n_out)
        self.short = nn.Linear(n_in, n_out)

    def forward(self, h):
        return self.out(F.celu(self.hidden(h))) + self.short(h)


class _Enc(_Block):
    def __init__(self, z_dim):
        super().__init__(784, 2 * z_dim)

    def forward(self, x):
        return given.gaussian_parameters(super().forward(x))


class _Dec(_Block):
    def __init__(self, z_dim):
        super().__init__(z_dim, 784)


class MyNetwork:
    """One block, used twice."""

    Encoder = _Enc
    Decoder = _Dec

# %% right | mixer | an MLP-mixer on rows and columns, einsum free
class MyNetwork:
    """Rows talk to rows, columns to columns."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.norm = nn.LayerNorm([28, 28])
            self.over_rows, self.over_cols = nn.Linear(28, 28), nn.Linear(28, 28)
            self.head = nn.Linear(28, 2 * z_dim)

        def forward(self, x):
            h = self.norm(x.unflatten(1, (28, 28)))
            h = h + F.gelu(self.over_cols(h))
            h = h + F.gelu(self.over_rows(h.mT)).mT
            return given.gaussian_parameters(self.head(h.mean(dim=1)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.seed = nn.Linear(z_dim, 28)
            self.spread = nn.Parameter(torch.randn(28, 28))
            self.over_rows, self.over_cols = nn.Linear(28, 28), nn.Linear(28, 28)

        def forward(self, z):
            h = self.seed(z).unsqueeze(-2) * self.spread  # (..., 28, 28)
            h = h + F.gelu(self.over_cols(h))
            h = h + self.over_rows(h.mT).mT
            return h.flatten(-2)

# %% right | vmapped-rows | the decoder handles one z, vmap handles however many there are
class MyNetwork:
    """Written for a single image."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(784, 55), nn.Linear(55, 2 * z_dim)

        def forward(self, x):
            rows = [given.gaussian_parameters(self.b(F.selu(self.a(image)))) for image in x]
            return torch.stack([m for m, _ in rows]), torch.stack([v for _, v in rows])

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.z_dim = z_dim
            self.a, self.b = nn.Linear(z_dim, 55), nn.Linear(55, 784)

        def one(self, z):
            return self.b(F.selu(self.a(z)))

        def forward(self, z):
            logits = torch.vmap(self.one)(z.reshape(-1, self.z_dim))
            return logits.reshape(z.shape[:-1] + (784,))

# %% right | radial | the encoder compares with learned centres (radial basis), the decoder is bilinear
class MyNetwork:
    """Distances to learned centres."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.centres = nn.Parameter(torch.rand(50, 784))
            self.m, self.v = nn.Linear(50, z_dim), nn.Linear(50, z_dim)

        def forward(self, x):
            far = (x[:, None, :] - self.centres).pow(2).mean(-1)
            h = torch.exp(-far) * 3
            return self.m(h), F.softplus(self.v(h), beta=0.5) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.pair = nn.Bilinear(z_dim, z_dim, 40)
            self.single = nn.Linear(z_dim, 40)
            self.out = nn.Linear(40, 784)

        def forward(self, z):
            lead, flat = z.shape[:-1], z.reshape(-1, z.shape[-1])
            return self.out(torch.tanh(self.pair(flat, flat) + self.single(flat))).reshape(*lead, -1)

# %% right | pixelshuffle | strided patches in, PixelShuffle out
class MyNetwork:
    """PixelShuffle turns channels into pixels."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.patch = nn.Conv2d(1, 24, 4, stride=4)
            self.look = nn.Conv2d(24, 24, 3, padding=1, groups=24)
            self.head = nn.Linear(24, 2 * z_dim)

        def forward(self, x):
            h = F.relu6(self.patch(x.reshape(x.shape[0], 1, 28, 28)))
            h = F.relu6(h + self.look(h))
            return given.gaussian_parameters(self.head(h.mean(dim=(2, 3))))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 16 * 49)
            self.look = nn.Conv2d(16, 16, 3, padding=1)
            self.shuffle = nn.PixelShuffle(4)
            self.bias = nn.Parameter(torch.zeros(784))

        def forward(self, z):
            h = self.up(z).reshape(-1, 16, 7, 7)
            h = h + F.relu(self.look(h))
            return self.shuffle(h).reshape(*z.shape[:-1], 784) + self.bias

# %% right | highway-squeeze | highway layers in a loop with shared weights, self-gating of features
class MyNetwork:
    """The same highway layer three times."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.inp = nn.Linear(784, 48)
            self.change, self.gate = nn.Linear(48, 48), nn.Linear(48, 48)
            self.out = nn.Linear(48, 2 * z_dim)

        def forward(self, x):
            h = self.inp(x)
            for _ in range(3):
                t = torch.sigmoid(self.gate(h))
                h = t * torch.relu(self.change(h)) + (1 - t) * h
            m, s = self.out(h).split(self.out.out_features // 2, dim=1)
            return m, (torch.sqrt(1 + s * s) + s).clamp(min=0) / 2 + 1e-8  # a smooth ramp

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.inp = nn.Linear(z_dim, 48)
            self.change, self.gate = nn.Linear(48, 48), nn.Linear(48, 48)
            self.out = nn.Linear(48, 784)

        def forward(self, z):
            h = self.inp(z)
            for _ in range(3):
                t = torch.sigmoid(self.gate(h))
                h = torch.lerp(h, torch.relu(self.change(h)), t)
            return self.out(h)

# %% wrong | plain-list | the hidden layers of both classes are in Python lists: not registered, so neither trained nor saved | layers-in-a-list
class MyNetwork:
    """A loop over layers."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.layers = [nn.Linear(784, 100), nn.Linear(100, 100)]
            self.out = nn.Linear(100, 2 * z_dim)

        def forward(self, x):
            for layer in self.layers:
                x = F.elu(layer(x))
            return given.gaussian_parameters(self.out(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.layers = [nn.Linear(z_dim, 100), nn.Linear(100, 100)]
            self.out = nn.Linear(100, 784)

        def forward(self, z):
            for layer in self.layers:
                z = F.elu(layer(z))
            return self.out(z)

# %% wrong | class-level-layer | the encoder's first layer is made in the class body: shared by all instances and not among the parameters | layers-in-a-list
class MyNetwork:
    """Small and simple."""

    class Encoder(nn.Module):
        first = nn.Linear(784, 100)

        def __init__(self, z_dim):
            super().__init__()
            self.out = nn.Linear(100, 2 * z_dim)

        def forward(self, x):
            return given.gaussian_parameters(self.out(torch.tanh(self.first(x))))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.Tanh(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | tensors-not-parameters | the decoder's weights are tensors with requires_grad=True, no nn.Parameter: not in parameters() or state_dict() | layers-in-a-list
class MyNetwork:
    """Own matrices."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.w = torch.randn(z_dim, 100, requires_grad=True)
            self.b = torch.zeros(100, requires_grad=True)
            self.out = nn.Linear(100, 784)

        def forward(self, z):
            return self.out(torch.relu(z @ self.w + self.b))

# %% wrong | batchnorm-encoder | BatchNorm1d in the encoder: in training, images change each other, and a batch of one raises | batch-normalisation
class MyNetwork:
    """Batch normalisation speeds up training."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.BatchNorm1d(100), nn.ReLU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ReLU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | batchnorm-conv-decoder | BatchNorm2d in a convolutional decoder that does flatten and restore: draws and images change each other (no error, not even for one z) | batch-normalisation
class MyNetwork:
    """Convolutions with batch normalisation."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.c = nn.Conv2d(1, 8, 4, 4)
            self.out = nn.Linear(8 * 49, 2 * z_dim)

        def forward(self, x):
            return given.gaussian_parameters(self.out(F.relu(self.c(x.view(-1, 1, 28, 28))).flatten(1)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 8 * 49)
            self.bn = nn.BatchNorm2d(8)
            self.t = nn.ConvTranspose2d(8, 1, 4, 4)

        def forward(self, z):
            h = self.up(z).reshape(-1, 8, 7, 7)
            return self.t(F.relu(self.bn(h))).reshape(*z.shape[:-1], 784)

# %% wrong | standardised-over-the-batch | x is standardised by the mean and sd of the whole batch: m and v of an image depend on its neighbours | rows-mixed
class MyNetwork:
    """Standardised input."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            x = (x - x.mean()) / (x.std() + 1e-6)
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | gru-not-batch-first | the GRU lacks batch_first, so it runs along the images of the batch | rows-mixed
class MyNetwork:
    """Rows as a sequence."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.read = nn.GRU(28, 32)
            self.out = nn.Linear(32, 2 * z_dim)

        def forward(self, x):
            states, _ = self.read(x.view(-1, 28, 28))
            return given.gaussian_parameters(self.out(states[:, -1]))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | split-by-view | h (batch, 2 z_dim) is cut by view(2, -1, z_dim): right for one image, mixes images otherwise | rows-mixed
class MyNetwork:
    """One output layer for both."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.z_dim = z_dim
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            m, s = self.net(x).view(2, -1, self.z_dim)
            return m, F.softplus(s) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | layernorm-over-draws | F.layer_norm over h.shape[1:]: right for (batch, z_dim), but for (batch, iw, z_dim) the draws are normalised together
class MyNetwork:
    """Layer normalisation without parameters."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(784, 100), nn.Linear(100, 2 * z_dim)

        def forward(self, x):
            h = self.a(x)
            return given.gaussian_parameters(self.b(F.relu(F.layer_norm(h, h.shape[1:]))))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(z_dim, 100), nn.Linear(100, 784)

        def forward(self, z):
            h = self.a(z)
            return self.b(F.relu(F.layer_norm(h, h.shape[1:])))

# %% wrong | flattened-the-other-way | leading axes are flattened after a transpose and restored without one: logits belong to other draws
class MyNetwork:
    """A convolutional decoder."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 64), nn.ELU(), nn.Linear(64, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 8 * 49)
            self.t = nn.ConvTranspose2d(8, 1, 4, 4)

        def forward(self, z):
            lead = z.shape[:-1]
            flat = z.transpose(0, -2).reshape(-1, z.shape[-1]) if z.dim() > 2 else z
            h = F.relu(self.up(flat)).reshape(-1, 8, 7, 7)
            return self.t(h).reshape(*lead, 784)

# %% wrong | three-axes-at-most | a case for (batch, iw, z_dim), everything else becomes (n, 784): wrong for four axes and for a single z
class MyNetwork:
    """A convolutional decoder."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 64), nn.ELU(), nn.Linear(64, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 8 * 49)
            self.t = nn.ConvTranspose2d(8, 1, 4, 4)

        def forward(self, z):
            h = F.relu(self.up(z)).reshape(-1, 8, 7, 7)
            logits = self.t(h).flatten(1)
            if z.dim() == 3:
                logits = logits.view(z.shape[0], z.shape[1], 784)
            return logits

# %% wrong | never-narrow | v = softplus with a floor of 0.1 "so that it is safely positive": q can never be narrow | variance-with-a-floor
class MyNetwork:
    """A safe variance."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.trunk = nn.Sequential(nn.Linear(784, 100), nn.ELU())
            self.m, self.v = nn.Linear(100, z_dim), nn.Linear(100, z_dim)

        def forward(self, x):
            h = self.trunk(x)
            return self.m(h), F.softplus(self.v(h)) + 0.1

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | relu-after-last | a ReLU after the encoder's last layer too: m is never negative (and v never below log 2) | relu-after-the-last-layer
class MyNetwork:
    """Every layer has its ReLU."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(784, 100), nn.Linear(100, 100), nn.Linear(100, 2 * z_dim)])

        def forward(self, x):
            for layer in self.layers:
                x = F.relu(layer(x))
            return given.gaussian_parameters(x)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ReLU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | dropout-always-on | F.dropout without training=self.training in the decoder: noise in every call, after eval() too | noise-in-the-network
class MyNetwork:
    """Regularised by dropout."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(z_dim, 100), nn.Linear(100, 784)

        def forward(self, z):
            return self.b(F.dropout(F.elu(self.a(z)), 0.2))

# %% wrong | samples-itself | the encoder returns a draw z in the place of the mean m | noise-in-the-network
class MyNetwork:
    """The encoder does the reparameterization."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            m, v = given.gaussian_parameters(self.net(x))
            z = m + v.sqrt() * torch.randn_like(m)
            return z, v

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | log-variance | the second output is the log variance, of either sign | variance-not-positive
class MyNetwork:
    """The usual encoder."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.hidden = nn.Linear(784, 100)
            self.mu = nn.Linear(100, z_dim)
            self.logvar = nn.Linear(100, z_dim)

        def forward(self, x):
            h = F.relu(self.hidden(x))
            return self.mu(h), self.logvar(h)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ReLU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | log-sigmoid-end | the decoder ends with logsigmoid "to return log-probabilities": no logit can be positive | one-sign
class MyNetwork:
    """Stable log-probabilities."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784), nn.LogSigmoid())

        def forward(self, z):
            return self.net(z)

# %% wrong | x-in-place | x.mul_(2).sub_(1) overwrites the caller's images | input-changed
class MyNetwork:
    """Pixels scaled to -1 .. 1."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            x = x.mul_(2).sub_(1)
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | sixteen-of-z | the decoder reads at most the first 16 entries of z: for a larger z_dim the others have no effect
class MyNetwork:
    """A narrow entrance."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.used = min(z_dim, 16)
            self.net = nn.Sequential(nn.Linear(self.used, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z[..., : self.used])

# %% wrong | remembers | the encoder adds a running average of earlier hidden layers: the answer depends on earlier calls | noise-in-the-network
class MyNetwork:
    """A little momentum in the hidden layer."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(784, 100), nn.Linear(100, 2 * z_dim)
            self.register_buffer("average", torch.zeros(100))

        def forward(self, x):
            h = F.elu(self.a(x))
            self.average = 0.9 * self.average + 0.1 * h.mean(dim=0).detach()
            return given.gaussian_parameters(self.b(h - self.average))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | list-and-tanh | two slips: the encoder's layers are in a plain list; the decoder ends with 4 tanh, so no logit exceeds 4 | layers-in-a-list
class MyNetwork:
    """Bounded logits."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            sizes = [784, 100, 50, 2 * z_dim]
            self.layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
            self.last_bias = nn.Parameter(torch.zeros(2 * z_dim))

        def forward(self, x):
            h = x
            for layer in self.layers[:-1]:
                h = F.elu(layer(h))
            return given.gaussian_parameters(self.layers[-1](h) + self.last_bias)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return 4 * torch.tanh(self.net(z))

# %% wrong | batchstat-and-fixed-size | two slips: BatchNorm1d without running statistics mixes images (a batch of one raises); z_dim is ignored in the encoder, which always answers 20 numbers
class MyNetwork:
    """For 20 latent dimensions."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(784, 100), nn.BatchNorm1d(100, track_running_stats=False), nn.ELU(), nn.Linear(100, 2 * 20)
            )

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | logvar-and-sigmoid | two slips: the log variance (clamped to -6 .. 2) is returned for v; the decoder ends with a sigmoid | variance-not-positive
class MyNetwork:
    """As in most tutorials."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.fc1 = nn.Linear(784, 100)
            self.fc21 = nn.Linear(100, z_dim)
            self.fc22 = nn.Linear(100, z_dim)

        def forward(self, x):
            h1 = F.relu(self.fc1(x))
            return self.fc21(h1), self.fc22(h1).clamp(-6, 2)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.fc3 = nn.Linear(z_dim, 100)
            self.fc4 = nn.Linear(100, 784)

        def forward(self, z):
            return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

# %% wrong | denoise-and-unrestored | two slips: the encoder adds noise to x in every call; the decoder does not restore the leading axes | noise-in-the-network
class MyNetwork:
    """A denoising encoder, a convolutional decoder."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x + 0.1 * torch.randn_like(x)))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.up = nn.Linear(z_dim, 8 * 49)
            self.t = nn.ConvTranspose2d(8, 1, 4, 4)

        def forward(self, z):
            h = F.relu(self.up(z)).reshape(-1, 8, 7, 7)
            return self.t(h).reshape(-1, 784)

# %% wrong | shared-v-and-relu-logits | two slips: one variance per image, (batch, 1) instead of (batch, z_dim); the decoder ends with a ReLU, no logit is negative
class MyNetwork:
    """A round q."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.trunk = nn.Linear(784, 100)
            self.m, self.v = nn.Linear(100, z_dim), nn.Linear(100, 1)

        def forward(self, x):
            h = F.elu(self.trunk(x))
            return self.m(h), F.softplus(self.v(h)) + 1e-8

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ReLU(), nn.Linear(100, 784), nn.ReLU())

        def forward(self, z):
            return self.net(z)

# %% wrong | fresh-layer-and-z-in-place | two slips: the decoder's output layer is made anew in each call; its leaky ReLU edits the caller's z in place | input-changed
class MyNetwork:
    """The output layer is made when its size is known."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            return given.gaussian_parameters(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.hidden = nn.Linear(z_dim, 100)

        def forward(self, z):
            z = F.leaky_relu(z, 0.2, inplace=True)
            h = F.elu(self.hidden(z))
            return nn.Linear(h.shape[-1], 784)(h)

# %% wrong | normalised-over-images-and-relu-v | two slips: F.normalize over axis 0 mixes images; v = relu(...) is often exactly 0
class MyNetwork:
    """Normalised features."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.trunk = nn.Linear(784, 100)
            self.m, self.v = nn.Linear(100, z_dim), nn.Linear(100, z_dim)

        def forward(self, x):
            h = F.normalize(F.elu(self.trunk(x)), dim=0)
            return self.m(h), F.relu(self.v(h))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 100), nn.ELU(), nn.Linear(100, 784))

        def forward(self, z):
            return self.net(z)

# %% wrong | v-above-one-and-centred | two slips: v = exp(relu(s)) is never below 1; the decoder subtracts the mean over axis 0, so images change each other | variance-with-a-floor
class MyNetwork:
    """Centred hidden layer."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            m, s = self.net(x).chunk(2, dim=1)
            return m, torch.exp(F.relu(s))

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(z_dim, 100), nn.Linear(100, 784)

        def forward(self, z):
            h = F.elu(self.a(z))
            return self.b(h - h.mean(dim=0))

# %% wrong | swapped-and-softmax-over-draws | two slips: returns v, m; the decoder's softmax runs over axis 1, right for (batch, z_dim) only | mean-and-variance-swapped
class MyNetwork:
    """Templates, weighed by a softmax."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.trunk = nn.Linear(784, 100)
            self.v, self.m = nn.Linear(100, z_dim), nn.Linear(100, z_dim)

        def forward(self, x):
            h = F.elu(self.trunk(x))
            return F.softplus(self.v(h)) + 1e-8, self.m(h)

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.choose = nn.Linear(z_dim, 40)
            self.templates = nn.Parameter(torch.randn(40, 784))

        def forward(self, z):
            return torch.softmax(self.choose(z), dim=1) @ self.templates

# %% wrong | squeeze-and-detach | two slips: m.squeeze() and v.squeeze() lose the axis for a batch of one or z_dim 1; h.detach() in the decoder keeps its first layer from learning
class MyNetwork:
    """Tidy outputs."""

    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 100), nn.ELU(), nn.Linear(100, 2 * z_dim))

        def forward(self, x):
            m, v = given.gaussian_parameters(self.net(x))
            return m.squeeze(), v.squeeze()

    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.a, self.b = nn.Linear(z_dim, 100), nn.Linear(100, 784)

        def forward(self, z):
            h = F.elu(self.a(z)).detach()
            return self.b(h)
