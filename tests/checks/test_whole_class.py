"""The class of 7.1, right but for one slip: what the card says is true of it, and no other method is marked down for it."""

import ast
import linecache
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.share import one_in
from vae_course import given, nns
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.learning.cards import verdict_text
from vae_course.checks.lessons import EXERCISES

SOLVED = Path(__file__).resolve().parents[2] / "solutions" / "07_capstone.py"
VAE = EXERCISES["VAE"]
_numbers = count()


@cache
def source() -> str:
    """The solved class, as a learner would write it."""
    text = SOLVED.read_text(encoding="utf-8")
    text = text[text.index("class VAE(nn.Module)") :]
    text = text[: text.index("\n# %%")]
    return ast.unparse(ast.parse("\n".join(line for line in text.splitlines() if "###" not in line)))


def define(text: str) -> Any:
    name = f"<class {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"nn": nn, "torch": torch, "given": given, "nns": nns, "np": np, "__name__": "mine"}
    exec(compile(text, name, "exec"), namespace)
    return namespace["VAE"]


def slip(*changes: tuple[str, str]) -> Any:
    """The solved class with pieces of its text replaced."""
    text = source()
    for old, new in changes:
        assert old in text, f"{old} is not in the solution"
        text = text.replace(old, new)
    return define(text)


def with_bodies(bodies: dict[str, str], rest: str = "") -> Any:
    """The solved class with these methods' bodies replaced, and `rest`, where given, in all others."""
    tree = ast.parse(source())
    for method in tree.body[0].body:  # type: ignore[attr-defined]
        if isinstance(method, ast.FunctionDef) and (body := bodies.get(method.name, rest)):
            start = "super().__init__()\n" if method.name == "__init__" else ""
            method.body = ast.parse(start + body).body
    return define(ast.unparse(tree))


def said(answer: Any, seed: int = 3) -> Outcome:
    return examine(VAE, VAE.answer(answer), seed)


def failed(found: Outcome) -> set[str]:
    return {check.name for check in found.checks if not check.passed}


DRAW, LIKELIHOOD = "z = given.sample_gaussian(m, v)", "given.log_bernoulli_with_logits(x, self.dec(z))"
DRAWS = "z = given.sample_gaussian(m.expand(-1, iw, -1), v.expand(-1, iw, -1))"
WEIGHT = "log_likelihood + given.log_normal(z, *self.z_prior) - given.log_normal(z, m, v)"
BOUND = "-given.log_mean_exp(self.log_weights(x, iw), dim=1)"
BOTH = "for part in self.enc(x))"

NAMED = {
    "z is the mean": ((DRAW, "z = m"), "no-noise"),
    "the root into the draw": ((DRAW, "z = given.sample_gaussian(m, v.sqrt())"), "standard-deviation-into-the-draw"),
    "torch.normal": ((DRAW, "z = torch.normal(m, v.sqrt())"), "z-detached"),
    "sigmoid twice": ((LIKELIHOOD, LIKELIHOOD.replace("self.dec(z)", "torch.sigmoid(self.dec(z))")), "sigmoid-twice"),
    "z detached in the weights": ((DRAWS, f"{DRAWS}.detach()"), "z-detached"),
    "q added": ((WEIGHT, WEIGHT.replace(" - ", " + ")), "adds-q"),
    "p and q swapped": ((WEIGHT, WEIGHT.replace(" + ", " ± ").replace(" - ", " + ").replace(" ± ", " - ")), "prior-and-q-swapped"),
    "p left out": ((WEIGHT, "log_likelihood - given.log_normal(z, m, v)"), "without-the-prior"),
    "the root in q": ((WEIGHT, WEIGHT.replace("m, v)", "m, v.sqrt())")), "standard-deviation-in-log-q"),
    "one z for all draws": ((DRAWS, f"{DRAW}.expand(-1, iw, -1)"), "one-z-for-all-draws"),
    "the mean outside the log": ((BOUND, "-self.log_weights(x, iw).mean(1)"), "mean-of-log-weights"),
    "one draw whatever iw": ((BOUND, BOUND.replace("x, iw", "x, 1")), "one-z-for-all-draws"),
    "logsumexp": ((BOUND, "-torch.logsumexp(self.log_weights(x, iw), 1)"), "log-k-missing"),
    "the log of a sum of tiny numbers": ((BOUND, "-self.log_weights(x, iw).exp().mean(1).log()"), "exponentiates-first"),
    "loss of another sign": (("'gen/elbo': -nelbo", "'gen/elbo': nelbo"), "elbo-with-the-sign-of-nelbo"),
    "z not expanded": (("(part.expand(batch, self.z_dim) for part in self.z_prior)", "self.z_prior"), "prior-not-expanded"),
    "logits for probabilities": (("return torch.sigmoid(self.dec(z))", "return self.dec(z)"), "returns-logits"),
    "always v1": (("nns.get(nn)", "nns.get('v1')"), "always-the-same-network"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "name"), NAMED.values(), ids=list(NAMED))
def test_a_slip_has_the_name_that_its_method_s_own_exercise_gives_it(change: tuple[str, str], name: str) -> None:
    found = said(slip(change))
    assert found.status == "wrong" and found.misconception == name and "Likely reason" in found.message


def test_a_name_is_no_reason_where_that_mistake_would_pass_the_check_that_failed() -> None:
    found = said(with_bodies({"sample_z": "return torch.randn(batch, self.z_dim).squeeze()"}))
    assert "for batch = 1" in found.message and not found.misconception


WRONG = {
    "images mixed": ((f"part.unsqueeze(1) {BOTH}", f"part.repeat(iw, 1).reshape(len(x), iw, -1) {BOTH}"), "own q(z|x)"),
    "the class for a network": (("networks.Encoder(z_dim)", "networks.Encoder"), "is the class Encoder itself"),
    "z_dim ignored": (("(networks.Encoder(z_dim), networks.Decoder(z_dim))", "(networks.Encoder(2), networks.Decoder(2))"), "built with the argument z_dim"),
    "kl made to fit": (("niwae.mean(), kl, rec", "niwae.mean(), niwae.mean() - rec, rec"), "your kl is niwae − rec"),
    "loss by iwae": (("= self.negative_elbo_bound(x)\n        return (nelbo", "= self.negative_iwae_bound(x, 10)\n        return (nelbo"), "another objective"),
    "loss without a gradient": (("return (nelbo, {", "return (nelbo.detach(), {"), "no gradient"),
    "no name": (("self.name, self.z_dim = (name, z_dim)", "self.z_dim = z_dim"), "sets no self.name"),
    "no z_dim": (("self.name, self.z_dim = (name, z_dim)", "self.name = name\n        type(self).z_dim = None"), "sets no self.z_dim"),
    "a prior of no width": (("self.register_buffer('z_prior_v', torch.ones(1))", "self.register_buffer('z_prior_v', torch.zeros(1))"), "mean 0, variance 1"),
    "no property": (("@property\n    def z_prior", "def z_prior"), "@property"),
    "nn.get": (("nns.get(nn)", "nn.get(nn)"), "hides torch.nn"),
    "super forgotten": (("super().__init__()", "pass"), "Module.__init__() call. It should build a model"),
    "no module": (("class VAE(nn.Module)", "class VAE"), "class VAE(nn.Module)"),
    "a misspelt buffer": (("return (self.z_prior_m,", "return (self.z_prior_mean,"), "no attribute 'z_prior_mean'"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), one_in(2, WRONG.values(), WRONG))
def test_a_wrong_class_is_refused_with_a_sentence_that_is_true_of_it(change: tuple[str, str], words: str) -> None:
    for seed in range(2):
        found = said(slip(change), seed)
        assert found.status == "wrong" and words in found.message, found.message


def test_the_root_in_q_costs_the_bound_its_value_and_not_its_gradients_alone() -> None:
    for seed in range(3):
        found = said(slip(NAMED["the root in q"][0]), seed)
        assert failed(found) == {"negative_iwae_bound: the bound", "negative_iwae_bound: its terms and gradients"}


REPEATED = {
    "m and v": (BOTH, "for part in [p.repeat(iw, 1).view(-1, iw, self.z_dim) for p in self.enc(x)])"),
    "z": (DRAWS, "m, v = self.enc(x)\n        z = given.sample_gaussian(m.repeat(iw, 1), v.repeat(iw, 1)).view(-1, iw, self.z_dim)\n"
                 "        m, v = m.unsqueeze(1), v.unsqueeze(1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPEATED)
def test_rows_that_repeat_and_view_have_mixed_are_told_so(name: str) -> None:
    changes = [("part.unsqueeze(1) for", "part for"), REPEATED[name]]
    if name == "m and v":
        changes.append((DRAWS, "z = given.sample_gaussian(m, v)"))
    found = said(slip(*changes))
    assert failed(found) == {"negative_iwae_bound: the bound"}
    assert (
        "With iw = 1 it is right, with iw = 6 it is not" in found.message
        and "repeat stacks whole copies" in found.message
    )


def test_another_fault_under_the_narrow_q_is_not_called_a_mix_of_images() -> None:
    found = said(slip((WEIGHT, WEIGHT.replace("m, v)", "m, v.clamp(min=1e-3))"))))
    assert "negative_iwae_bound: the bound" in failed(found) and "repeat stacks" not in found.message


def test_a_prior_that_trains_is_refused_and_frozen_parameters_are_right() -> None:
    for frozen in (False, True):
        parameter = f"torch.nn.Parameter(torch.{{}}(1), requires_grad={not frozen})"
        changes = [
            (f"self.register_buffer('z_prior_{name}', torch.{kind}(1))", f"self.z_prior_{name} = {parameter.format(kind)}")
            for name, kind in (("m", "zeros"), ("v", "ones"))
        ]  # fmt: skip
        found = said(slip(*changes))
        assert bool(found) is frozen and found.misconception == ("" if frozen else "prior-trains")


OTHER_LOSSES = {
    "Python floats": "n, kl, rec = self.negative_elbo_bound(x)\n"
    "return n, {'train/loss': n.item(), 'gen/elbo': -n.item(), 'gen/kl_z': kl.item(), 'gen/rec': rec.item()}",
    "written out, kl at the draw": "m, v = self.enc(x)\nz = given.sample_gaussian(m, v)\n"
    "kl = (given.log_normal(z, m, v) - given.log_normal(z, *self.z_prior)).mean()\n"
    "rec = -given.log_bernoulli_with_logits(x, self.dec(z)).mean()\n"
    "return kl + rec, {'train/loss': kl + rec, 'gen/elbo': -kl - rec, 'gen/kl_z': kl, 'gen/rec': rec}",
}


@pytest.mark.parametrize("body", OTHER_LOSSES.values(), ids=list(OTHER_LOSSES))
def test_a_right_loss_of_another_style_passes(body: str) -> None:
    assert all(said(with_bodies({"loss": body}), seed) for seed in range(3))


def test_a_mistake_in_the_elbo_does_not_cost_the_loss_that_returns_it() -> None:
    assert "loss" not in failed(said(slip((DRAW, "z = m"))))


ODD = ("None", "torch.zeros(())", "1.0", "'a'", "{'a': torch.zeros(3)}", "(1.0, 2.0)", "torch.zeros(0)", "('a',) * 3",
       "(torch.ones(5),) * 3", "np.zeros((5, 2))", "torch.zeros(5, 2, 7)", "torch.full((5, 2), float('nan'))", "(None,) * 3",
       "(torch.ones(()), {'train/loss': None, 'gen/elbo': 'a', 'gen/kl_z': 1.0, 'gen/rec': torch.ones(0)})")  # fmt: skip
METHODS = [method.name for method in ast.parse(source()).body[0].body if isinstance(method, ast.FunctionDef)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", one_in(len(METHODS), METHODS[1:]))
def test_whatever_a_method_returns_the_check_has_a_sentence_for_it(method: str) -> None:
    for value in ODD:
        found = said(with_bodies({method: f"return {value}"}))
        assert found.status == "wrong" and found.points < 4 and method in found.message + "log_weights", found.message


def test_a_bound_of_one_number_is_told_which_three_it_should_return() -> None:
    found = said(slip(("return (niwae.mean(), kl, rec)", "return niwae.mean().item()")))
    sentence = "negative_iwae_bound returns one number. It should return three numbers: niwae, kl, rec."
    assert found.message == sentence and len(failed(found)) == 2


STUB = "raise NotImplementedError"


def test_an_untouched_class_is_not_started() -> None:
    found = said(with_bodies({}, rest=STUB))
    assert found.status == "not started" and found.points == 0


def test_methods_without_a_constructor_are_sent_to_the_constructor() -> None:
    found = said(with_bodies({"negative_elbo_bound": "return self.enc(x)"}, rest=STUB))
    assert found.status == "wrong" and found.message.startswith("__init__ is not written yet.")


def test_a_class_written_method_by_method_earns_its_points_and_is_told_what_is_not_written() -> None:
    later = dict.fromkeys(METHODS[3:], STUB)
    found = said(with_bodies(later))
    assert found.status == "wrong" and found.points == 1.5
    assert found.message == "negative_iwae_bound is not written yet."
    assert all("not written yet" in check.message for check in found.checks if not check.passed)
    needs = said(with_bodies({"log_weights": STUB}))
    assert needs.message == "negative_iwae_bound needs log_weights, which is not written yet." and needs.points == 3


UNIFORM = "return self.z_prior[0] + self.z_prior[1].sqrt() * torch.rand(batch, self.z_dim)"


def test_what_is_wrong_comes_before_what_is_not_written() -> None:
    found = said(with_bodies({"negative_iwae_bound": STUB, "sample_z": UNIFORM}))
    assert found.misconception == "uniform-noise"


SIGN = ("'gen/elbo': -nelbo", "'gen/elbo': nelbo")
OVER_IMAGES = (BOUND, BOUND.replace("dim=1", "dim=0"))


def test_each_method_that_is_written_and_wrong_has_a_line_with_its_reason() -> None:
    found = said(slip(OVER_IMAGES, SIGN))
    assert found.misconception == "batch-inside-the-log"
    for words in (
        "negative_iwae_bound: Your bound is",
        "log_mean_exp runs over the batch",
        "loss: gen/elbo is",
        "a negative number that rises",
    ):
        assert words in found.message
    assert found.message.count("negative_iwae_bound") == 1, "of each method one thing"


def test_a_line_on_a_method_follows_where_the_first_has_no_known_reason() -> None:
    found = said(slip((WEIGHT, f"1.1 * ({WEIGHT})"), SIGN))
    assert found.message.startswith("negative_iwae_bound:") and "\nloss: gen/elbo is" in found.message


def test_one_error_that_several_methods_meet_is_said_once() -> None:
    found = said(slip(("given.kl_normal(m, v, *self.z_prior)", "given.kl_normal(m, v)")))
    assert found.message.count("missing 2 required positional arguments") == 1
    assert "negative_iwae_bound, loss: the same as negative_elbo_bound." in found.message


def test_what_may_call_a_wrong_method_is_sent_to_that_one_first() -> None:
    found = said(with_bodies({"sample_z": UNIFORM}))
    assert "sample_sigmoid, sample_x: wrong as well. Mend sample_z first, which may be the reason." in found.message


def test_the_rows_of_a_card_tell_what_is_not_written_from_what_is_wrong() -> None:
    card = verdict_text(said(slip(SIGN, ("return torch.sigmoid(self.dec(z))", STUB))))
    assert "  ✗ loss\n" in card and "  ○ compute_sigmoid_given and sample_sigmoid (not written yet)\n" in card
    assert "not written yet." not in card


def test_an_error_in_one_method_hides_no_other() -> None:
    found = said(with_bodies({"log_weights": "raise ValueError('half a thought')"}))
    assert (
        found.status == "wrong"
        and found.points == 3
        and "negative_iwae_bound: Your code raised ValueError" in found.message
    )


def test_a_method_that_is_not_there_is_missed_by_its_name() -> None:
    assert said(slip(("def loss(", "def losses("))).message == "Your class has no method loss."
