"""What the constructor of a learner's class leaves behind: networks of the right kind and size, and a prior that stays."""

import re
from dataclasses import replace

import torch

from vae_course.checks.engine.errors import finding_on
from vae_course.checks.engine.trial import Raised, Trial, Unwritten, Wrong
from vae_course.checks.lessons.capstone.vae.one_method import NEEDS, nothing, stubs_among
from vae_course.checks.worlds.bound_tools import part
from vae_course.runner.answers import Answer, Call, CallError, Model
from vae_course.runner.answers.models import PRIOR

FOREIGN = "no such network"
SIGNATURE = "__init__(self, nn, name, z_dim)"


def builds(trial: Trial) -> None:
    """A gate: VAE(nn, name, z_dim) can be called, in this order, and has an encoder and a decoder of its size."""
    model = trial.arguments[0]
    call = trial.answer.method("__init__").call(model, "tiny", "mine", model.z_dim, seed=0)
    if call.error is not None:
        if call.error.type == "NotImplementedError":
            _not_written(call, trial)
        raise Wrong(_ended(f"VAE('tiny', 'mine', {model.z_dim}) raised {_what(call.error)}"), _way_out(call.error))
    if call.kinds.get("returned") != "NoneType":  # no constructor of a torch module returns anything
        raise Wrong("Your class is no torch module.", "It should begin with `class VAE(nn.Module):`.")
    for name, part_of in (("enc", "Encoder"), ("dec", "Decoder")):
        kind = kind_of(trial.answer, model, name, "__getattr__")
        if not kind:
            kind = kind_of(trial.answer, model, name)
            got = (
                f"Your constructor sets no self.{name}."
                if not kind
                else f"Your self.{name}, a {kind}, is no part of the module."
            )
            if kind == "type":
                got = f"Your self.{name} is the class {part_of} itself: the brackets that build one are missing."
            raise Wrong(
                got,
                f"It should set self.{name} = network.{part_of}(z_dim) itself: so its weights are trained and saved.",
            )
    error = trial.answer.method("eval").call(model, seed=0).error  # puts the check's weights into the networks
    if error is not None and not error.line:
        raise Wrong(
            f"For z_dim = {model.z_dim} your networks have another size: {error.message}.",
            "They should be built with the argument z_dim: network.Encoder(z_dim), network.Decoder(z_dim).",
        )


def _not_written(call: Call, trial: Trial) -> None:
    methods = tuple(name for name in NEEDS if name != "z_prior")
    if len(stubs_among(trial.answer, trial.arguments[0], methods)) == len(methods):
        raise_if_untouched(call)
    raise Wrong(
        "__init__ is not written yet.", "Begin with it: it sets enc, dec and the prior, on which all methods stand."
    )


def raise_if_untouched(call: Call) -> None:
    """A class whose `raise NotImplementedError` stands below given lines, such as super().__init__(), is not started."""
    if call.error is not None and call.error.type == "NotImplementedError":
        raise Raised(replace(call, error=replace(call.error, is_stub=True)))


def _what(error: CallError) -> str:
    return f"{error.type}{f' ({error.line})' if error.line else ''}: {error.message}"


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?" else f"{sentence}."


def _way_out(error: CallError) -> str:
    if "'str' object has no attribute" in error.message:
        return (
            "Inside __init__ the name nn is the argument, here a word, and hides torch.nn: take the networks from nns.get(nn), "
            "and a buffer needs no torch.nn: self.register_buffer."
        )
    if re.search(r"no attribute '(register_\w+|_modules)'|takes exactly one argument", error.message):
        return "It should be a torch module: `class VAE(nn.Module):`, with super().__init__() first."
    return f"It should build a model: {SIGNATURE}, with super().__init__() first."


def kind_of(answer: Answer, model: Model, name: str, *readers: str) -> str:
    """What an attribute is that the constructor, alone, leaves, or the class has: the type's name; empty: it is not there.

    The reader `__getattr__` finds what torch knows of, modules, parameters and buffers; `__getattribute__` all others.
    """
    for reader in readers or ("__getattr__", "__getattribute__"):
        kind = answer.method(reader).call(model, name, seed=0).kinds.get("returned", "NoneType")
        if kind != "NoneType":
            return kind
    return ""


def prior_of(answer: Answer, model: Model) -> Call:
    """The class's z_prior as its constructor leaves it."""
    call = answer.method("__getattribute__").call(model, "z_prior", seed=0)
    other = call if call.error is None else answer.method("__getattr__").call(model, "z_prior", seed=0)
    return other if other.error is None else call


def prior_is_kept(answer: Answer, model: Model) -> bool:
    """True if the model's state has more than its two networks: then its prior follows `.to(device)`, and is saved."""
    state = answer.method("state_dict").call(model, seed=0)
    return state.error is not None or any(not name.startswith(("enc.", "dec.")) for name in state.outputs)


def takes_any_network(answer: Answer, model: Model) -> bool:
    """True if VAE(nn="no such network") builds a model without a word: the argument is not looked at."""
    other = replace(model, z_dim=model.z_dim + 1)  # a model of its own, because a constructor may leave half of one
    return answer.method("__init__").call(other, FOREIGN, "mine", other.z_dim, seed=0).error is None


def sets_its_attributes(trial: Trial) -> None:
    """name and z_dim are there, and the network is the one that was asked for."""
    model = trial.arguments[0]
    for name in ("name", "z_dim"):
        if not kind_of(trial.answer, model, name):
            raise Wrong(f"Your constructor sets no self.{name}.", f"It should keep its argument: self.{name} = {name}.")
    if takes_any_network(trial.answer, model):
        raise Wrong(
            f"VAE({FOREIGN!r}) builds a model as if there were such a network.",
            "It should take the network that the argument nn names: nns.get(nn).",
        )


def prior_is_standard(trial: Trial) -> None:
    """z_prior is (mean, variance) = (0, 1), of any shape that broadcasts to (batch, z_dim), and no optimizer changes it."""
    model = trial.arguments[0]
    call = prior_of(trial.answer, model)
    if call.error is not None:
        if call.error.type == "NotImplementedError":
            raise Unwritten(
                "z_prior is not written yet.", "It should be the pair (mean, variance) of p(z).", reason=nothing
            )
        if call.error.message.endswith("has no attribute 'z_prior'"):
            raise Wrong("Your model has no z_prior.", "z_prior should be the pair (mean, variance) of p(z).")
        found = finding_on(call.error, trial.exercise)
        raise Wrong(replace(found, got=f"z_prior: {found.got}"))
    if call.kinds["returned"] == "method":
        raise Wrong("Your self.z_prior is a method.", "It should be the pair (mean, variance) itself.")
    if call.kinds["returned"] not in ("tuple", "list") or len(call.kinds) != 3:
        raise Wrong("Your z_prior is not a pair.", "z_prior should be (mean, variance) of p(z).")
    try:
        mean, variance = part(call, "0"), part(call, "1")
    except Wrong as wrong:
        raise Wrong(f"z_prior: {wrong.finding.got}", wrong.finding.expected) from None
    for label, value in (("mean", mean), ("variance", variance)):
        if not _broadcasts(tuple(value.shape), (5, model.z_dim)):
            raise Wrong(
                f"The {label} in your z_prior has shape {tuple(value.shape)}.",
                "It should broadcast to (batch, z_dim): shape (1,), as in torch.zeros(1), will do.",
            )
    if not (bool((mean == 0).all()) and bool((variance == 1).all())):
        raise Wrong(
            f"Your z_prior is {mean.flatten()[0]:g}, {variance.flatten()[0]:g}.", "It should be mean 0, variance 1."
        )
    if not prior_is_kept(trial.answer, model):
        raise Wrong(
            "Your prior is no part of the model's state_dict: a saved model lacks it.",
            'It should be kept by the model: self.register_buffer("z_prior_m", torch.zeros(1)), and likewise the variance.',
        )
    must_follow_its_buffers(trial.answer, model)
    if call.differentiable:
        raise Wrong(
            "Your z_prior asks for gradients, so that an optimizer would change it.",
            "It should stay as it is: a buffer (self.register_buffer) does, or a parameter with requires_grad=False.",
        )


OTHER = (1.0, 0.25)


def follows_its_buffers(answer: Answer, model: Model) -> bool:
    """False if z_prior stays (0, 1) where the buffers z_prior_m and z_prior_v hold other numbers, as in a model that was loaded or moved."""
    state = answer.method("state_dict").call(model, seed=0)
    if not set(PRIOR) <= state.outputs.keys():
        return True
    weights = {**model.weights, **{name: torch.tensor([value]) for name, value in zip(PRIOR, OTHER, strict=True)}}
    call = answer.method("z_prior").call(replace(model, weights=weights), seed=0)
    values = [call.outputs[n].flatten()[:1].tolist() for n in "01" if n in call.outputs]
    return call.error is not None or values == [[value] for value in OTHER]


def must_follow_its_buffers(answer: Answer, model: Model) -> None:
    if not follows_its_buffers(answer, model):
        raise Wrong(
            "Your z_prior stays as it was made when the buffers z_prior_m and z_prior_v change.",
            "It should return them as they are when it is asked: after model.double() they are other tensors.",
        )


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return torch.broadcast_shapes(shape, to) == to
    except RuntimeError:
        return False
