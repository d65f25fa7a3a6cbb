"""What a learner of lesson 04 wrote, and what the card says: each of these once got no reason, or one that was not true."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from vae_course import binarize, given
from vae_course.checks.around.harnesses import summary
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.collapse.detective import CHOICES, CULPRITS, LEAVES, SHOWS, SUSPECTED, suspicions
from vae_course.checks.lessons.nelbo.negative_elbo_bound.mistakes import altered, with_kl, with_rec, with_z
from vae_course.figures import wrong_models
from vae_course.given import log_normal


def said(name: str, answer: Any, seed: int = 3) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed)


def of_bound(answer: Any, seed: int = 3) -> Outcome:
    return said("VAE.negative_elbo_bound", answer, seed)


def drawn_kl(factor: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A multiple of the estimate of kl from the z that is decoded."""
    return lambda m, v, z: factor * (log_normal(z, m, v) - log_normal(z, torch.zeros(1), torch.ones(1)))


def mirrored_draw(self: Any, x: Tensor) -> Any:
    """log p − log q for kl, with noise that no catalogue entry draws in the same order."""
    m, v = self.enc(x)
    z = m - v.sqrt() * torch.randn(m.shape)
    kl = log_normal(z, *self.z_prior) - log_normal(z, m, v)
    rec = -given.log_bernoulli_with_logits(x, self.dec(z))
    return (kl + rec).mean(), kl.mean(), rec.mean()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("answer", [with_kl(drawn_kl(-1)), mirrored_draw], ids=["the course's noise", "other noise"])
def test_an_estimate_of_kl_with_its_sign_turned_is_named(answer: Any, seed: int) -> None:
    found = of_bound(answer, seed)
    assert found.misconception == "kl-sign-everywhere" and "E_q[ log q − log p ]" in found.message


@pytest.mark.parametrize("kl", [drawn_kl(2), lambda m, v, z: (v + m**2 - 1 - v.log()).sum(-1)], ids=["drawn", "closed"])
def test_a_kl_twice_as_large_is_called_so_and_the_sum_is_not_blamed(kl: Any) -> None:
    message = of_bound(with_kl(kl)).message
    assert "Your kl is twice the right one" in message and "2 kl + rec" not in message


def test_a_term_that_no_mistake_explains_is_told_from_a_sum_that_is_right() -> None:
    message = of_bound(altered(lambda kl, rec: ((5 * kl + rec).mean(), 5 * kl.mean(), rec.mean()))).message
    assert "Your bound is your kl + your rec, as it should be: what is off is in them." in message
    assert "Your numbers are the right ones, times 5." in message
    other = of_bound(altered(lambda kl, rec: ((kl + 2 * rec).mean(), kl.mean(), rec.mean()))).message
    assert "your bound is kl + 2 rec" in other and "as it should be" not in other


def swapped(x: Tensor, logits: Tensor) -> Tensor:
    """rec with image and logits in each other's place."""
    return -given.log_bernoulli_with_logits(logits, x)


def swapped_then(change: Callable[[Tensor, Tensor], Any]) -> Callable[[Any, Tensor], Any]:
    """A swap and a mistake in putting kl and rec together."""

    def wrong(self: Any, x: Tensor) -> Any:
        m, v = self.enc(x)
        return change(given.kl_normal(m, v, *self.z_prior), swapped(x, self.dec(given.sample_gaussian(m, v))))

    return wrong


SWAPPED = "have changed places in the call: your rec is exactly what that makes"
WITH_A_SWAP: dict[str, tuple[Any, str]] = {
    "subtracted": (swapped_then(lambda kl, rec: ((kl - rec).mean(), kl.mean(), rec.mean())), f"{SWAPPED}."),
    "its sign": (with_rec(lambda x, a: -swapped(x, a)), f"{SWAPPED}, with the sign turned."),
    "summed": (
        swapped_then(lambda kl, rec: ((kl + rec).sum(), kl.sum(), rec.sum())),
        f"{SWAPPED}, summed over the images instead of averaged.",
    ),
    "over pixels": (
        with_rec(lambda x, a: swapped(x, a) / 784),
        f"{SWAPPED}, averaged over the pixels instead of summed.",
    ),
    "negative kl": (swapped_then(lambda kl, rec: ((rec - kl).mean(), -kl.mean(), rec.mean())), f"{SWAPPED}."),
    "a sigmoid": (with_rec(lambda x, a: swapped(x, a.sigmoid())), "x and the probabilities, a sigmoid of the logits"),
}


@pytest.mark.parametrize(("answer", "words"), WITH_A_SWAP.values(), ids=list(WITH_A_SWAP))
def test_x_and_logits_swapped_are_named_beside_another_slip(answer: Any, words: str) -> None:
    for seed in range(2):
        message = of_bound(answer, seed).message
        assert words in message and "It is log_bernoulli_with_logits(x, logits), the image first" in message, message
        assert "softplus" not in message


@pytest.mark.slow
def test_a_rec_that_no_swap_makes_is_not_called_swapped() -> None:
    for rec in (lambda x, a: -given.log_bernoulli_with_logits(x, 2 * a), lambda x, a: ((x - a) ** 2).sum(-1)):
        assert "changed places" not in of_bound(with_rec(rec)).message


TURNED: list[tuple[Callable[[Tensor, Tensor], Any], str, str]] = [
    (
        lambda kl, rec: (-(kl - rec).mean(), kl.mean(), -rec.mean()),
        "your bound is −(your kl + your rec), and your rec is log p(x|z), the log probability",
        "So the kl is subtracted: rec − kl.",
    ),
    (
        lambda kl, rec: (-(kl + rec).mean(), kl.mean(), -rec.mean()),
        "your bound is your rec − your kl, and your rec is log p(x|z)",
        "So it is −(kl + rec), the ELBO.",
    ),
    (
        lambda kl, rec: ((kl - rec).mean(), -kl.mean(), rec.mean()),
        "your bound is −(your kl + your rec), and your kl is −KL",
        "So the right rec is subtracted: kl − rec.",
    ),
]


@pytest.mark.parametrize(("numbers", "made_of", "follows"), TURNED)
def test_a_bound_of_terms_with_their_signs_turned_is_read_off_in_its_own_terms(
    numbers: Any, made_of: str, follows: str
) -> None:
    for seed in range(2):
        message = of_bound(altered(numbers), seed).message
        assert made_of in message and follows in message, message


def test_no_sign_is_called_turned_beside_a_term_that_is_wrong_otherwise() -> None:
    for numbers in (
        lambda kl, rec: (-(2 * kl - rec).mean(), 2 * kl.mean(), -rec.mean()),
        lambda kl, rec: ((kl + 2 * rec).mean(), kl.mean(), rec.mean()),
    ):
        message = of_bound(altered(numbers)).message
        assert "is subtracted" not in message and "the ELBO" not in message, message


def test_a_logarithm_of_zero_is_named() -> None:
    def by_hand(x: Tensor, logits: Tensor) -> Tensor:
        p = logits.sigmoid()
        return -torch.sum(x * p.log() + (1 - x) * (1 - p).log(), dim=1)

    assert "0 · log 0 is nan" in of_bound(with_rec(by_hand)).message


def test_a_log_variance_in_one_place_alone_is_told_which() -> None:
    draw = of_bound(with_z(lambda m, v: m + torch.exp(v / 2) * torch.randn(m.shape)))
    kl = of_bound(with_kl(lambda m, v, z: -0.5 * torch.sum(1 + v - m.pow(2) - v.exp(), 1)))
    assert (draw.misconception, kl.misconception) == ("log-variance-in-the-draw", "log-variance-in-kl")


def test_a_mean_without_brackets_is_asked_for_them() -> None:
    message = of_bound(altered(lambda kl, rec: ((kl + rec).mean, kl.mean, rec.mean))).message
    assert "brackets" in message and "builtin" not in message


def test_a_prior_of_plain_numbers_is_told_of_tensors() -> None:
    message = of_bound(with_kl(lambda m, v, z: given.kl_normal(m, v, 0, 1))).message
    assert "torch.tensor(1.0)" in message and "self.z_prior" in message


def test_two_sigmoids_leave_no_paper_white() -> None:
    message = of_bound(with_rec(lambda x, logits: -given.log_bernoulli_with_logits(x, logits.sigmoid()))).message
    assert "between 0.50 and 0.73" in message and "darker" not in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda kl, rec: {"nelbo": (kl + rec).mean(), "kl": kl.mean(), "rec": rec.mean()}, "a dictionary of 3"),
        (lambda kl, rec: ((kl + rec).mean(), {"kl": kl.mean(), "rec": rec.mean()}), "with a dictionary in it"),
        (lambda kl, rec: ((kl + rec).mean(), kl.mean()), "You returned 2 values"),
    ],
)
def test_another_form_than_three_numbers_is_told_by_its_kind(change: Any, words: str) -> None:
    message = of_bound(altered(change)).message
    assert words in message and "3 values" not in message


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (lambda n, entries: (entries, n), "the dictionary first and the loss second"),
        (lambda n, entries: (n, {"train/loss", "gen/elbo", "gen/kl_z", "gen/rec"}), "is a set"),
        (lambda n, entries: entries, "You returned a dict."),
        (lambda n, entries: (n, n, entries), "You returned 3 values."),
        (lambda n, entries: (n, n, n), "3 values, none of them a dictionary"),
        (lambda n, entries: (n, n), "The second of your pair is a Tensor"),
        (lambda n, entries: (n,), "no dictionary with entries"),
        (lambda n, entries: (entries,), "and no loss"),
    ],
)
def test_what_is_no_pair_of_loss_and_dictionary_is_told_by_kind_order_and_count(form: Any, words: str) -> None:
    def loss(self: Any, x: Tensor) -> Any:
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return form(nelbo, summary(nelbo, kl, rec))

    assert words in said("VAE.loss", loss).message


class Forgetful(given.VAE):
    def negative_elbo_bound(self, x):
        raise AssertionError("the check lends a right one")

    def loss(self, x):
        return Forgetful.negative_elbo_bound(x), {}


def loss_without_self(self, x):
    return negative_elbo_bound(x), {}  # noqa: F821


def loss_without_argument(self, x):
    return self.negative_elbo_bound(), {}


def weights_without_self(self, x, iw):
    return log_weights(x, iw)


def loss_without_count(self, x, iw):
    return self.negative_iwae_bound(x), {}


def log_weights(model: Any, x: Tensor, iw: int) -> Any:
    raise AssertionError("the check lends a right one")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("VAE.loss", Forgetful.loss, "self. is missing"),
        ("VAE.loss", loss_without_self, "self. is missing"),
        ("VAE.loss", loss_without_argument, "VAE.negative_elbo_bound() missing"),
        ("VAE.negative_iwae_bound", weights_without_self, "self is missing: log_weights takes the model first"),
        ("VAE.negative_iwae_bound", weights_without_self, "log_weights() missing"),
        ("IWAE.loss", loss_without_count, "VAE.negative_iwae_bound() missing"),
        ("training_step", lambda model, x, optimizer: loss(x), "model. is missing: loss is a method"),  # noqa: F821
    ],
)
def test_a_call_without_its_model_is_told_so_under_the_name_that_was_called(name: str, answer: Any, words: str) -> None:
    message = said(name, answer).message
    assert words in message
    assert not any(foreign in message for foreign in ("right_", "known_bound", "run the cell that does"))


def test_binarize_in_a_step_is_told_that_x_is_black_and_white() -> None:
    message = said("training_step", lambda model, x, optimizer: model.loss(binarize(x))).message
    assert "black and white already; leave binarize out" in message and "binary_cross_entropy" not in message


@pytest.mark.parametrize("rate", [1e-4, 1e-2, 1.0])
def test_an_optimizer_made_inside_the_step_is_named_at_any_rate(rate: float) -> None:
    def step(model: Any, x: Tensor, optimizer: Any) -> Tensor:
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
        value, _ = model.loss(x)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value

    assert said("training_step", step).misconception == "an-optimizer-of-its-own"


@pytest.mark.parametrize("count", [2, 10])
def test_several_steps_in_a_call_are_named(count: int) -> None:
    def step(model: Any, x: Tensor, optimizer: Any) -> Any:
        for _ in range(count):
            value, _ = model.loss(x)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        return value.item()

    assert said("training_step", step).misconception == "several-steps"


def test_an_empty_place_in_the_derivation_is_said_once() -> None:
    assert said("derivation", ["E", "C", "G", "A", "H", None]).message.count("still empty") == 1
    assert said("derivation", ["E", "C", "G", "A", "H", None]).message.startswith("Place 6 ")


def test_lines_in_their_places_are_counted_wherever_they_stand() -> None:
    assert "In their places, of six lines: 4." in said("derivation", list("CEGAHB")).message


@pytest.mark.parametrize(("letters", "words"), [("ECGAHBB", "has 7 letters"), ("ECGAB", "has 5 letters")])
def test_another_number_of_lines_than_six_is_called_by_its_number(letters: str, words: str) -> None:
    assert words in said("derivation", list(letters)).message


def test_a_misspelt_suspect_is_told_from_a_wrong_one() -> None:
    right = EXERCISES["detective"].right
    message = said("detective", {**right, "A": "sigmoid twise", "B": "magic", "C": "no KL"}).message
    misspelt, unknown, wrong = message.splitlines()
    assert "no such name" in misspelt and misspelt.endswith("Did you mean 'sigmoid twice'?")
    assert "no such name" in unknown and "Did you mean" not in unknown
    assert "that is not it" in wrong and "no such name" not in wrong


@pytest.mark.parametrize("case", CULPRITS)
def test_each_wrong_suspect_of_a_case_is_told_why_it_is_not_the_bug(case: str) -> None:
    right = EXERCISES["detective"].right
    wrong = [guess for guess in CHOICES if guess != CULPRITS[case]]
    told = {guess: said("detective", {**right, case: guess}) for guess in wrong}
    assert [outcome.misconception for outcome in told.values()] == [
        f"{case}-is-{guess.lower().replace(' ', '-')}" for guess in wrong
    ]
    assert all(outcome.message.count(".") >= 2 for outcome in told.values())


def recorded_as(suspect: str) -> str:
    """The letter of a case, under which its culprit is recorded."""
    return next((case for case, culprit in CULPRITS.items() if culprit == suspect), suspect)


# What LEAVES says in words, or of the data alone, beside figures of the recorded model.
IN_WORDS = {"sigmoid twice": {"500"}, "rec mean over pixels": {"784", "1"}, "KL mean over latents": {"20"}}


@pytest.mark.parametrize(
    ("sentence", "model"),
    [(LEAVES[name], name) for name in CHOICES] + [(SHOWS[case], name) for case, name in CULPRITS.items()],
)
def test_the_figures_of_a_suspect_are_those_of_the_recorded_run(sentence: str, model: str) -> None:
    recorded = [
        abs(float(figure))
        for figure in (*wrong_models.reported(recorded_as(model)), *wrong_models.true_terms(recorded_as(model)))
    ]
    for figure in set(re.findall(r"\d+(?:\.\d+)?", sentence)) - IN_WORDS.get(model, set()):
        digits = len(figure.partition(".")[2])
        assert any(round(value, digits) == float(figure) for value in recorded), (figure, recorded)


def numbers_of(model: str) -> list[float]:
    """What the recording says of a model, in nats: reported and true kl and rec, and their sums."""
    told, true = wrong_models.reported(recorded_as(model)), wrong_models.true_terms(recorded_as(model))
    return [*told, sum(told), *true]


@pytest.mark.parametrize(("case", "guess"), SUSPECTED)
def test_the_figures_of_a_suspicion_are_those_of_the_two_recorded_runs(case: str, guess: str) -> None:
    recorded = numbers_of(CULPRITS[case]) + numbers_of(guess)
    for figure in set(re.findall(r"\d+(?:\.\d+)?", SUSPECTED[case, guess])) - {"784", "543", "20"}:
        digits = len(figure.partition(".")[2])
        assert any(round(value, digits) == float(figure) for value in recorded) or figure == "2", (figure, recorded)


@pytest.mark.parametrize(("case", "guess"), suspicions())
def test_a_suspicion_compares_by_figures_and_not_by_words_of_size(case: str, guess: str) -> None:
    sentence = suspicions()[case, guess]
    vague = re.compile(
        r"\b(close|near|nearly|far|almost|about|small|smaller|several|exactly|much|most|tiny|huge|ordinary|well|vanish\w*|stands?)\b"
    )
    assert not vague.search(sentence), sentence
    kls = [wrong_models.reported(recorded_as(model))[0] for model in (CULPRITS[case], guess)]
    for words, least in (("pass(es)? a hundred thousand", 1e5), (r"pass(es)? a hundred\b(?! thousand)", 100)):
        assert not re.search(words, sentence) or any(kl > least for kl in kls), sentence


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("VAE.negative_elbo_bound", "kl_normal(m, v"),
        ("VAE.negative_elbo_bound", "self.dec(z))"),
        ("training_step", "optimizer.zero_grad(), loss.backward(), optimizer.step()"),
        ("detective", "rec 0.25"),
    ],
)
def test_no_hint_is_the_answer(name: str, whole: str) -> None:
    assert not any(whole in text for text in EXERCISES[name].hints)


def loss_of(change: Callable[[Tensor, Tensor, Tensor], Any]) -> Callable[[Any, Tensor], Any]:
    return lambda self, x: change(*self.negative_elbo_bound(x))


def renamed(entries: dict[str, Any], **names: str) -> dict[str, Any]:
    """A dictionary for plots with other keys: kl_z="gen/kl"; an empty name: without that entry."""
    found = {names.get(key.partition("/")[2], key): value for key, value in entries.items()}
    return {key: value for key, value in found.items() if key}


FAULTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a key": (lambda n, kl, rec: (n, renamed(summary(n, kl, rec), kl_z="gen/kl")), ("There is no entry 'gen/kl_z';",)),
    "two keys": (
        lambda n, kl, rec: (n, renamed(summary(n, kl, rec), kl_z="gen/kl", rec="")),
        ("There are no entries 'gen/kl_z', 'gen/rec'; yours are ['train/loss', 'gen/elbo', 'gen/kl']",),
    ),
    "a sign and a key": (
        lambda n, kl, rec: (-n, renamed(summary(n, kl, rec), kl_z="gen/kl")),
        ("It is the right one with its sign flipped.", "There is no entry 'gen/kl_z';"),
    ),
    "an entry and a key": (
        lambda n, kl, rec: (n, renamed(summary(n, kl, rec) | {"gen/elbo": n}, rec="rec")),
        ("Your entry 'gen/elbo' is", "There is no entry 'gen/rec';"),
    ),
    "two entries": (
        lambda n, kl, rec: (n, summary(n, rec, rec) | {"gen/elbo": n}),
        ("Your entry 'gen/elbo' is", "Your entry 'gen/kl_z' is", "It is what belongs into 'gen/rec'."),
    ),
}


@pytest.mark.parametrize(("change", "sentences"), FAULTS.values(), ids=list(FAULTS))
def test_no_fault_of_a_loss_hides_another(change: Any, sentences: tuple[str, ...]) -> None:
    message = said("VAE.loss", loss_of(change)).message
    assert all(sentence in message for sentence in sentences), message


def test_an_entry_that_is_the_loss_is_not_told_beside_it() -> None:
    message = said(
        "VAE.loss", loss_of(lambda n, kl, rec: (7 * n, renamed(summary(n, kl, rec) | {"train/loss": 7 * n}, rec="")))
    ).message
    assert "Your loss is" in message and "entry 'gen/rec'" in message and "entry 'train/loss'" not in message


@pytest.mark.parametrize(
    "numbers",
    [
        lambda kl, rec: (-(kl - rec).mean(), kl.mean(), -rec.mean()),
        lambda kl, rec: ((5 * kl + rec).mean(), 5 * kl.mean(), rec.mean()),
        lambda kl, rec: ((kl + 3 * rec).mean(), kl.mean(), 3 * rec.mean()),
    ],
)
def test_slopes_of_a_wrong_bound_are_not_told_beside_its_value(numbers: Any) -> None:
    found = of_bound(altered(numbers))
    assert "slope in" not in found.message and "Your bound is" in found.message, found.message
    assert any(check.name.startswith("the gradient") and not check.passed for check in found.checks)


def test_slopes_that_are_wrong_beside_a_right_bound_are_told() -> None:
    found = of_bound(with_kl(lambda m, v, z: given.kl_normal(m, v.detach(), torch.zeros(1), torch.ones(1))))
    assert [check.name for check in found.checks if not check.passed] == ["the gradient to the encoder"]
    assert "slope in a variance of q is" in found.message
