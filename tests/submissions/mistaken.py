"""The main misconceptions, named in the marks, and answers that are half done."""

from tests.submissions.hand_in import HEAD, NOT_STARTED, HandIn, Row, correct, raised, wrong


def mistaken(name: str, tries: str, lesson: str, text: str, **rows: Row) -> HandIn:
    return HandIn(name, tries, f"{HEAD}{text}", {k.replace("VAE_", "VAE.", 1): row for k, row in rows.items()}, lesson)


BOUND = """
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return {}
"""

HAND_INS = (
    mistaken(
        "mistake 1 variance for deviation",
        "The variance where its root belongs.",
        "01_reparameterization",
        """
def sample_gaussian(m, v):
    return m + v * torch.randn_like(m)
predict_noise = {"slope": 1.0, "mean": 0.5, "variance": 1 / 12}
""",
        sample_gaussian=wrong(3, "variance-as-standard-deviation", "square root"),
        predict_noise=wrong(0.5, "slope-without-half"),
    ),
    mistaken(
        "mistake 2 no gradient",
        "Draws that no gradient flows through.",
        "01_reparameterization",
        "def sample_gaussian(m, v):\n    return torch.normal(m, v.sqrt()).detach()",
        sample_gaussian=wrong(4, "no-gradient"),
    ),
    mistaken(
        "mistake 3 arguments swapped",
        "KL(p || q), and a density without its 2 pi.",
        "02_kl_divergence",
        """
def log_normal(x, m, v):
    return -0.5 * (v.log() + (x - m) ** 2 / v).sum(-1)
def kl_normal(qm, qv, pm, pv):
    return 0.5 * ((qv / pv).log() + pv / qv + (pm - qm) ** 2 / qv - 1).sum(-1)
""",
        log_normal=wrong(1, "two-pi-missing"),
        kl_normal=wrong(0, "arguments-swapped", "not symmetric"),
    ),
    mistaken(
        "mistake 4 the batch averaged",
        "One number for the batch, where one for each example is asked for.",
        "02_kl_divergence",
        "def kl_normal(qm, qv, pm, pv):\n    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1).mean()",
        kl_normal=wrong(0, "averages-the-batch"),
    ),
    mistaken(
        "mistake 5 mean over pixels",
        "A loss's default reduction, and a mean of exponentials without its logarithm of k.",
        "03_reconstruction",
        """
def log_bernoulli_with_logits(x, logits):
    return -torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(-1)
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim)
""",
        log_bernoulli_with_logits=wrong(0, "mean-over-pixels"),
        log_mean_exp=wrong(2, "log-k-missing"),
    ),
    mistaken(
        "mistake 6 the sign of the bound",
        "The ELBO where its negative is asked for.",
        "04_nelbo",
        BOUND.format("-(kl + rec), kl, rec"),
        VAE_negative_elbo_bound=wrong(6, "elbo-for-nelbo"),
    ),
    mistaken(
        "mistake 7 gradients that pile up",
        "No zero_grad, and numbers where tensors belong.",
        "04_nelbo",
        BOUND.format("kl.item() + rec.item(), kl.item(), rec.item()")
        + """
def training_step(model, x, optimizer):
    loss, _ = model.loss(x)
    loss.backward()
    optimizer.step()
    return loss
""",
        VAE_negative_elbo_bound=wrong(9, "no-grad"),
        training_step=wrong(2, "gradients-pile-up"),
    ),
    mistaken(
        "mistake 8 logits for probabilities",
        "The decoder's logits as they are.",
        "06_generation",
        "class VAE(given.VAE):\n    def compute_sigmoid_given(self, z):\n        return self.dec(z)",
        VAE_compute_sigmoid_given=wrong(0, "returns-logits"),
    ),
    mistaken(
        "half 1 a pass",
        "An empty body, a stub as it was, and a line that was to be removed.",
        "02_kl_divergence",
        """
def log_normal(x, m, v):
    pass
def kl_normal(qm, qv, pm, pv):
    raise NotImplementedError
def kl_monte_carlo(z, qm, qv, pm, pv):
    ratio = z - qm
    raise NotImplementedError
""",
        log_normal=wrong(0, says="returned None"),
        kl_normal=NOT_STARTED,
        kl_monte_carlo=raised("remove that line"),
    ),
    mistaken(
        "half 2 a cell that is no Python",
        "One cell cannot be read, and one needs a helper that is nowhere: the others count.",
        "02_kl_divergence",
        """
def log_normal(x, m, v):
    return -0.5 * (torch.log(2 * torch.pi * v) + (x - m) ** 2 / v).sum(-1)
# %%
def kl_normal(qm, qv, pm, pv)
    return 0
# %%
def kl_monte_carlo(z, qm, qv, pm, pv):
    return my_helper(z)
""",
        log_normal=correct(5),
        kl_normal=raised("line 1"),
        kl_monte_carlo=raised("my_helper"),
    ),
    mistaken(
        "half 3 nothing",
        "A notebook in which only imports stand.",
        "02_kl_divergence",
        "import numpy as np",
    ),
    mistaken(
        "half 4 work in the file",
        "Cells that train, print and load what is not there: they are not run, and cost nothing.",
        "02_kl_divergence",
        """
!pip install torch
# %%
data = open("data.csv").read()
model = given.trained("v1")
for step in range(10**9):
    print(step)
# %%
%matplotlib inline
def log_normal(x, m, v):
    return -0.5 * (torch.log(2 * torch.pi * v) + (x - m) ** 2 / v).sum(-1)
""",
        log_normal=correct(5),
    ),
)
