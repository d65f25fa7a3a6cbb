"""An answer that raises is told what torch's or Python's words mean. Every error here is a real one, raised by the call."""

import linecache
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.distributions import Bernoulli, Normal
from torch.nn import functional as F

from vae_course import given
from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES


def recursive(m, v):
    return recursive(m, v)


def without_return(m, v):
    m + v


def in_place(m, v):
    w = v.exp()
    z = w * w
    w += 1
    return m + torch.autograd.grad(z.sum(), v)[0]


ERRORS: list[tuple[str, Callable[..., Any], str]] = [
    ("sample_gaussian", lambda m, v: m + math.sqrt(v), "take one number"),
    ("sample_gaussian", lambda m, v: m + torch.randn(3, m.shape[1] + 1), "compare them from the last axis"),
    ("sample_gaussian", lambda m, v: m + (m, v) * v.sqrt(), "unpack it"),
    ("sample_gaussian", lambda m, v: m + without_return(m, v), "gives None"),
    ("sample_gaussian", lambda m, v: m + v.sqrt * torch.randn_like(m), "brackets of a call are missing"),
    ("sample_gaussian", lambda m, v: m if m > 0 else v, "torch.where"),
    ("sample_gaussian", in_place, "compute into a new tensor"),
    ("sample_gaussian", lambda m, v: m + v.numpy(), "numpy knows no gradients"),
    ("sample_gaussian", lambda m, v: m.t().view(-1), "use reshape"),
    ("sample_gaussian", lambda m, v: m @ v.t().double(), "float32"),
    ("sample_gaussian", lambda m, v: Normal(m, v.log()).rsample(), "not positive"),
    ("sample_gaussian", lambda m, v: given.sample_gaussian(m), "more or fewer arguments than it takes"),
    ("sample_gaussian", lambda m, v: m + noise, "noise was never defined here"),  # noqa: F821
    ("sample_gaussian", recursive, "calls itself"),
    ("sample_gaussian", lambda m, v: m.sum(3), "The last one is -1"),
    ("sample_gaussian", lambda m, v: torch.autograd.grad(m.detach().sum(), v)[0], "cut off from its inputs"),
    ("sample_gaussian", lambda m, v: m + v ^ 0.5, "A power is ** in Python"),
    ("sample_gaussian", lambda m, v: m + v @ torch.randn(m.shape), "@ is a matrix product"),
    ("sample_gaussian", lambda m: m, "the arguments of the stub, (m, v)"),
    ("sample_gaussian", lambda m, v: m + torch.randn(), "torch.randn(m.shape)"),
    ("sample_gaussian", lambda m, v: m + torch.randn(m), "torch.randn(m.shape)"),
    ("log_mean_exp", lambda x, dim: x - x.max(dim), "x.max(dim).values"),
    ("log_mean_exp", lambda x, dim: x.max(dim).exp(), "x.max(dim).values"),
    ("log_mean_exp", lambda x, dim: torch.exp(x.max(dim)), "x.max(dim).values"),
    ("log_bernoulli_with_logits", lambda x, a: Bernoulli(probs=a).log_prob(x), "Bernoulli(logits=...)"),
    ("VAE.negative_elbo_bound", lambda self, x: x @ self.enc(x)[0], "@ is a matrix product"),
    ("training_step", lambda model, x, optimizer: model.loss(x).backward(), "loss, _ = model.loss(x)"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy(a, x), "binary_cross_entropy_with_logits"),
    ("log_bernoulli_with_logits", lambda x, a: Bernoulli(logits=a).log_prob(x + 0.5), "validate_args=False"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy_with_logits(a[:1], x), "expand_as"),
    ("VAE.negative_elbo_bound", lambda self, x: self.dec(x), "784 pixels"),
    ("VAE.negative_elbo_bound", lambda self, x: self.enc(x).mean(), "unpack it"),
    ("VAE.negative_elbo_bound", lambda self, x: [m for m, v, z in [self.enc(x)]], "enc gives two"),
]


@pytest.mark.parametrize(("name", "answer", "words"), ERRORS, ids=[f"{name}: {words}" for name, _, words in ERRORS])
def test_an_error_is_shown_with_its_usual_meaning(name: str, answer: Callable[..., Any], words: str) -> None:
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(answer), 3)
    assert found.status == "raised" and "Your code raised" in found.message
    assert words in found.message, found.message


def test_an_unknown_error_is_shown_as_it_is() -> None:
    def answer(m, v):
        raise ValueError("the moon is full")

    exercise = EXERCISES["sample_gaussian"]
    found = examine(exercise, exercise.answer(answer), 3)
    assert "the moon is full" in found.message and "Likely reason" not in found.message


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("log_bernoulli_with_logits", lambda x, a: Bernoulli(probs=a).log_prob(x)),
        ("sample_gaussian", lambda m, v: m + torch.randn()),
        ("sample_gaussian", lambda m, v: m[torch.ones(10_000) > 0]),
    ],
)
def test_a_card_shows_where_it_was_before_a_message_without_its_dump(name: str, answer: Callable[..., Any]) -> None:
    exercise = EXERCISES[name]
    line = examine(exercise, exercise.answer(answer), 3).message.splitlines()[0]
    place, _, message = line.partition("): ")
    assert "(line " in place and "tensor(" not in message and "*" not in message and 0 < len(message) <= 210


def test_a_message_whose_first_line_only_announces_keeps_its_second() -> None:
    def answer(m, v):
        torch.nn.Linear(2, 2).load_state_dict({"weight": m})

    exercise = EXERCISES["sample_gaussian"]
    assert "Missing key(s)" in examine(exercise, exercise.answer(answer), 3).message


def test_only_a_line_that_raises_not_implemented_is_to_be_removed() -> None:
    exercise = EXERCISES["sample_gaussian"]
    found = examine(exercise, exercise.answer(lambda m, v: m + v ^ 0.5), 3)
    assert found.status == "raised" and "remove that line" not in found.message


NAMES: list[tuple[str, Callable[..., Any], str]] = [
    ("sample_gaussian", lambda m, v: m + v.sqrt() * eps, "eps was never defined here. Give it a value"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + np.sqrt(v), "torch has functions of the same names"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + sqrt(v), "Did you mean torch.sqrt?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + v.sqrt() * rand_like(m), "Did you mean torch.rand_like?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + v.sqrt() * randn_lik(m), "Did you mean torch.randn_like?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: sample_gaussian(m, v), "Give it a value"),  # noqa: F821
    ("log_bernoulli_with_logits", lambda x, logits: logit - x, "Did you mean logits?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: z_prior, "Did you mean self.z_prior?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: zprior, "Did you mean self.z_prior?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: enc(x), "Did you mean self.enc?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: kl_norml(x), "Did you mean given.kl_normal?"),  # noqa: F821
    ("sample_gaussian", lambda a, b: m + b, "keep the stub's `def` line"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + std, "std was never defined here. Give it a value"),  # noqa: F821
    ("training_step", lambda model, x, optimizer: optimiser.step(), "Did you mean optimizer?"),  # noqa: F821
    ("VAE.loss", lambda self, x: nelbo, "nelbo was never defined here. Give it a value"),  # noqa: F821
]


@pytest.mark.parametrize(("name", "answer", "words"), NAMES, ids=[words for _, _, words in NAMES])
def test_a_name_that_is_not_defined_is_told_what_may_be_meant(name: str, answer: Any, words: str) -> None:
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(answer), 3)
    assert found.status == "raised" and words in found.message, found.message


BOUND = """
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        return {}
"""
LOSS = """
class VAE(given.VAE):
    def loss(self, x):
        nelbo, kl, rec = {}
        return nelbo, {{}}
"""
IWAE = """
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        return {}
"""
STEP = """
def training_step(model, x, optimizer):
    loss, _ = {}
"""
MIXTURE = """
class GMVAE(given.GMVAE):
    def mixture_bound(self, x):
        m, v = self.enc(x)
        return {}
"""
LABELS = """
def semi_supervised_loss(model, x, labelled, y, weight):
    return {}
"""
IN_BODIES = {
    "GMVAE.mixture_bound": MIXTURE,
    "semi_supervised_loss": LABELS,
    "VAE.negative_elbo_bound": BOUND,
    "VAE.loss": LOSS,
    "VAE.negative_iwae_bound": IWAE,
    "training_step": STEP,
}


def written(name: str, source: str, shows_lines: bool = True) -> Any:
    """What a learner wrote, as a cell of a notebook is run; or where no text of it can be found."""
    file = f"<{name}: {source}>"
    if shows_lines:
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {
        "torch": torch,
        "given": given,
        "kl_normal": given.kl_normal,
        "log_weights": right_weights,
    }
    exec(compile(source, file, "exec"), namespace)  # a test's own text
    owner, _, method = name.rpartition(".")
    return vars(namespace[owner])[method] if owner else namespace[method]


def told_of(name: str, call: str, shows_lines: bool = True) -> str:
    exercise = EXERCISES[name]
    answer = written(name, IN_BODIES[name].format(call), shows_lines)
    found = examine(exercise, exercise.answer(answer), 3)
    assert found.status == "raised"
    return found.message


PRIOR = "self.z_prior is one pair: pm, pv = self.z_prior, or *self.z_prior"
CALLS: list[tuple[str, str, str]] = [
    ("VAE.negative_elbo_bound", "given.kl_normal(m, v, self.z_prior)", f"nothing is given for its pv. {PRIOR}"),
    ("VAE.negative_elbo_bound", "kl_normal(m, v, self.z_prior)", PRIOR),
    ("VAE.negative_elbo_bound", "given.log_normal(m, self.z_prior)", f"nothing is given for its v. {PRIOR}"),
    ("VAE.negative_elbo_bound", "kl_normal(self.enc(x), *self.z_prior)", "self.enc(x) is one pair: m, v = self.enc(x)"),
    ("VAE.negative_elbo_bound", "kl_normal(m, v, self.z_prior_m)", "for its pv. It is kl_normal(qm, qv, pm, pv)."),
    ("VAE.negative_elbo_bound", "kl_normal(m, v)", "nothing is given for its pm and pv"),
    ("VAE.negative_elbo_bound", "kl_normal(m, v, *self.z_prior, 1)", "got more arguments than it takes: kl_normal(qm,"),
    ("VAE.negative_elbo_bound", "kl_normal(m, v, mean=0)", "kl_normal has no argument mean: kl_normal(qm, qv, pm, pv)"),
    ("VAE.negative_elbo_bound", "self.enc(self, x)", "self.enc already passes self: write self.enc(x)"),
    ("VAE.negative_elbo_bound", "(lambda a: a)()", "with other arguments than it takes: help(its_name)"),
    ("VAE.loss", "self.negative_elbo_bound(self, x)", "already passes self: write self.negative_elbo_bound(x)"),
    ("VAE.loss", "self.negative_elbo_bound()", "nothing is given for its x. It is self.negative_elbo_bound(x)"),
    ("VAE.negative_iwae_bound", "log_weights(self, x)", "for its iw. It is log_weights(self, x, iw)."),
    ("VAE.negative_iwae_bound", "given.log_mean_exp(x, axis=1)", "has no argument axis: log_mean_exp(x, dim)"),
    ("semi_supervised_loss", "model.unlabelled_bound()", "for its x. It is model.unlabelled_bound(x)."),
    ("training_step", "model.loss(model, x)", "model.loss already passes model: write model.loss(x)"),
]


@pytest.mark.parametrize(("name", "call", "words"), CALLS, ids=[call for _, call, _ in CALLS])
def test_a_call_that_does_not_fit_is_told_who_was_called_and_how_it_is_meant(name: str, call: str, words: str) -> None:
    message = told_of(name, call)
    assert words in message, message
    assert "arguments of the stub" not in message


@pytest.mark.parametrize(("name", "call", "words"), CALLS, ids=[call for _, call, _ in CALLS])
def test_a_call_in_a_body_without_its_text_is_not_laid_to_the_stub(name: str, call: str, words: str) -> None:
    message = told_of(name, call, shows_lines=False)
    assert "Likely reason" in message and "arguments of the stub" not in message, message


OWN_LINES = [
    ("VAE.loss", "class VAE(given.VAE):\n    def loss(self):\n        return 1, {}\n", "(self, x)"),
    ("VAE.loss", "class VAE(given.VAE):\n    def loss(x):\n        return x, {}\n", "(self, x)"),
    ("training_step", "def training_step(model, x):\n    return x\n", "(model, x, optimizer)"),
    ("sample_gaussian", "def sample_gaussian(m):\n    return m\n", "(m, v)"),
]


@pytest.mark.parametrize("shows_lines", [True, False])
@pytest.mark.parametrize(("name", "source", "arguments"), OWN_LINES)
def test_the_stubs_arguments_are_named_where_the_answer_itself_was_called(
    name: str, source: str, arguments: str, shows_lines: bool
) -> None:
    exercise = EXERCISES[name]
    message = examine(exercise, exercise.answer(written(name, source, shows_lines)), 3).message
    assert f"with the arguments of the stub, {arguments}: keep all of them in its `def` line" in message


OWNERS: list[tuple[str, str, str]] = [
    ("VAE.loss", "negative_elbo_bound(x)", "is a method of your class, self.negative_elbo_bound(x)"),
    ("VAE.loss", "negative_elbo_bound(self, x)", "is a method of your class, self.negative_elbo_bound(x)"),
    ("VAE.loss", "self.negative_elbo(x)", "has no negative_elbo. Did you mean self.negative_elbo_bound?"),
    ("training_step", "loss(x)", "is a method of the model, model.loss(x)"),
    ("VAE.negative_iwae_bound", "self.log_weights(x, iw)", "is a function, not a method: log_weights(self, x, iw)"),
    ("VAE.negative_iwae_bound", "self.log_weights(self, x, iw)", "not a method: log_weights(self, x, iw)"),
    ("VAE.negative_iwae_bound", "self.log_mean_exp(x, 1)", "log_mean_exp is a function, not a method: log_mean_exp(x, 1)"),
    ("VAE.negative_elbo_bound", "self.kl_normal(m, v, *self.z_prior)", "not a method: kl_normal(m, v, *self.z_prior)"),
    ("VAE.negative_elbo_bound", "self.encoder(x)", "The model has no encoder. Did you mean self.enc?"),
    ("VAE.negative_elbo_bound", "self.decode(m)", "The model has no decode. Did you mean self.dec?"),
    ("VAE.negative_elbo_bound", "self.prior", "The model has no prior. Did you mean self.z_prior?"),
    ("semi_supervised_loss", "unlabelled_bound(x)", "is a method of the model, model.unlabelled_bound(x)"),
    ("semi_supervised_loss", "model.unlabeled_bound(x)", "has no unlabeled_bound. Did you mean model.unlabelled_bound?"),
    ("GMVAE.mixture_bound", "self.log_normal_mixture(m, *self.mixture)", "method: log_normal_mixture(m, *self.mixture)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "call", "words"), OWNERS, ids=[call for _, call, _ in OWNERS])
def test_a_method_without_its_model_and_a_function_called_on_one_are_told_apart(
    name: str, call: str, words: str
) -> None:
    message = told_of(name, call)
    assert words in message, message


def test_a_method_without_its_model_is_told_where_no_line_is_shown() -> None:
    message = told_of("VAE.loss", "negative_elbo_bound(x)", shows_lines=False)
    assert "self. is missing: negative_elbo_bound is a method" in message


def test_a_name_of_ones_own_that_a_method_has_too_is_no_method() -> None:
    exercise = EXERCISES["training_step"]
    source = "def training_step(model, x, optimizer):\n    optimizer.zero_grad()\n    loss.backward()\n"
    for shows_lines in (True, False):
        found = examine(exercise, exercise.answer(written("training_step", source, shows_lines)), 3)
        assert "loss was never defined here" in found.message
