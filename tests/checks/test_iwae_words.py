"""What a learner of lesson 05 wrote, and what the card said: a fault has its own sentence, and takes its own row alone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.check_the_checks import wrong_answer
from tests.checks.right import RIGHT
from tests.checks.test_blind import ANSWERS
from tests.share import one_in
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.engine.relations import Pair, _reductions, _same_shape
from vae_course.checks.engine.trial import Trial
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.limits.dreg_loss import checks as checks_of_dreg
from vae_course.checks.lessons.limits.dreg_loss.mistakes import dreg
from vae_course.checks.worlds.bound_tools import number
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

BOUND, WEIGHTS, DREG, LOSS = "VAE.negative_iwae_bound", "log_weights", "dreg_loss", "IWAE.loss"
SIZE, TWO = "effective_sample_size", "two_weights"


def said(name: str, answer: Any, seed: int = 3) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed)


def mistake(name: str, which: str) -> Any:
    return wrong_answer(EXERCISES[name], next(m for m in EXERCISES[name].misconceptions if m.name == which))


def weights(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.unsqueeze(1) for t in model.enc(x))
    z = sample_gaussian(m.expand(-1, iw, -1), v)
    likelihood = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    return likelihood + log_normal(z, *model.z_prior) - log_normal(z, m, v)


def bound(reduce: Callable[[Tensor], Any], draws: int = 0) -> Callable[..., Any]:
    """An answer to 5.2 that makes niwae of the log weights like this; kl and rec are right."""

    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return reduce(weights(self, x, draws or iw)), kl, rec

    return negative_iwae_bound


def unexpanded(model: Any, x: Tensor, iw: int) -> Tensor:
    return weights(model, x, 1)


def loss(make: Callable[[Tensor, Tensor, Tensor], Tensor], draws: int = 0) -> Callable[..., Any]:
    def loss(self, x, iw=10):
        niwae, kl, rec = self.negative_iwae_bound(x, draws or iw)
        return make(niwae, kl, rec), {"train/loss": niwae, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}

    return loss


def shared(log_w: Tensor) -> Tensor:
    return torch.softmax(log_w, -1)


def weighed(put: Callable[[Tensor, Tensor, Tensor], Tensor], swap: bool = False) -> Callable[..., Tensor]:
    """Log weights put together like this of their three terms; `swap`: image and logits in each other's place."""

    def log_weights(model, x, iw):
        m, v = (t.unsqueeze(1) for t in model.enc(x))
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        pair = (x.unsqueeze(1), model.dec(z))
        likelihood = log_bernoulli_with_logits(*(pair[::-1] if swap else pair))
        return put(likelihood, log_normal(z, *model.z_prior), log_normal(z, m, v))

    return log_weights


@pytest.mark.parametrize("put", [lambda r, p, q: r - p - q, lambda r, p, q: r + p, lambda r, p, q: -r + p - q])
def test_x_and_logits_swapped_in_the_weights_are_named_beside_another_slip(put: Any) -> None:
    words = "Your slopes in x are exactly those of log p(x|z) with x and the logits in each other's place."
    for seed in range(2):
        assert words in said(WEIGHTS, weighed(put, swap=True), seed).message
        assert words not in said(WEIGHTS, weighed(put), seed).message


def with_entries(draws: int = 0, sign: int = 1, **entries: Callable[..., Any]) -> Callable[..., Any]:
    """IWAE.loss with its sign or its number of draws off, and other entries: kl=... in place of gen/kl_z, elbo=... of gen/elbo."""

    def loss(self, x, iw=10):
        niwae, kl, rec = self.negative_iwae_bound(x, draws or iw)
        found = {"train/loss": niwae, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}
        for name, make in entries.items():
            found.pop("gen/kl_z" if name == "kl" else "gen/elbo")
            found[f"gen/{name}"] = make(niwae, kl, rec)
        return sign * niwae, found

    return loss


TWO_FAULTS: list[tuple[Any, tuple[str, ...]]] = [
    (with_entries(10, kl=lambda niwae, kl, rec: kl), ("it does not depend on iw", "There is no entry 'gen/kl_z';")),
    (with_entries(5, elbo=lambda niwae, kl, rec: -niwae), ("it does not depend on iw", "It is minus your loss.")),
    (with_entries(sign=-1, kl=lambda niwae, kl, rec: kl), ("its sign flipped", "There is no entry 'gen/kl_z';")),
]


@pytest.mark.parametrize(("answer", "sentences"), TWO_FAULTS)
def test_no_fault_of_a_loss_hides_another(answer: Any, sentences: tuple[str, ...]) -> None:
    message = said(LOSS, answer).message
    assert all(sentence in message for sentence in sentences), message
    assert "entry 'train/loss'" not in message or sentences[0] == "its sign flipped", message


SENTENCES: dict[str, tuple[str, Any, str]] = {
    "one draw an image": (WEIGHTS, unexpanded, "one z per image: expand m and v to (batch, iw, z_dim) before you draw"),
    "images averaged first": (
        BOUND,
        bound(lambda w: -log_mean_exp(w.mean(0), 0)),
        "averaged over the images (mean(0))",
    ),
    "divided by iw": (BOUND, bound(lambda w: -log_mean_exp(w, 1).mean() / w.shape[1]), "divided by iw"),
    "1e-10": (
        BOUND,
        bound(lambda w: -(w.exp().mean(1) + 1e-10).log().mean()),
        "A small number is added inside the log",
    ),
    "1e-12": (
        BOUND,
        bound(lambda w: -(w.exp().mean(1) + 1e-12).log().mean()),
        "A small number is added inside the log",
    ),
    "ten draws": (
        BOUND,
        bound(lambda w: -log_mean_exp(w, 1).mean(), 10),
        "A number of draws is written into your code",
    ),
    "five draws": (
        BOUND,
        bound(lambda w: -log_mean_exp(w, 1).mean(), 5),
        "A number of draws is written into your code",
    ),
    "lesson 04's loss": (LOSS, loss(lambda niwae, kl, rec: kl + rec), "lesson 04's"),
    "minus": (LOSS, loss(lambda niwae, kl, rec: -niwae), "niwae already is the negative bound"),
    "a loss of ten draws": (LOSS, loss(lambda niwae, kl, rec: niwae, 10), "does not depend on iw"),
    "a loss of five draws": (LOSS, loss(lambda niwae, kl, rec: niwae, 5), "does not depend on iw"),
    "mean of squares": (SIZE, lambda w: 1 / (shared(w) ** 2).mean(-1), "the mean of the squared shares"),
    "softmax over images": (
        SIZE,
        lambda w: 1 / (w.softmax(0) ** 2).sum(-1),
        "The softmax runs over the images (dim=0)",
    ),
    "no minus": (DREG, mistake(DREG, "sign"), "The minus is missing"),
    "weights for shares": (DREG, mistake(DREG, "weights-for-shares"), "You multiply by w itself"),
    "shares of images": (DREG, mistake(DREG, "shares-over-the-batch"), "shares among the *images*"),
    "the ELBO with a hook": (DREG, mistake(DREG, "mean-of-log-weights"), "You average the logs"),
    "two and eight": (TWO, {"elbo": 1.3863, "iwae_2": 1.4979, "limit": 1.6094}, "limit is 1.6094"),
    "log10": (TWO, {"elbo": 0.2386, "iwae_2": 0.2698, "limit": 0.3010}, "made with log10"),
    "all signs": (TWO, {"elbo": -0.5493, "iwae_2": -0.6212, "limit": -0.6931}, "*minus* the bound"),
}


@pytest.mark.parametrize("seed", one_in(2, range(2)))
@pytest.mark.parametrize(("name", "answer", "words"), SENTENCES.values(), ids=list(SENTENCES))
def test_a_mistake_that_a_learner_made_is_told_its_reason(name: str, answer: Any, words: str, seed: int) -> None:
    found = said(name, answer, seed)
    assert found.status == "wrong" and words in found.message, found.message


def _another_layout(model: Any, x: Tensor, iw: int) -> Tensor:
    """z, m and v run (iw, batch), x runs (batch, iw); log q belongs to its z."""
    m, v = (t.repeat(iw, 1) for t in model.enc(x))
    z = sample_gaussian(m, v)
    likelihood = log_bernoulli_with_logits(x.repeat_interleave(iw, 0), model.dec(z))
    return (likelihood + log_normal(z, *model.z_prior) - log_normal(z, m, v)).view(len(x), iw)


def _decoded_in_another_order(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in model.enc(x))
    z = sample_gaussian(m, v)
    shuffled = z.transpose(0, 1).reshape(z.shape)
    return (
        log_bernoulli_with_logits(x.unsqueeze(1), model.dec(shuffled))
        + log_normal(z, *model.z_prior)
        - log_normal(z, m, v)
    )


def _later_draws_of_the_neighbour(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.unsqueeze(1).expand(-1, iw, -1).clone() for t in model.enc(x))
    m[:, 1:], v[:, 1:] = m[:, 1:].roll(1, 0), v[:, 1:].roll(1, 0)
    z = sample_gaussian(m, v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)


@pytest.mark.parametrize("answer", [_another_layout, _decoded_in_another_order, _later_draws_of_the_neighbour])
def test_draws_that_meet_another_image_are_refused_without_chance(answer: Any) -> None:
    """Seeds 184 and 283 accepted the first when only the weights' distribution was asked."""
    exercise = EXERCISES["log_weights"]
    for seed in (0, 184, 283):
        found = examine(exercise, exercise.answer(answer), seed)
        assert found.status == "wrong" and "with two they are not: does each x meet" in found.message, found.message


def test_each_entry_of_the_two_weights_has_a_sentence_of_its_own() -> None:
    for wrong in (SENTENCES["two and eight"][1], SENTENCES["log10"][1], SENTENCES["all signs"][1]):
        lines = said(TWO, wrong).message.splitlines()
        assert len(lines) == 3 and all("that is not it. " in line for line in lines)


@pytest.mark.parametrize("seed", range(5))
def test_dreg_with_the_elbo_for_its_value_is_refused(seed: int) -> None:
    found = said(DREG, dreg(value=lambda log_w: -log_w.mean()), seed)
    assert not found and all(not check.passed for check in found.checks)


@pytest.mark.parametrize(
    "weigh", [lambda w: w.softmax(1) ** 2, lambda w: w.flatten().softmax(0).view_as(w), lambda w: w.softmax(1).sqrt()]
)
def test_dreg_with_other_shares_has_the_value_and_not_the_gradient(weigh: Any) -> None:
    for seed in range(3):
        assert [c.passed for c in said(DREG, dreg(weigh), seed).checks] == [True, False, False]


def test_two_draws_tell_the_value_of_a_right_dreg_loss_far_better_than_the_check_asks() -> None:
    exercise = EXERCISES[DREG]
    for answer in RIGHT[DREG].values():
        for seed in range(10):
            trial = Trial(exercise, exercise.answer(answer), seed)
            case = checks_of_dreg.beside_a_still_image(trial.generator("beside"))
            call = trial.call(case.model, case.x, 2, seed=22)
            value = checks_of_dreg.value_by_slopes(case, call)
            assert value is not None and abs(2 * number(call, "0") - value) < checks_of_dreg.ROUNDING / 5


@pytest.mark.slow  # four seeds of a chance
def test_a_relation_of_kl_and_rec_is_said_only_where_two_inputs_show_it() -> None:
    def by_chance(self, x, iw):
        niwae, kl, _ = bound(lambda w: -log_mean_exp(w, 1).mean())(self, x, iw)
        return niwae, kl, kl - niwae

    def halved(self, x, iw):
        niwae, kl, rec = bound(lambda w: -log_mean_exp(w, 1).mean())(self, x, iw)
        return niwae, kl, 0.5 * kl + rec

    for seed in (16, 32, 35, 40):  # where one input alone shows one
        assert "Read off your numbers" not in said(BOUND, by_chance, seed).message
    assert "Read off your numbers: your rec is 1/2 kl + rec." in said(BOUND, halved).message


INNOCENT: list[tuple[str, Any, str]] = [
    *(
        (WEIGHTS, mistake(WEIGHTS, m), "finite for 784 pixels")
        for m in ("without-q", "sign", "mixed-layout", "log-iw-subtracted")
    ),
    (WEIGHTS, mistake(WEIGHTS, "likelihood-alone"), "independent draws"),
    *(
        (BOUND, mistake(BOUND, m), "uses self.z_prior")
        for m in (
            "batch-inside-the-log",
            "sign",
            "kl-and-rec-swapped",
            "sums-the-batch",
            "without-q",
            "small-number-inside-the-log",
        )
    ),
    *((BOUND, mistake(BOUND, m), "niwae stays finite for 784 pixels") for m in ("sign", "sums-the-batch", "without-q")),
    (BOUND, mistake(BOUND, "small-number-inside-the-log"), "noise of its own for each image"),
]


@pytest.mark.parametrize(
    ("name", "answer", "row"), INNOCENT, ids=[f"{row}-{i}" for i, (_, _, row) in enumerate(INNOCENT)]
)
def test_a_row_is_not_crossed_for_the_fault_of_another(name: str, answer: Any, row: str) -> None:
    for seed in range(2):
        found = said(name, answer, seed)
        assert found.status == "wrong" and row in {check.name for check in found.checks if check.passed}


GUILTY: list[tuple[str, str, str]] = [
    (WEIGHTS, "exponentiates-first", "finite for 784 pixels"),
    (WEIGHTS, "seed-inside", "independent draws"),
    (BOUND, "exponentiates-first", "niwae stays finite for 784 pixels"),
    (BOUND, "small-number-inside-the-log", "niwae stays finite for 784 pixels"),
    (BOUND, "standard-prior-written-in", "uses self.z_prior"),
    (BOUND, "seed-inside", "noise of its own for each image"),
]


@pytest.mark.parametrize(("name", "which", "row"), GUILTY, ids=[f"{which}: {row}" for _, which, row in GUILTY])
def test_a_row_is_crossed_for_its_own_fault(name: str, which: str, row: str) -> None:
    for seed in range(2):
        assert row in {check.name for check in said(name, mistake(name, which), seed).checks if not check.passed}


def test_a_wrong_prior_in_a_bound_that_is_wrong_anyway_is_still_seen() -> None:
    def negative_iwae_bound(self, x, iw):
        m, v = self.enc(x)
        zero, one = torch.zeros(1), torch.ones(1)
        z = sample_gaussian(m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1))
        log_w = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z)) + log_normal(z, zero, one)
        log_w = log_w - log_normal(z, m.unsqueeze(1), v.unsqueeze(1))
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return log_mean_exp(log_w, 1).mean(), kl_normal(m, v, zero, one).mean(), rec

    found = said(BOUND, negative_iwae_bound)
    assert "uses self.z_prior" in {check.name for check in found.checks if not check.passed}


def accepted_bounds() -> Iterator[tuple[str, type]]:
    for answer in ANSWERS:
        if answer.right and answer.exercise == BOUND:
            yield answer.name, answer.build()
    for name, right in RIGHT[BOUND].items():
        yield name, right if isinstance(right, type) else type("VAE", (given.VAE,), {"negative_iwae_bound": right})


def test_an_accepted_bound_runs_in_the_next_cell_where_nobody_lends_anything() -> None:
    x = (torch.rand(3, 784, generator=torch.Generator().manual_seed(0)) < 0.2).float()
    for name, cls in accepted_bounds():
        with torch.no_grad():
            assert given.trained("v1_z2", cls).negative_iwae_bound(x.repeat(2, 1), 4)[0].isfinite(), name


def test_a_bound_that_calls_lesson_04s_method_without_having_it_is_told_what_to_do() -> None:
    class VAE(given.VAE):
        def negative_iwae_bound(self, x, iw):
            _, kl, rec = self.negative_elbo_bound(x)
            return -log_mean_exp(weights(self, x, iw), 1).mean(), kl, rec

    found = said(BOUND, VAE)
    assert found.status == "raised" and "copy your method into this class" in found.message


def test_a_hook_on_a_z_without_a_path_is_told_where_to_detach() -> None:
    def dreg_loss(model, x, iw):
        m, v = (t.unsqueeze(1).detach() for t in model.enc(x))
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        z.register_hook(lambda slope: slope)
        return -log_mean_exp(weights(model, x, iw), 1).mean()

    assert "inside log q only" in said(DREG, dreg_loss).message


def test_the_hints_followed_to_the_letter_are_accepted() -> None:
    def log_weights(model, x, iw):
        m, v = model.enc(x)
        m, v = m.unsqueeze(1), v.unsqueeze(1)
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        each = (
            log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)),
            log_normal(z, *model.z_prior),
            log_normal(z, m, v),
        )
        assert {t.shape for t in each} == {(len(x), iw)}
        return each[0] + each[1] - each[2]

    assert said(WEIGHTS, log_weights)
    hint = EXERCISES[WEIGHTS].hints[-1]
    assert all(part in hint for part in ("m.unsqueeze(1), v.unsqueeze(1)", "m.expand(-1, iw, -1)", "x.unsqueeze(1)"))
    assert "g * w̃.unsqueeze(-1)" in EXERCISES[DREG].hints[-1]


def test_no_hint_and_no_reason_gives_the_answer_away() -> None:
    two = EXERCISES[TWO]
    for text in (*two.hints, *(m.message for m in two.misconceptions)):
        assert not re.search(r"[½¼] ?\(?ln|0\.6212|0\.6931|is ln 2", text), text
    assert not any("niwae = " in hint or ".mean()" in hint for hint in EXERCISES[BOUND].hints)


def test_no_sentence_ends_twice() -> None:
    twice = re.compile(r"[?!:,;]\.(\s|$)|[^.]\.\.(\s|$)")
    for exercise in EXERCISES.values():
        for text in (*exercise.hints, *(m.message for m in exercise.misconceptions)):
            assert not twice.search(text), text
    numbers = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], dtype=torch.float64)
    pairs = [Pair(numbers, numbers + 1, (2, 3))]
    for words, _ in (*_same_shape(pairs), *_reductions(pairs)):
        assert words.endswith((".", "?")) and not twice.search(words), words


@pytest.mark.parametrize("name", [SIZE, TWO, LOSS])
def test_no_card_of_the_small_exercises_ends_a_sentence_twice_or_shows_a_raw_matrix(name: str) -> None:
    for m in EXERCISES[name].misconceptions:
        for seed in range(2):
            message = said(name, wrong_answer(EXERCISES[name], m), seed).message
            assert not re.search(r"\?\.|\.\.(\s|$)", message), message
            sentences = [line for line in message.splitlines() if not line.startswith("  ")]
            assert all(len(re.findall(r"\d,", line)) < 9 for line in sentences), message


LESSON = Path(__file__).parents[2] / "solutions" / "05_iwae.py"
PASTED = """class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v))).mean()
        return kl + rec, kl, rec

    def negative_iwae_bound(self, x, iw):
        _, kl, rec = self.negative_elbo_bound(x)
        return -log_mean_exp(log_weights(self, x, iw), dim=1).mean(), kl, rec
"""


@pytest.mark.slow
def test_the_lesson_runs_whole_with_lesson_04s_method_in_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = re.split(r"^# %%", LESSON.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    code = [cell.partition("\n")[2] for cell in cells if not cell.startswith(" [markdown]")]
    assert sum("class VAE(given.VAE)" in cell for cell in code) == 1
    for cell in code:
        exec(compile(PASTED if "class VAE(given.VAE)" in cell else cell, "05", "exec"), namespace)  # our own lesson
    assert namespace["solved"](namespace["VAE"].negative_iwae_bound)


def wrong_loss(
    of: Callable[[Tensor, Tensor], Tensor], *, detach: bool = True, stop_q: bool = True, weigh: Any = None
) -> Callable[..., Tensor]:
    """An answer to dreg_loss: what it returns, of log w and the shares w̃; by default DReG's own hook is left out."""

    def dreg_loss(model, x, iw):
        m, v = (t.unsqueeze(1) for t in model.enc(x))
        z = sample_gaussian(m.expand(-1, iw, -1), v)
        likelihood = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
        q = (m.detach(), v.detach()) if stop_q else (m, v)
        log_w = likelihood + log_normal(z, *model.z_prior) - log_normal(z, *q)
        share = torch.softmax(log_w.detach() if detach else log_w, 1)
        if weigh:
            z.register_hook(lambda slope: weigh(slope, share.unsqueeze(-1)))
        return of(log_w, share)

    return dreg_loss


ONLY_THE_SLOPE = "The value must stay the bound, and only the slope changes."
VALUES: list[tuple[Any, str]] = [
    (wrong_loss(lambda w, s: -(s**2 * w).sum(1).mean()), f"You return −Σ w̃² log w. {ONLY_THE_SLOPE}"),
    (wrong_loss(lambda w, s: (s**2 * w).sum(1).mean()), f"You return Σ w̃² log w. {ONLY_THE_SLOPE}"),
    (wrong_loss(lambda w, s: -(s**2 * w).sum(1).mean(), detach=False), "so is −Σ w̃² log w where all weights are equal"),
    (wrong_loss(lambda w, s: -log_mean_exp(w, 1).mean() / w.shape[1]), "divided by iw = 6: so is −Σ w̃² log w where"),
    (wrong_loss(lambda w, s: -log_mean_exp(w, 1).sum()), "summed over the 4 images"),
    (wrong_loss(lambda w, s: -w.logsumexp(1).mean()), "log iw"),
]


@pytest.mark.parametrize(("answer", "words"), VALUES)
def test_a_wrong_value_of_dreg_is_named_and_its_slopes_are_not_told_beside_it(answer: Any, words: str) -> None:
    for seed in range(3):
        message = said(DREG, answer, seed).message
        assert words in message and "slopes of your loss" not in message and "slope of your loss" not in message, (
            message
        )
    assert ("You return" in message) == words.startswith("You return")


@pytest.mark.parametrize("power", [0.5, 2.0, 3.0])
def test_wrong_slopes_of_a_right_dreg_value_are_told_as_slopes(power: float) -> None:
    message = said(DREG, wrong_loss(lambda w, s: -log_mean_exp(w, 1).mean(), weigh=lambda g, s: g * s**power)).message
    assert "not DReG's for any draws z" in message and "that you return" not in message, message


def test_a_hook_that_returns_nothing_is_one_of_the_reasons() -> None:
    found = said(DREG, wrong_loss(lambda w, s: -log_mean_exp(w, 1).mean(), weigh=lambda slope, share: None))
    assert found.misconception == "sticking-the-landing"
    assert "Or your hook returns nothing: then PyTorch keeps the old slope." in found.message


@pytest.mark.parametrize(
    "put", [lambda r, p, q: r - p - q, lambda r, p, q: r + 2 * p - q, lambda r, p, q: 2 * r + p - q]
)
def test_slopes_that_follow_from_wrong_weights_are_not_told_beside_them(put: Any) -> None:
    for seed in range(3):
        found = said(WEIGHTS, weighed(put), seed)
        assert "slopes of your weights" not in found.message and "gradient of your weights" not in found.message
        assert "gradients" in {check.name for check in found.checks if not check.passed}


def test_slopes_that_are_wrong_by_themselves_are_told() -> None:
    found = said(WEIGHTS, weighed(lambda r, p, q: r + p - 0.5 * q - 0.5 * q.detach()))
    assert [check.name for check in found.checks if not check.passed] == ["gradients"] and "slope" in found.message


def test_slopes_of_a_wrong_bound_are_not_told_beside_its_value() -> None:
    found = said(BOUND, bound(lambda w: -log_mean_exp(w, 1).mean() / 3))
    assert "Your bound is" in found.message and "slopes of your bound" not in found.message
    assert "gradient of your bound" not in found.message
    assert "gradients" in {check.name for check in found.checks if not check.passed}
