"""Exercise 4b.2: five wrong models to find the bug in. The lesson prints CHOICES beside curves and samples."""

import difflib
from collections.abc import Callable

from vae_course.checks.engine.constants import constant_matches
from vae_course.checks.engine.exercise import Check, Constant, Misconception
from vae_course.checks.engine.trial import Trial, Wrong

CHOICES = {
    "v as std": "the noise is scaled by v instead of sqrt(v)",
    "uniform noise": "torch.rand where torch.randn belongs",
    "no noise": "z = m",
    "z detached": "no gradient flows through z",
    "z from the prior": "z ~ p(z) instead of q(z|x)",
    "one noise for the batch": "the same ε for every image of a batch",
    "sigmoid twice": "a sigmoid before the loss that expects logits",
    "KL swapped": "KL( p(z) ‖ q(z|x) )",
    "KL sign": "rec − kl",
    "no KL": "the KL is computed and left out of the loss",
    "rec mean over pixels": "rec averaged over 784 pixels instead of summed",
    "KL mean over latents": "kl averaged over the latent dimensions instead of summed",
}
"""The twelve suspects of the detective: name -> what the code does."""

CULPRITS = dict(
    zip("ABCDE", ("sigmoid twice", "no noise", "KL mean over latents", "rec mean over pixels", "no KL"), strict=True)
)

SUSPECTED = {
    (
        "A",
        "KL sign",
    ): "With the KL's sign wrong the loss runs away below zero: the kl passes a hundred thousand. Model A "
    "reports 542 nats in all, and one half for every pixel costs 543 = 784 ln 2.",
    (
        "A",
        "z from the prior",
    ): "A model that knows nothing of x still learns the mean image, 206 nats. A reports a rec of 541: "
    "it cannot even leave the paper white, because a sigmoid's output is never below 0, which as a logit means one half.",
    (
        "A",
        "z detached",
    ): "A detached z still leaves the decoder free to learn the mean image, 206 nats. A cannot even do "
    "that: it reports a rec of 541.",
    ("B", "no KL"): "Without the KL in the loss, the kl grows to 139 nats. In B it is 2.5: B's loss does hold it.",
    ("B", "uniform noise"): "Uniform noise leaves a kl of 9 and a rec of 91 reported, and 182 for rec in truth. B "
    "reports 2.5 and 81, and its true rec is 380.",
    (
        "B",
        "v as std",
    ): "With v as standard deviation 106 nats are reported and 129 are true. B reports 84 and truly has 383: "
    "too good a bound is a bug.",
    ("C", "no KL"): "Left out entirely, the kl would pass a hundred. In C it is held back, only 20 times too gently.",
    (
        "C",
        "rec mean over pixels",
    ): "That divides rec by 784 and lets the kl win: kl = 0. In C it is the kl whose reported number "
    "is divided: 3.05 times z_dim = 20 is 61.",
    ("C", "v as std"): "Look at reported against true kl: 3.05 and 61, and z_dim is 20.",
    (
        "D",
        "z from the prior",
    ): "The collapse fits, but the reported rec does not: D's is 0.26 nats, a whole image's is 206.",
    ("D", "z detached"): "The collapse fits, but the reported rec does not: D's is 0.26 nats, a whole image's is 206.",
    (
        "D",
        "KL mean over latents",
    ): "That makes the kl cheap, and it grows to 61 nats. In D the kl is 0: it is rec that is divided, by 784.",
    (
        "E",
        "KL sign",
    ): "With the wrong sign the kl is rewarded and passes a hundred thousand nats. In E nobody looks at it: it "
    "drifts to 139.",
    ("E", "no noise"): "Without noise a kl of 2.5 is reported. In E it grows to 139: nothing in the loss holds it.",
    ("E", "KL mean over latents"): "A twentieth of the KL still holds it at 61. In E nothing holds it: 140.",
}
"""(case, wrong guess) -> why it is not the bug, where there is more to say than two sets of numbers."""

LEAVES = {
    "v as std": "Noise scaled by v leaves rec 89 and kl 17 reported, 112 and 17 in truth.",
    "uniform noise": "Uniform noise leaves a kl of 9, and a true rec of twice the reported one, 182 for 91.",
    "no noise": "Without noise the kl falls to 2.5, and the true rec is 380 where 81 is reported.",
    "z detached": "With z detached the kl is 0, and rec is that of the mean image, 206, reported and true alike.",
    "z from the prior": "With z from the prior the kl is 0, and rec that of the mean image, 206, reported and true alike.",
    "one noise for the batch": "One noise for a batch leaves kl 19 and rec 113 reported, 20 and 112 in truth.",
    "sigmoid twice": "A sigmoid too many holds rec above 500: 541 reported, 617 in truth.",
    "KL swapped": "The KL the other way round leaves rec 122 reported and 121 in truth, and a kl of 20 for a true 29.",
    "KL sign": "With the wrong sign the kl is rewarded, and passes a hundred thousand nats.",
    "no KL": "Where nothing holds it, the kl passes a hundred.",
    "rec mean over pixels": "Averaged over 784 pixels, the reported rec is below 1, and the kl is 0.",
    "KL mean over latents": "Averaged over 20 latents, the kl is reported as 3 where it is 61.",
}
"""What a model trained with each mistake ends at, in nats: the fingerprints that the lesson prints after a pass."""

SHOWS = {
    "A": "A ends at a rec of 541 and a kl of 1.5 reported, and 617 and 1.6 in truth.",
    "B": "B reports rec 81 and kl 2.5; in truth rec is 380.",
    "C": "C reports rec 84 and kl 3; in truth they are 83 and 61.",
    "D": "D reports rec 0.26 and kl 0; in truth rec is 206.",
    "E": "E has rec 85 and kl 139 reported, and 83 and 140 in truth.",
}


def suspicions() -> dict[tuple[str, str], str]:
    """(case, wrong guess) -> why it is not the bug, for each of the 55."""
    pairs = [(case, guess) for case in CULPRITS for guess in CHOICES if guess != CULPRITS[case]]
    return {pair: SUSPECTED.get(pair) or f"{LEAVES[pair[1]]} {SHOWS[pair[0]]}" for pair in pairs}


def names_the_culprit(case: str) -> Callable[[Trial], None]:
    """The bug of one case, by one of the twelve names: a misspelt name is told from a wrong one."""
    right = constant_matches(case)

    def test(trial: Trial) -> None:
        value = trial.answer.value
        guess = value.get(case) if isinstance(value, dict) else None
        names = {name.lower(): name for name in CHOICES}
        if isinstance(guess, str) and (word := guess.strip().lower()) not in names:
            near = [names[name] for name in difflib.get_close_matches(word, names, n=1)]
            raise Wrong(
                f"Your {case} is {guess!r}, and there is no such name among the twelve.",
                f"Did you mean {near[0]!r}?" if near else "They stand in the first column of the table.",
            )
        right(trial)

    return test


detective = Constant(
    name="detective",
    lesson="04b_collapse",
    number="4b.2",
    title="Detective: five wrong models",
    minutes=15,
    difficulty=3,
    lines="5 choices",
    right=CULPRITS,
    checks=tuple(Check(f"model {case}", names_the_culprit(case), points=0.8) for case in CULPRITS),
    misconceptions=tuple(
        Misconception(f"{case}-is-{guess.lower().replace(' ', '-')}", {case: guess}, message)
        for (case, guess), message in suspicions().items()
    ),
    hints=(
        "Two numbers to know: a model that ignores x reaches about 206 nats, one that knows nothing at all 784 ln 2 = 543. "
        "Which case stands at which?",
        "Case by case, compare reported with true values, rec and kl apart. Is one of them off by a factor of 784, or of 20? "
        "Which kl is 0, which huge? Which case reports far less than is true, by no such factor?",
        "A factor says which .mean is misplaced. A kl that nothing holds back grows beyond a hundred. A collapsed kl beside a "
        "tiny rec says that rec weighs too little. Standing still within 3 nats of 543 says that the logits cannot do their work. And where "
        "the true rec is far above the reported one, the images were decoded from other z than q gives.",
    ),
)
