"""Exercise 9.4: how it goes wrong, each mistake written as the one piece of a right bound that differs; and what a tutor says."""

import math

import torch

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.classes.unlabelled_bound.pieces import (
    Parts,
    altered,
    decoder_without_class,
    drawn,
    encoder_without_class,
    hard,
    in_blocks,
    kl_of,
    log_of_softmax,
    no_slope_in_weights,
    of_parts,
    one_class,
    one_z_for_all,
    probabilities_mixed,
    put_together,
    read_across,
    read_along,
    root_of_v_in_kl,
    summed,
    summed_inside,
    tiled_apart,
    weighted,
    with_kl_y,
    with_log_q,
    with_z,
)
from vae_course.given import sample_gaussian


def _only_weighted(p: Parts, factor: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    kl_z, kl_y, rec = summed(p)
    return factor * kl_z, kl_y, factor * rec


MISTAKES = (
    Misconception(
        "every-class-counts-alike",
        weighted(lambda log_q: torch.full_like(log_q, 1 / log_q.shape[-1])),
        "Every class has the weight 1/10 in your kl_z and rec. Their average runs over q(y|x): the likelier a class, the more its terms count.",
    ),
    Misconception(
        "classes-added-up",
        weighted(torch.ones_like),
        "The terms of the ten classes are added up without weights. Each counts by its q(y|x).",
    ),
    Misconception(
        "only-the-likeliest-class",
        one_class(hard),
        "You take the likeliest class alone. The bound averages over all ten, each with its q(y|x). (And argmax has no slope.)",
    ),
    Misconception(
        "class-drawn",
        one_class(drawn),
        "One y for each image is drawn at random and goes through the networks, so that your terms scatter from call to call. There are only ten classes: sum "
        "them out, each with its q(y|x).",
    ),
    Misconception(
        "half-a-digit",
        one_class(torch.exp),
        "You hand the ten probabilities to the networks as y, and sum no more: an image that is 0.7 of a 4 and 0.3 of a 9. The average over y "
        "stands outside: each class goes through the networks by itself, and its *costs* are averaged.",
    ),
    Misconception(
        "classes-averaged-in-the-decoder",
        summed_inside,
        "You average the decoder's logits over the classes, and compare that picture with the image. The average over y stands outside of the "
        "log: one rec for each class, and then their mean.",
    ),
    Misconception(
        "log-of-the-mean",
        probabilities_mixed,
        "Your rec is −log of the average of p(x|z, y). The bound has the average of −log p(x|z, y), which is larger: the log stands inside.",
    ),
    Misconception(
        "images-and-classes-out-of-step",
        tiled_apart,
        "Images and classes are repeated in different orders, so that an image's ten rows are not its own: with repeat_interleave of the images "
        "goes repeat of the classes.",
    ),
    Misconception(
        "both-entry-by-entry",
        in_blocks,
        "Images and classes are both repeated entry by entry, so that an image's ten rows do not have the ten classes: with repeat_interleave of the "
        "images goes repeat of the classes.",
    ),
    Misconception(
        "read-across",
        read_across,
        "The rows lie image by image, ten classes each, and you read them as class by class: reshape to (batch, 10), and do not turn that.",
    ),
    Misconception(
        "class-by-class-read-as-image-by-image",
        read_along,
        "Your rows lie class by class, all images of the first class on top, and you read them as image by image: reshape to (10, batch), and turn that. Or take "
        "repeat_interleave for the images, and repeat for the classes.",
    ),
    Misconception(
        "one-z-for-all-classes",
        one_z_for_all,
        "You draw one z, from the likeliest class's q, and decode it with every class. q(z|x, y) depends on y: each class has a z of its own.",
    ),
    Misconception(
        "encoder-without-the-class",
        encoder_without_class,
        "Your encoder is given zeros for y. q(z|x, y) depends on y: it gets each class, as the decoder does.",
    ),
    Misconception(
        "decoder-without-the-class",
        decoder_without_class,
        "Your decoder is given zeros for y. p(x|z, y) depends on y: it gets each class, as the encoder does.",
    ),
    Misconception(
        "log-of-the-batch",
        with_kl_y(lambda log_q: (log_q.exp() * log_q).sum(-1) + math.log(len(log_q))),
        "Your kl_y takes the log of the number of images for log 10. p(y) is 1/10 for each of the ten classes.",
    ),
    Misconception(
        "softmax-over-the-batch",
        weighted(lambda log_q: log_q.softmax(0)),
        "Your softmax runs over the images. Each image's probabilities of the ten classes add up to 1: the last axis.",
    ),
    Misconception(
        "softmax-over-the-batch-in-all-terms",
        with_log_q(lambda logits: logits.log_softmax(0)),
        "Your softmax runs over the images, in kl_y too. Each image's probabilities of the ten classes add up to 1: the last axis.",
    ),
    Misconception(
        "sigmoid-for-the-softmax",
        with_log_q(torch.nn.functional.logsigmoid),
        "You take a sigmoid of each logit. Ten yes-or-no answers do not add up to 1: of ten classes an image has one, and q(y|x) is a softmax.",
    ),
    Misconception(
        "log-of-the-softmax",
        log_of_softmax,
        "Right until the classifier is sure: a probability is then 0 in float32, and 0 · log 0 is no number. torch.log_softmax of the logits stays finite.",
    ),
    Misconception(
        "logits-for-log-probabilities",
        with_log_q(lambda logits: logits),
        "self.cls gives logits. Their exponentials do not add up to 1: log q(y|x) is torch.log_softmax of them.",
    ),
    Misconception(
        "weighted-terms-averaged-over-classes",
        of_parts(lambda self, p: _only_weighted(p, 1 / p.log_q.shape[-1])),
        "Your kl_z and rec are divided by the ten classes: a .mean() over the whole table (batch, 10)? The weights q(y|x) add up to 1 already: sum over the classes, "
        "and average over the images.",
    ),
    Misconception(
        "weighted-terms-summed-over-the-batch",
        of_parts(lambda self, p: _only_weighted(p, len(p.log_q))),
        "Your kl_z and rec are summed over the images as well: sum over the classes, and average over the images.",
    ),
    Misconception(
        "logs-for-weights",
        weighted(lambda log_q: log_q),
        "You weigh by log q(y|x), which is negative. The weights are the probabilities themselves.",
    ),
    Misconception(
        "entropy-left-out",
        with_kl_y(lambda log_q: -(log_q.exp() * -math.log(log_q.shape[-1])).sum(-1)),
        "Your kl_y is −log p(y) alone, the constant log 10: q(y|x) is missing in it. kl_y is the mean of log q(y|x) − log p(y) under q.",
    ),
    Misconception(
        "log-ten-left-out",
        with_kl_y(lambda log_q: (log_q.exp() * log_q).sum(-1)),
        "Your kl_y lacks log 10: it is minus the entropy of q(y|x), and below 0. A KL never is: p(y) = 1/10 belongs to it.",
    ),
    Misconception(
        "log-ten-subtracted",
        with_kl_y(lambda log_q: (log_q.exp() * log_q).sum(-1) - math.log(log_q.shape[-1])),
        "log p(y) = −log 10 is added in your kl_y. It is subtracted, which makes + log 10.",
    ),
    Misconception(
        "entropy-for-the-kl",
        with_kl_y(lambda log_q: -(log_q.exp() * log_q).sum(-1)),
        "Your kl_y is the entropy of q(y|x), which is large where the classifier knows nothing. The KL to 1/10 is log 10 less that.",
    ),
    Misconception(
        "kl-y-sign",
        with_kl_y(lambda log_q: -kl_of(log_q)),
        "Your kl_y has the wrong sign: a KL is never negative.",
    ),
    Misconception(
        "kl-y-the-other-way-round",
        with_kl_y(lambda log_q: -log_q.mean(-1) - math.log(log_q.shape[-1])),
        "Your kl_y is KL( p ‖ q ): it averages over p(y) = 1/10. The average runs over q(y|x).",
    ),
    Misconception(
        "kl-y-averaged-over-classes",
        with_kl_y(lambda log_q: kl_of(log_q) / log_q.shape[-1]),
        "Your kl_y is divided by the ten classes. Its terms are weighted by q(y|x), which add up to 1 already: sum them.",
    ),
    Misconception(
        "kl-y-of-the-mean",
        with_kl_y(lambda log_q: kl_of(torch.logsumexp(log_q, 0, keepdim=True) - math.log(len(log_q)))),
        "Your kl_y compares the *average* q of the batch with 1/10. Each image's own q(y|x) is compared, and then the images are averaged.",
    ),
    Misconception(
        "kl-y-in-bits",
        with_kl_y(lambda log_q: kl_of(log_q) / math.log(2)),
        "Your kl_y is in bits. Nats use the natural logarithm.",
    ),
    Misconception(
        "no-kl-y",
        altered(lambda kl_z, kl_y, rec: ((kl_z + rec).mean(), kl_z.mean(), kl_y.mean(), rec.mean())),
        "kl_y is missing from the bound that you return.",
    ),
    Misconception(
        "no-kl-z",
        altered(lambda kl_z, kl_y, rec: ((kl_y + rec).mean(), kl_z.mean(), kl_y.mean(), rec.mean())),
        "kl_z is missing from the bound that you return.",
    ),
    Misconception(
        "kl-y-subtracted",
        altered(lambda kl_z, kl_y, rec: ((kl_z - kl_y + rec).mean(), kl_z.mean(), kl_y.mean(), rec.mean())),
        "kl_y enters with a minus: nelbo = kl_z + kl_y + rec.",
    ),
    Misconception(
        "elbo-for-nelbo",
        altered(lambda kl_z, kl_y, rec: (-(kl_z + kl_y + rec).mean(), kl_z.mean(), kl_y.mean(), rec.mean())),
        "You return the ELBO. The method returns its negative, kl_z + kl_y + rec.",
    ),
    Misconception(
        "rec-with-the-other-sign",
        altered(lambda kl_z, kl_y, rec: put_together(kl_z, kl_y, -rec)),
        "Your rec is log p(x|z, y), a negative number. rec is −log p(x|z, y), and it is added.",
    ),
    Misconception(
        "rec-averaged-over-pixels",
        altered(lambda kl_z, kl_y, rec: put_together(kl_z, kl_y, rec / 784)),
        "Your rec is averaged over the pixels, where it belongs summed.",
    ),
    Misconception(
        "summed-over-the-batch",
        altered(lambda kl_z, kl_y, rec: ((kl_z + kl_y + rec).sum(), kl_z.sum(), kl_y.sum(), rec.sum())),
        "Everything is summed over the images of the batch; average over them.",
    ),
    Misconception(
        "kls-exchanged",
        altered(lambda kl_z, kl_y, rec: ((kl_z + kl_y + rec).mean(), kl_y.mean(), kl_z.mean(), rec.mean())),
        "kl_z and kl_y have changed places: the order is nelbo, kl_z, kl_y, rec.",
    ),
    Misconception(
        "rec-before-the-kls",
        altered(lambda kl_z, kl_y, rec: ((kl_z + kl_y + rec).mean(), rec.mean(), kl_z.mean(), kl_y.mean())),
        "The order is nelbo, kl_z, kl_y, rec.",
    ),
    Misconception(
        "nelbo-last",
        altered(lambda kl_z, kl_y, rec: (kl_z.mean(), kl_y.mean(), rec.mean(), (kl_z + kl_y + rec).mean())),
        "The bound comes first: nelbo, kl_z, kl_y, rec.",
    ),
    Misconception(
        "kl-z-unweighted",
        of_parts(lambda self, p: (p.kl_z.mean(-1), *summed(p)[1:])),
        "rec is averaged over q(y|x), and your kl_z over all classes alike. Both depend on y, and both get its weights.",
    ),
    Misconception(
        "rec-unweighted",
        of_parts(lambda self, p: (*summed(p)[:2], p.rec.mean(-1))),
        "kl_z is averaged over q(y|x), and your rec over all classes alike. Both depend on y, and both get its weights.",
    ),
    Misconception(
        "root-of-v-in-kl-z",
        root_of_v_in_kl,
        "Your kl_z is taken with √v. kl_normal takes the variance itself.",
    ),
    Misconception(
        "kl-z-averaged-over-latents",
        of_parts(lambda self, p: summed(p._replace(kl_z=p.kl_z / self.z_dim))),
        "Your kl_z is averaged over the latent dimensions, where it belongs summed.",
    ),
    Misconception(
        "weights-detached",
        no_slope_in_weights,
        "The numbers are right, but the weights q(y|x) are cut off from the classifier: it never hears which class costs less.",
    ),
    Misconception(
        "no-noise",
        with_z(lambda m, v: m),
        "You decode m itself. z is drawn from q(z|x, y), by sample_gaussian.",
    ),
    Misconception(
        "noise-by-the-variance",
        with_z(lambda m, v: torch.addcmul(m, v, torch.randn_like(m))),
        "The noise in your z is multiplied by v. v is a variance: its square root is the spread.",
    ),
    Misconception(
        "spread-for-the-variance",
        with_z(lambda m, v: sample_gaussian(m, v.sqrt())),
        "The noise in your z is multiplied by v to the power ¼: sample_gaussian takes the variance itself, and makes the root.",
    ),
    Misconception(
        "noise-unscaled",
        with_z(lambda m, v: m + torch.randn_like(m)),
        "The noise in your z has the spread 1 everywhere. It is multiplied by √v.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v: m + v.sqrt() * torch.randn(1, *m.shape[1:])),
        "All images of the batch share their noise: right on average, and it jumps from call to call. Each image needs its own.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v: sample_gaussian(m, v).detach()),
        "No gradient flows through your z, so that the encoder does not hear of rec. Leave z attached.",
    ),
)
