"""Exercise 4.2: in how many ways it may be written right."""

from vae_course.checks.around.harnesses import summary
from vae_course.checks.lessons.nelbo.loss import summed

RIGHT = {
    "VAE.loss": {
        "dict display": summed(lambda n, kl, rec: (n, summary(n, kl, rec))),
        "detached numbers": summed(lambda n, kl, rec: (n, summary(n.detach(), kl.detach(), rec.detach()))),
        "Python floats in the dictionary": summed(lambda n, kl, rec: (n, summary(n.item(), kl.item(), rec.item()))),
        "kl + rec": summed(lambda n, kl, rec: (kl + rec, summary(kl + rec, kl, rec))),
        "one more entry": summed(lambda n, kl, rec: (n, summary(n, kl, rec) | {"gen/beta": 1.0})),
    },
}
