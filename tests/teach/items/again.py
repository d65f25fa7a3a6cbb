"""The truth of each short question again: from the question's own words, and by other means than the family that drew it."""

import itertools
import math
import re
from collections.abc import Callable

import numpy as np
import torch

N = r"(-?\d[\d,]*\d(?:\.\d+)?|-?\d+(?:\.\d+)?)"
Z = np.linspace(-80, 80, 1_600_001)
STEP = Z[1] - Z[0]


def of(text: str, pattern: str) -> list[float]:
    """The numbers at the # of a pattern, found in a question."""
    text = text.replace("−", "-").replace("$", "")
    match = re.search(re.escape(pattern.replace("$", "")).replace(r"\#", N), text)
    assert match, f"{pattern!r} is not in {text!r}"
    return [float(group.replace(",", "")) for group in match.groups()]


def normal(m: float, v: float) -> np.ndarray:
    return np.exp(-0.5 * (Z - m) ** 2 / v) / math.sqrt(2 * math.pi * v)


def kl(qm: float, qv: float, pm: float, pv: float) -> float:
    q = normal(qm, qv)
    return float((q * ((Z - pm) ** 2 / pv - (Z - qm) ** 2 / qv + math.log(pv / qv))).sum() * STEP / 2)


def two_boxes(text: str) -> np.ndarray:
    """[joint of box 0, joint of box 1] with a red ball."""
    prior_1, prior_0 = of(text, "Box 1 is chosen with probability #, box 0 with probability #.")
    red_1, red_0 = of(text, "from box 1 is red with probability #, from box 0 with probability #.")
    assert math.isclose(prior_0 + prior_1, 1)
    return np.array([prior_0 * red_0, prior_1 * red_1])


def top_of_elbo(text: str) -> float:
    joint, a = two_boxes(text), np.linspace(1e-6, 1 - 1e-6, 1_000_001)
    return float((a * np.log(joint[1] / a) + (1 - a) * np.log(joint[0] / (1 - a))).max())


def gap_by_kl(text: str) -> float:
    joint = two_boxes(text)
    return float((0.5 * np.log(0.5 / (joint / joint.sum()))).sum())


def elbo_of_a_guess(text: str) -> float:
    joint_1, joint_0 = of(text, "and box 1 is #, that of $x$ and box 0 is #.")
    (a,) = of(text, "gives box 1 the probability #,")
    evidence = joint_1 + joint_0
    posterior = joint_1 / evidence
    return math.log(evidence) - (a * math.log(a / posterior) + (1 - a) * math.log((1 - a) / (1 - posterior)))


def slope_in_v(text: str) -> float:
    m, v = of(text, "$m = #$ and $v = #$")
    (z,) = of(text, "$z = #$ came out")
    eps = (z - m) / math.sqrt(v)
    v_ = torch.tensor(v, dtype=torch.float64, requires_grad=True)
    (m + v_.sqrt() * eps).backward()
    return v_.grad.item()


def uniform_variance(text: str) -> float:
    low, high = of(text, "between # and #.")
    u = np.linspace(low, high, 1_000_001)
    return float(u.var())


def score_estimate(text: str) -> float:
    m, v = of(text, "$m = #$, $v = #$")
    (z,) = of(text, "as $z = #$.")
    m_ = torch.tensor(m, dtype=torch.float64, requires_grad=True)
    (z**3 * torch.distributions.Normal(m_, math.sqrt(v)).log_prob(torch.tensor(z, dtype=torch.float64))).backward()
    return m_.grad.item()


def draws_needed(text: str) -> float:
    (v,), (error,) = of(text, "with $v = #$"), of(text, "of this average #?")
    return float((normal(0, v) * (2 * Z) ** 2).sum() * STEP) / error**2


def kl_of_two(text: str) -> float:
    return kl(*of(text, "$q = N(#, #)$ and $p = N(#, #)$"))


def kl_to_the_prior(text: str) -> float:
    m_1, m_2, v_1, v_2 = of(text, "means # and # and variances # and #.")
    return kl(m_1, v_1, 0, 1) + kl(m_2, v_2, 0, 1)


def log_density(text: str) -> float:
    (dims,), (v,), (place,) = of(text, "$z$ has # independent"), of(text, "variance #."), of(text, "that has # in")
    one = torch.distributions.Normal(0.0, math.sqrt(v)).log_prob(torch.tensor(place, dtype=torch.float64))
    return dims * one.item()


def negative_share(text: str) -> float:
    (m,) = of(text, "$q = N(#, 1)$")
    log_ratio = -0.5 * (Z - m) ** 2 + 0.5 * Z**2
    return float(normal(m, 1)[log_ratio < 0].sum() * STEP)


def uniform_pixels(text: str) -> float:
    one, other = of(text, "# × # pixels")
    return sum(-math.log(0.5) for _ in range(int(one * other)))


def beta(text: str) -> float:
    one, other = of(text, "# × # pixels")
    return one * other


def edge_logit(text: str) -> float:
    """Where torch itself says so: the first logit on a fine grid whose exponential vanishes beside 1."""
    kind = {"bfloat16": torch.bfloat16, "float16": torch.float16}[re.search(r"format (\w+) ", text)[1]]
    a = torch.linspace(3, 20, 170_001, dtype=torch.float64)
    lost = (torch.tensor(1.0, dtype=kind).double() + (-a).exp()).to(kind) == 1
    return a[lost][0].item()


def one_pixel(text: str) -> float:
    (a,) = of(text, "the logit #,")
    logit = torch.tensor(a, dtype=torch.float64)
    return torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.zeros_like(logit)).item()


def log_mean_exp(text: str) -> float:
    count, best = of(text, "Of # log probabilities one is #,")
    (others,) = of(text, "are below #.")
    logs = torch.full((int(count),), others - 1, dtype=torch.float64)
    logs[0] = best
    return (torch.logsumexp(logs, 0) - math.log(count)).item()


def sure_and_wrong(text: str) -> float:
    said, right = of(text, "with probability #, and is right in # of")
    data, model = torch.tensor([right, 1 - right]).double(), torch.tensor([said, 1 - said]).double()
    entropy = torch.distributions.Categorical(data).entropy()
    return (entropy + (data * (data / model).log()).sum()).item()


def toy_nelbo(text: str) -> float:
    (x,), (m, v) = of(text, "$x = #$"), of(text, "$q = N(#, #)$")
    terms = np.log(normal(m, v) + 1e-300) + 0.5 * Z**2 + 0.5 * (x - Z) ** 2 + math.log(2 * math.pi)
    return float((normal(m, v) * terms).sum() * STEP)


def forgotten_slopes(text: str) -> float:
    (slope,), (rate, steps) = of(text, "has the slope # in"), of(text, "with rate # takes # steps")
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.SGD([w], lr=rate)
    for _ in range(int(steps)):
        (slope * w).backward()
        descent.step()
    return -w.item()


def draws_or_images(text: str) -> float:
    (ratio,), (draws,) = of(text, "scatters # times"), of(text, "with # draws")
    budget = 1e6

    def variance(k: float) -> float:
        images = budget / (1 + k)
        return (1 + ratio / k) / images

    return variance(draws) / variance(1)


def honest_sum(text: str) -> float:
    (dims,), (reported,), (rec,) = of(text, "over its # latent"), of(text, "reports # nats"), of(text, "nats, # of")
    return dims * (reported - rec) + rec


def toy_gap(text: str) -> float:
    posterior, q = of(text, "is then $N(#, #)$"), of(text, "For $q = N(#, #)$")
    (x,) = of(text, "$x = #$")
    assert posterior == [x / 2, 0.5]
    return kl(*q, *posterior)


def tilted_gap(text: str) -> float:
    rho, again = of(
        text, "correlation #. The best $q$ with independent dimensions has its mean and the variances $1 - #^2$"
    )
    assert rho == again
    p = torch.distributions.MultivariateNormal(torch.zeros(2), torch.tensor([[1, rho], [rho, 1]]))
    q = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2) * (1 - rho**2))
    return torch.distributions.kl_divergence(q, p).item()


def free_bits(text: str) -> float:
    kls = of(text, "a KL of #, #, #, # nats")
    (rec,), (floor,) = of(text, "rec is #."), of(text, "$\\lambda = #$")
    return rec + float(np.clip(kls, floor, None).sum())


def amortisation(text: str) -> float:
    (ours,), (best,) = of(text, "has the ELBO #,"), of(text, "for this image #.")
    return best - ours


def weights_of(text: str) -> tuple[list[float], list[float]]:
    low, p_low, high, p_high = of(text, "A weight is # with probability # and # with probability #.")
    return [low, high], [p_low, p_high]


def bound(text: str, k: int) -> float:
    values, chances = weights_of(text)
    return sum(
        math.prod(chances[i] for i in picked) * math.log(sum(values[i] for i in picked) / k)
        for picked in itertools.product((0, 1), repeat=k)
    )


def limit(text: str) -> float:
    values, chances = weights_of(text)
    return math.log(np.dot(values, chances))


def listed(text: str) -> np.ndarray:
    found = re.search(r"(?:draws are|have the weights) ([\d, ]+\d)", text)
    return np.array([float(n) for n in found[1].split(",")])


def effective_size(text: str) -> float:
    shares = torch.softmax(torch.tensor(listed(text)).log(), 0)
    return 1 / shares.square().sum().item()


def bell_gap(text: str) -> float:
    (s,) = of(text, "with $s = #$")
    return math.log((normal(0, s * s) * np.exp(np.minimum(Z, 60))).sum() * STEP)


def draws_for_a_gap(text: str) -> float:
    k, gap = of(text, "with # draws the gap is # nats")
    (wanted,) = of(text, "is it # nats?")
    return (gap * k) / wanted


def moved_share(text: str) -> float:
    (dims,), (step,) = of(text, "$N(0, I)$ in # dimensions"), of(text, "moved by # in")
    second = float(np.exp(-(Z**2) + 0.5 * (Z - step) ** 2).sum() * STEP / math.sqrt(2 * math.pi))
    return second**-dims


def width_share(text: str) -> float:
    (dims,), (r,) = of(text, "bells in # independent"), of(text, "has # times")
    second = float(np.exp(-(Z**2) + 0.5 * Z**2 / r).sum() * STEP * math.sqrt(2 * math.pi * r) / (2 * math.pi))
    return second**-dims


def squared_shares(text: str) -> float:
    return 1 / effective_size(text)


def missed_part(text: str) -> float:
    (covered,) = of(text, "that holds # of")
    return -math.log(covered * 1.0)


def hole(text: str) -> float:
    (share,) = of(text, "that holds # of")
    inside = np.full(1000, 1 / 1000)
    q = np.where(np.arange(1000) < round(1000 * share), 0, 1.0)
    q /= q.sum()
    used = q > 0
    return float((q[used] * np.log(q[used] / inside[used])).sum())


def walk_length(text: str) -> float:
    (dims,), (t,) = of(text, "in # dimensions"), of(text, "a share # of")
    z0, z1 = torch.randn(2, 400_000, int(dims), generator=torch.Generator().manual_seed(0))
    return ((1 - t) * z0 + t * z1).square().sum(1).mean().item()


def judge_proves(text: str) -> float:
    p, q = of(text, "of # in 100 draws of the prior and of # in 100")
    coins = [torch.distributions.Bernoulli(torch.tensor(s / 100, dtype=torch.float64)) for s in (q, p)]
    return torch.distributions.kl_divergence(*coins).item()


def perfect_kl(text: str) -> float:
    (dims,), (v,) = of(text, "model of # latents"), of(text, "the variance # in")
    m = torch.randn(1_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * math.sqrt(1 - v)
    q, p = torch.distributions.Normal(m, math.sqrt(v)), torch.distributions.Normal(0.0, 1.0)
    return dims * torch.distributions.kl_divergence(q, p).mean().item()


def station(text: str) -> float:
    (count,), (start, end), (j,) = (
        of(text, "walk of # stations"),
        of(text, "goes from # to # in"),
        of(text, "number #,"),
    )
    return torch.linspace(start, end, int(count), dtype=torch.float64)[int(j) - 1].item()


def combined_error(text: str) -> float:
    (spread,), (many,) = of(text, "varies by # nats"), of(text, "averaged over # images")
    gap, few = of(text, "varies by # and is averaged over #.")
    random = np.random.default_rng(0)
    means = spread / math.sqrt(many) * random.standard_normal(2_000_000) - gap / math.sqrt(
        few
    ) * random.standard_normal(2_000_000)
    return float(means.std())


def parameters(text: str) -> float:
    (hidden,), (z_dim,) = of(text, "layer of # units"), of(text, "variances of # latents")
    encoder = torch.nn.Sequential(torch.nn.Linear(784, int(hidden)), torch.nn.Linear(int(hidden), 2 * int(z_dim)))
    return sum(part.numel() for part in encoder.parameters())


def memory(text: str) -> float:
    batch, k = of(text, "logits of # images with # draws")
    one = torch.zeros(1, 1, 784)
    return batch * k * one.element_size() * one.numel() / 10**6


def passes(text: str) -> float:
    steps, batch, images = of(text, "for # steps of # images, out of #.")
    return steps / (images / batch)


def _axes(text: str) -> tuple[np.ndarray, float]:
    """The variances along two axes, and the decoder's noise."""
    first, second = of(text, "with the variances # and # along two axes.")
    (noise,) = of(text, "the decoder's noise $\\sigma^2 = #$")
    return np.array([first, second]), noise


def _rate_by_search(variances: np.ndarray, noise: float, beta: float) -> float:
    """The rate at which D + beta · R is smallest, each axis by a search over the share of it that z leaves unexplained."""
    shares = np.geomspace(1e-4, 1, 400_001)
    best = [shares[np.argmin(one * shares / (2 * noise) - 0.5 * beta * np.log(shares))] for one in variances]
    return float(-0.5 * np.log(best).sum())


def water_rate(text: str) -> float:
    (beta,) = of(text, "for $\\beta = #$")
    return _rate_by_search(*_axes(text), beta)


def water_off(text: str) -> float:
    variances, noise = _axes(text)
    low, high = 0.01, 1_000.0
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _rate_by_search(variances, noise, middle) > 1e-6 else (low, middle)
    return high


def nelbo_behind(text: str) -> float:
    (beta,) = of(text, "and $\\beta = #$.")
    loss, rate = of(text, "a loss of # nats and a KL of # nats.")
    return loss + (1 - beta) * rate


def certified(text: str) -> float:
    """With a q that singles out its own image, whose density is 1 there and 0 elsewhere."""
    (images,) = of(text, "from batches of # images.")
    table = np.eye(int(images))
    return float(np.log(table.diagonal() / table.mean(1)).mean())


def images_needed(text: str) -> float:
    (nats,) = of(text, "*can* show # nats?")
    return float(next(k for k in itertools.count(1) if math.log(k) >= nats))


def _plane(text: str) -> tuple[torch.distributions.MultivariateNormal, torch.Tensor]:
    """The two Gaussians of a mixture, and the point that is asked for."""
    a = of(text, "the first with means # and # and variances # and #,")
    b = of(text, "the second with means # and # and variances # and #.")
    m, v = (torch.tensor([a[i : i + 2], b[i : i + 2]], dtype=torch.float64) for i in (0, 2))
    return torch.distributions.MultivariateNormal(m, torch.diag_embed(v)), torch.tensor(
        of(text, "z = (#, #)"), dtype=torch.float64
    )


def mixture_density(text: str) -> float:
    each, z = _plane(text)
    shares = torch.distributions.Categorical(torch.ones(2, dtype=torch.float64))
    return torch.distributions.MixtureSameFamily(shares, each).log_prob(z).item()


def picked(text: str) -> float:
    each, z = _plane(text)
    return torch.softmax(each.log_prob(z), 0)[0].item()


def _three_classes(text: str) -> torch.Tensor:
    """p(x, y) of the three."""
    given = of(text, "$p(x|y)$ is # for the first class, # for the second and # for the third.")
    assert "each with $p(y) = \\frac13$" in text
    return torch.tensor([one / 3 for one in given], dtype=torch.float64)


def class_gap(text: str) -> float:
    guess = torch.tensor(of(text, "gives the three classes #, # and #."), dtype=torch.float64)
    kinds = [torch.distributions.Categorical(probs=one) for one in (guess, _three_classes(text))]
    return torch.distributions.kl_divergence(*kinds).item()


def class_bound(text: str) -> float:
    return class_gap(text) - math.log(_three_classes(text).sum())


def _two_in_question(text: str) -> tuple[float, float]:
    """The best share of class 4, and the bound above its cost, by a search over the share that it gets."""
    low, high = of(text, "is # nats under class 4, # nats under class 9, and more than 150 nats")
    q = np.linspace(1e-6, 1 - 1e-6, 2_000_001)
    bounds = q * (np.log(10 * q) + low) + (1 - q) * (np.log(10 * (1 - q)) + high)
    return float(q[bounds.argmin()]), float(bounds.min() - low)


def kl_y(text: str) -> float:
    q = torch.zeros(10, dtype=torch.float64)
    q[[7, 9, 4]] = torch.tensor(of(text, "is # for class 7, # for class 9, # for class 4,"), dtype=torch.float64)
    kinds = [torch.distributions.Categorical(probs=one) for one in (q, torch.ones_like(q))]
    return torch.distributions.kl_divergence(*kinds).item()


def few_labels(text: str) -> float:
    (nelbo,), (weight,) = of(text, "has a NELBO of # nats."), of(text, "with weight # for the labels")
    said = torch.tensor(of(text, "gives their labels #, #, # and #."), dtype=torch.float64)
    logits = torch.stack([said, 1 - said], 1).log()
    return nelbo + weight * torch.nn.functional.cross_entropy(logits, torch.zeros(4, dtype=torch.long)).item()


def _noised(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """x0, noise and x_t at four points that have the right means, variances and covariances, and both shares."""
    (data,) = of(text, "and the variance #.")
    share, before = (of(text, pattern)[0] for pattern in ("\\bar\\alpha_t = #", "\\bar\\alpha_{t-1} = #"))
    x0, noise = (one.ravel() for one in np.meshgrid([-math.sqrt(data), math.sqrt(data)], [-1.0, 1.0]))
    return x0, noise, math.sqrt(share) * x0 + math.sqrt(1 - share) * noise, share, before


def noised_variance(text: str) -> float:
    return float(_noised(text)[2].var())


def noise_error(text: str) -> float:
    """The least squares that a straight line leaves."""
    _, noise, x_t, _, _ = _noised(text)
    return float(((noise - np.polyval(np.polyfit(x_t, noise, 1), x_t)) ** 2).mean())


def step_nats(text: str) -> float:
    """The mean KL of two Gaussians on a grid: the step that knows x0, and the one that guesses it, at four points."""
    x0, _, x_t, share, before = _noised(text)
    guess, found = np.polyval(np.polyfit(x_t, x0, 1), x_t), []
    alpha = share / before
    for clean, wrong, later in zip(x0, guess, x_t, strict=True):
        q, p = (
            normal(math.sqrt(before) * at, 1 - before)
            * np.exp(-0.5 * (later - math.sqrt(alpha) * Z) ** 2 / (1 - alpha))
            for at in (clean, wrong)
        )
        q, p = np.maximum(q / q.sum(), 1e-300), np.maximum(p / p.sum(), 1e-300)
        found.append((q * np.log(q / p)).sum())
    return float(np.mean(found))


def bits_per_pixel(text: str) -> float:
    nats, rows, columns = of(text, "is # nats for each image of # × # black")
    return math.log2(math.exp(nats / rows)) / columns


def steps_for_a_gap(text: str) -> float:
    steps, gap = of(text, "With # steps the bound of a diffusion model with perfect predictions lies # nats above")
    (wanted,) = of(text, "bring it down to # nats?")
    return next(t for t in itertools.count(1) if gap * steps / t <= wanted + 1e-12)


AGAIN: dict[str, Callable[[str], float]] = {
    "00.evidence": lambda text: two_boxes(text).sum(),
    "00.posterior": lambda text: two_boxes(text)[1] / two_boxes(text).sum(),
    "00.gap": gap_by_kl,
    "00.best-elbo": top_of_elbo,
    "00.elbo-of-a-guess": elbo_of_a_guess,
    "01.slope-in-v": slope_in_v,
    "01.uniform-variance": uniform_variance,
    "01.score-estimate": score_estimate,
    "01.draws-needed": draws_needed,
    "02.kl-of-two": kl_of_two,
    "02.kl-to-the-prior": kl_to_the_prior,
    "02.log-density": log_density,
    "02.negative-share": negative_share,
    "03.uniform": uniform_pixels,
    "03.beta": beta,
    "03.edge-logit": edge_logit,
    "03.one-pixel": one_pixel,
    "03.log-mean-exp": log_mean_exp,
    "03.sure-and-wrong": sure_and_wrong,
    "04.toy-nelbo": toy_nelbo,
    "04.forgotten-slopes": forgotten_slopes,
    "04.draws-or-images": draws_or_images,
    "04.honest-sum": honest_sum,
    "04b.toy-gap": toy_gap,
    "04b.shape": tilted_gap,
    "04b.free-bits": free_bits,
    "04b.amortisation": amortisation,
    "05.one-draw": lambda text: bound(text, 1),
    "05.two-draws": lambda text: bound(text, 2),
    "05.limit": limit,
    "05.effective-size": effective_size,
    "05.bell-gap": bell_gap,
    "05b.draws-for-a-gap": draws_for_a_gap,
    "05b.moved": moved_share,
    "05b.width": width_share,
    "05b.squared-shares": squared_shares,
    "05b.missed-part": missed_part,
    "06.hole": hole,
    "06.walk-length": walk_length,
    "06.judge-proves": judge_proves,
    "06.perfect-kl": perfect_kl,
    "06.station": station,
    "07.combined-error": combined_error,
    "07.parameters": parameters,
    "07.memory": memory,
    "07.passes": passes,
    "08.water-rate": water_rate,
    "08.water-off": water_off,
    "08.nelbo-behind": nelbo_behind,
    "08.certified": certified,
    "08.images-needed": images_needed,
    "09.mixture-density": mixture_density,
    "09.picked": picked,
    "09.class-evidence": lambda text: _three_classes(text).sum().item(),
    "09.class-posterior": lambda text: torch.distributions.Categorical(_three_classes(text)).probs[0].item(),
    "09.class-bound": class_bound,
    "09.class-gap": class_gap,
    "09.best-guess": lambda text: _two_in_question(text)[0],
    "09.above-the-cheapest": lambda text: _two_in_question(text)[1],
    "09.kl-y": kl_y,
    "09.few-labels": few_labels,
    "10.noised-variance": noised_variance,
    "10.noise-error": noise_error,
    "10.step-nats": step_nats,
    "10.bits-per-pixel": bits_per_pixel,
    "10.steps-for-a-gap": steps_for_a_gap,
}
CHANCE = {"06.walk-length", "06.perfect-kl", "07.combined-error"}
"""Recomputed by draws: right to half a per cent."""
