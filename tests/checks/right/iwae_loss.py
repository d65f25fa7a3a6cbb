"""Exercise 5b.2: in how many ways it may be written right."""

from vae_course.checks.lessons.limits.iwae_loss import entries, summed

RIGHT = {
    "IWAE.loss": {
        "dict display": summed(lambda niwae, kl, rec: (niwae, entries(niwae, kl, rec))),
        "detached numbers": summed(lambda niwae, kl, rec: (niwae, entries(niwae.detach(), kl.detach(), rec.detach()))),
        "floats": summed(lambda niwae, kl, rec: (niwae, entries(niwae.item(), kl.item(), rec.item()))),
    },
}
