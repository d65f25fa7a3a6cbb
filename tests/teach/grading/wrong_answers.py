"""One wrong answer to each exercise, as a student would hand it in: source text, by exercise."""

HEAD = """
import math
import torch
from torch import Tensor, nn
from vae_course import given, nns
from vae_course.given import *
"""

_METHODS = {
    "negative_elbo_bound": """
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return kl + rec, kl, rec
""",
    "loss": """
    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return rec, {"train/loss": rec, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
""",
    "negative_iwae_bound": """
    def negative_iwae_bound(self, x, iw):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -log_weights(self, x, iw).mean(), kl, rec
""",
    "sample_z": """
    def sample_z(self, batch):
        return torch.rand(batch, self.z_dim)
""",
    "compute_sigmoid_given": """
    def compute_sigmoid_given(self, z):
        return self.dec(z)
""",
    "sample_sigmoid": """
    def sample_sigmoid(self, batch):
        return self.compute_sigmoid_given(torch.zeros(batch, self.z_dim))
""",
    "sample_x_given": """
    def sample_x_given(self, z):
        return (self.compute_sigmoid_given(z) > 0.5).float()
""",
    "sample_x": """
    def sample_x(self, batch):
        return self.sample_sigmoid(batch)
""",
}

WRONG = {f"VAE.{name}": f"class VAE(given.VAE):{method}" for name, method in _METHODS.items()} | {
    "standardize": "def standardize(x):\n    return x - x.mean()",
    "sample_gaussian": "def sample_gaussian(m, v):\n    return m + v * torch.randn_like(m)",
    "score_function_gradient": "def score_function_gradient(*args):\n    return args[0] * 0",
    "log_normal": "def log_normal(x, m, v):\n    return (-0.5 * (torch.log(v) + (x - m) ** 2 / v)).sum(-1)",
    "kl_normal": "def kl_normal(qm, qv, pm, pv):\n    return given.kl_normal(pm, pv, qm, qv)",
    "kl_monte_carlo": "def kl_monte_carlo(*args):\n    return torch.zeros(())",
    "kl_test": "def kl_test(kl):\n    return True",
    "log_bernoulli_with_logits": "def log_bernoulli_with_logits(x, logits):\n    return (x * logits).mean(-1)",
    "log_mean_exp": "def log_mean_exp(x, dim):\n    return torch.logsumexp(x, dim)",
    "training_step": """
def training_step(model, x, optimizer):
    loss, _ = model.loss(x)
    loss.backward()
    optimizer.step()
    return loss
""",
    "training_loop": """
def training_loop(model, images, steps):
    losses = []
    for _ in range(steps):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        batch = images[torch.randint(len(images), (100,))]
        loss, _ = model.loss((torch.rand(batch.shape) < batch / 255).float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
    "log_weights": """
def log_weights(model, x, iw):
    m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in model.enc(x))
    z = sample_gaussian(m, v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior)
""",
    "effective_sample_size": "def effective_sample_size(log_w):\n    return torch.softmax(log_w, -1).square().sum(-1)",
    "IWAE.loss": """
class IWAE(given.VAE):
    def loss(self, x, iw=10):
        niwae, kl, rec = self.negative_iwae_bound(x, iw)
        return kl + rec, {"train/loss": kl + rec, "gen/elbo": -kl - rec, "gen/kl_z": kl, "gen/rec": rec}
""",
    "dreg_loss": "def dreg_loss(model, x, iw):\n    return model.enc(x)[0].sum()",
    "plane_grid": "def plane_grid(model, n, width):\n    return torch.sigmoid(model.dec(torch.zeros(n * n, 2)))",
    "interpolate": "def interpolate(*args):\n    raise RuntimeError('half a thought')",
    "VAE": """
class VAE(nn.Module):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        super().__init__()
        network = nns.get(nn)
        self.z_dim, self.enc, self.dec = z_dim, network.Encoder(z_dim), network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self):
        return self.z_prior_m, self.z_prior_v
"""
    + "".join(_METHODS.values()),
    "MyNetwork": """
class MyNetwork:
    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Linear(784, 2 * z_dim)
        def forward(self, x):
            return self.net(x).chunk(2, -1)
    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Linear(z_dim, 784)
        def forward(self, z):
            return torch.sigmoid(self.net(z))
""",
    "VAE.beta_bound": """
class VAE(given.VAE):
    def beta_bound(self, x, beta):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return beta * rec + kl, kl, rec
""",
    "free_bits": """
def free_bits(kl, floor):
    return kl.clamp(min=floor).mean(0).sum()
""",
    "mutual_information_bounds": """
def mutual_information_bounds(z, m, v):
    log_q = log_normal(z.unsqueeze(1), m, v)
    lower = (log_q.diagonal() - log_q.mean(1)).mean()
    return torch.stack([lower, kl_normal(m, v, torch.zeros(1), torch.ones(1)).mean()])
""",
    "log_normal_mixture": """
def log_normal_mixture(z, m, v):
    return log_normal(z.unsqueeze(1), m, v).mean(1)
""",
    "GMVAE.mixture_bound": """
class GMVAE(given.GMVAE):
    def mixture_bound(self, x):
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        kl = kl_normal(m.unsqueeze(1), v.unsqueeze(1), *self.mixture).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return kl + rec, kl, rec
""",
    "SSVAE.unlabelled_bound": """
class SSVAE(given.SSVAE):
    def unlabelled_bound(self, x):
        log_q = torch.log_softmax(self.cls(x), -1)
        q = log_q.exp()
        xs, y = x.repeat_interleave(10, 0), torch.eye(10).repeat(len(x), 1)
        m, v = self.enc(xs, y)
        rec = -log_bernoulli_with_logits(xs, self.dec(sample_gaussian(m, v), y)).reshape(-1, 10)
        kl_z = (q * kl_normal(m, v, *self.z_prior).reshape(-1, 10)).sum(-1).mean()
        rec = (q * rec).sum(-1).mean()
        kl_y = (q * log_q).sum(-1).mean()
        return kl_z + kl_y + rec, kl_z, kl_y, rec
""",
    "semi_supervised_loss": """
def semi_supervised_loss(model, x, labelled, y, weight):
    return model.unlabelled_bound(x)[0] - weight * F.cross_entropy(model.cls(labelled), y)
""",
    "two_layer_log_weight": """
def two_layer_log_weight(log_p_x, z1, z2, m1, v1, m2, v2, pm, pv):
    return log_p_x + log_normal(z1, pm, pv) - log_normal(z1, m1, v1)
""",
    "q_sample": """
def q_sample(x0, alpha_bar, noise):
    return alpha_bar * x0 + (1 - alpha_bar) * noise
""",
    "posterior_mean_variance": """
def posterior_mean_variance(x_t, x0, alpha_bar, alpha_bar_before):
    return torch.stack([x_t, x0])
""",
    "step_kl": """
def step_kl(noise, predicted, alpha_bar, alpha_bar_before):
    return (noise - predicted).square().sum(-1)
""",
}
