"""Exercise 2.2: the KL divergence of two Gaussians in closed form."""

from torch.distributions import Normal, kl_divergence

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Check, Formula, Misconception
from vae_course.checks.engine.sums import wrongly_summed
from vae_course.checks.lessons.kl_divergence.gaussians import (
    KL_FORMULAS,
    crossed_batch,
    draw_two_gaussians,
    each_dimension,
    kl_extremes,
    kl_layouts,
    kl_truth,
    log_of_a_product,
    other_crossed_batch,
    terms_one_by_one,
    with_small_numbers,
)

CROSSED = (
    "You add a (batch, 1) to a (batch,), and broadcasting made a (batch, batch) of it. Use keepdim in all sums "
    "or, better, in none."
)

kl_normal = Formula(
    name="kl_normal",
    lesson="02_kl_divergence",
    number="2.2",
    title="The KL divergence of two Gaussians",
    minutes=15,
    difficulty=2,
    lines="4 lines",
    arguments=draw_two_gaussians,
    truth=kl_truth,
    checks=(
        Check("one KL per example", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("the gradients", gradients_match, points=1),
        Check("a batch of one, leading axes, broadcasting", holds_for(kl_layouts), points=1),
        Check("tiny and huge variances", stays_finite(kl_extremes), points=1),
    ),
    fingerprint=case_fingerprint(draw_two_gaussians, kl_truth, kl_layouts, kl_extremes),
    formulas=KL_FORMULAS,
    misconceptions=(
        Misconception(
            "arguments-swapped",
            lambda qm, qv, pm, pv: each_dimension(pm, pv, qm, qv).sum(-1),
            "This is KL(p ‖ q). The KL is not symmetric: the expectation is under q, and q comes first.",
        ),
        Misconception(
            "half-missing",
            lambda qm, qv, pm, pv: 2 * each_dimension(qm, qv, pm, pv).sum(-1),
            "Yours is exactly twice the KL: the ½ in front is missing. Both log densities begin with −½, and the ½ stays.",
            otherwise="Yours is exactly twice the KL: the ½ in front is missing.",
        ),
        Misconception(
            "minus-one-missing",
            lambda qm, qv, pm, pv: (each_dimension(qm, qv, pm, pv) + 0.5).sum(-1),
            "You are ½ too high per dimension: the −1 is missing. It is E_q[(z − qm)² / qv], and without it KL(q ‖ q) "
            "would not be 0.",
        ),
        Misconception(
            "minus-one-once",
            lambda qm, qv, pm, pv: 0.5 * ((2 * each_dimension(qm, qv, pm, pv) + 1).sum(-1) - 1),
            "The −1 is there once; every dimension brings its own. Put it inside the sum, or subtract the number of "
            "dimensions.",
        ),
        Misconception(
            "log-ratio-flipped",
            lambda qm, qv, pm, pv: 0.5 * (qv.log() - pv.log() + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1),
            "Your log ratio is upside down: it should be log(pv / qv), which grows as q gets narrower than p. As it "
            "stands, your KL is smallest for a q without any width.",
            otherwise="Your KL is smallest for a q without any width.",
        ),
        Misconception(
            "variance-ratio-flipped",
            lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + pv / qv + (qm - pm) ** 2 / pv - 1).sum(-1),
            "The ratio of variances is upside down: E_q[(z − qm)²] / pv is qv / pv, with p's variance below.",
        ),
        Misconception(
            "distance-over-own-variance",
            lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / qv - 1).sum(-1),
            "You divide the distance of the means by q's variance. It is measured in p's units, (qm − pm)² / pv: the "
            "question is how surprised p is.",
        ),
        Misconception(
            "distance-not-squared",
            lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm).abs() / pv - 1).sum(-1),
            "The distance of the means enters as its absolute value; it should be squared.",
        ),
        Misconception(
            "log-ratio-doubled",
            lambda qm, qv, pm, pv: (each_dimension(qm, qv, pm, pv) + 0.5 * (pv.log() - qv.log())).sum(-1),
            "Your log term is twice too large: it is log of the ratio of standard deviations, that is ½ log(pv / qv).",
        ),
        Misconception(
            "assumes-standard-normal-prior",
            lambda qm, qv, pm, pv: 0.5 * (qv + qm**2 - 1 - qv.log()).sum(-1),
            "This is the KL to N(0, I), whatever pm and pv are. It is the case that VAEs need most; write the general one, "
            "and get that for free with pm = 0, pv = 1.",
        ),
        Misconception(
            "standard-normal-prior-and-log-variance",
            lambda qm, qv, pm, pv: -0.5 * (1 + qv - qm**2 - qv.exp()).sum(-1),
            "This is the line that many VAE codes copy: it takes a *log*-variance, and p = N(0, I). Here qv is the variance "
            "itself, and p has a mean and a variance of its own.",
        ),
        Misconception(
            "variance-as-standard-deviation",
            lambda qm, qv, pm, pv: kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1),
            "You use the variances as standard deviations. torch's Normal wants v.sqrt(); in the formula the ratio is "
            "qv / pv itself, not its square.",
            otherwise="You use the variances as standard deviations: in the formula the ratio is qv / pv itself, not its square.",
        ),
        Misconception(
            "variance-as-log-variance",
            lambda qm, qv, pm, pv: 0.5 * (pv - qv + (qv - pv).exp() + (qm - pm) ** 2 / pv.exp() - 1).sum(-1),
            "You read qv and pv as log-variances, as many codebases do. Here they are the variances themselves.",
        ),
        Misconception(
            "mean-over-dimensions",
            lambda qm, qv, pm, pv: each_dimension(qm, qv, pm, pv).mean(-1),
            "Your KL is the right one divided by the number of dimensions: you average where the sum belongs. In a VAE "
            "with 20 of them that is training with β = 1/20.",
        ),
        Misconception(
            "no-sum",
            each_dimension,
            "You return one KL per dimension. For independent dimensions they add up: sum the last axis.",
        ),
        Misconception("crossed-batch", crossed_batch, CROSSED, family="crossed-batch"),
        Misconception("crossed-batch-the-other-way", other_crossed_batch, CROSSED, family="crossed-batch"),
        Misconception(
            "square-forgotten",
            lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) / pv - 1).sum(-1),
            "The difference of the means enters as it is, with its sign; it should be squared: (qm − pm)² / pv.",
        ),
        Misconception(
            "half-on-the-log-only",
            lambda qm, qv, pm, pv: (0.5 * (pv.log() - qv.log()) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1),
            "The ½ stands before the log alone; the other terms count double. It belongs before the whole bracket.",
        ),
        Misconception(
            "means-ignored",
            lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + qv / pv - 1).sum(-1),
            "The means do not enter: two Gaussians of one width would never differ. Add (qm − pm)² / pv.",
        ),
        Misconception(
            "dimensions-of-the-prior",
            lambda qm, qv, pm, pv: 0.5 * (((pv / qv).log() + qv / pv + (qm - pm) ** 2 / pv).sum(-1) - pm.shape[-1]),
            "The −1 stands in each dimension of q; you count those of the prior, which may have one entry for all.",
        ),
        Misconception(
            "prior-counted-once",
            terms_one_by_one,
            "If pm and pv have one entry for all dimensions, Σ log pv counts it once. Add the terms, which broadcast, then sum.",
            otherwise="If pm and pv have one entry for all dimensions, the prior counts once. Let the terms broadcast first, then sum.",
        ),
        Misconception(
            "log-of-a-product",
            log_of_a_product,
            "You take the logarithm of a product of variances, and the product leaves float32: 1e-12 four times over is 0. "
            "Take logs first, then add them.",
        ),
        Misconception(
            "sign",
            lambda qm, qv, pm, pv: -each_dimension(qm, qv, pm, pv).sum(-1),
            "Yours is −KL. A KL divergence is never negative; KL(q ‖ p) = E_q[log q − log p], in this order.",
            otherwise="Yours is −KL. A KL divergence is never negative.",
        ),
        Misconception(
            "no-gradient",
            lambda qm, qv, pm, pv: each_dimension(qm, qv, pm, pv).sum(-1).detach(),
            "The value is right, but it is cut off from its inputs: .detach(), .item(), numpy and torch.no_grad() all "
            "stop the gradient, and the encoder would never learn from it.",
        ),
        *wrongly_summed(each_dimension, "KL", "example", "dimensions", front="an axis"),
        *with_small_numbers(lambda *inputs: each_dimension(*inputs).sum(-1), 1, 3),
    ),
    hints=(
        "Stay in one dimension. The formula of the exercise still holds two averages under q, of (z − pm)² and of (z − qm)². "
        "The text right above it says both in means and variances: put them in.",
        "The average of (z − qm)² is qv, and qv / qv is a plain number. The average of (z − pm)² has two parts, a variance and a "
        "squared distance of the means; divide both by pv.",
        "Four terms per dimension: a difference of two logs, a ratio of variances, a squared distance over pv, and a −1, "
        "which every dimension brings. Add them (they broadcast), .sum(-1) once, and keep the ½ in front of all.",
    ),
)
