"""What torch and Python mean by their errors, for those that answers to this course really raise."""

import re
from dataclasses import dataclass

from vae_course.checks.engine.calls import unfitting_call
from vae_course.checks.engine.devices import no_device
from vae_course.checks.engine.exercise import Exercise
from vae_course.checks.engine.findings import Finding
from vae_course.checks.engine.unknown_names import (
    model_of,
    not_a_method,
    not_in_module,
    unknown_name,
    without_its_model,
)
from vae_course.runner.answers import CallError

MOST_OF_A_SENTENCE = 1000  # characters of one of our own, names of files in it
LONGEST = 200  # characters of a message that a card shows: some libraries print whole tensors, or every overload


@dataclass(frozen=True)
class _Meaning:
    """What an error means.

    Args:
        pattern: of the error's message.
        says: what it means, and the way out.
        of_models: what is added in an exercise that has a model.
    """

    pattern: str
    says: str
    of_models: str = ""


_MEANINGS = (
    _Meaning(
        r"only one element tensors can be converted|only integer tensors of a single element|only 0-dimensional arrays",
        "float() and the functions of math take one number. For whole tensors torch has its own, mostly of the same names.",
    ),
    _Meaning(
        r"can only concatenate tuple",
        "A tuple meets a tensor. A bound returns several numbers, of which the first is the bound: unpack them, or take [0]. And a comma at the end of a line makes a tuple of one.",
    ),
    _Meaning(
        r"'\w*(Encoder|Decoder)' object has no attribute '(encode|decode|sample|mean|mu|logits)\w*'",
        "Encoder and decoder are called themselves, like functions: m, v = self.enc(x) and logits = self.dec(z).",
    ),
    _Meaning(
        r"size of tensor a .* must match the size of tensor b",
        "Two shapes do not fit together. Print both and compare them from the last axis: an axis of length 1 (from "
        "unsqueeze, or keepdim=True) says along which axis a tensor is repeated.",
    ),
    _Meaning(
        r"stack expects each tensor to be equal size",
        "torch.stack needs tensors of one shape: v.expand_as(m) makes v as large as m.",
    ),
    _Meaning(
        r"Expected floating point type for target with class probabilities",
        "cross_entropy takes the labels themselves, whole numbers (batch,), or a row of probabilities for each image, as floats.",
    ),
    _Meaning(
        r"Expected input batch_size .* to match target batch_size",
        "There are not as many predictions as labels: are they of the same images?",
    ),
    _Meaning(
        r"Target size .* must be the same as input size|target.*size.*input.*size",
        "torch's losses do not broadcast their target: give x the shape of the logits first (expand_as).",
    ),
    _Meaning(
        r"Value is not broadcastable with batch_shape",
        "The shapes of a value and of the m, v of its Gaussian do not fit together. Are they this value's own? Where one has an axis that the other lacks "
        "(draws, or the Gaussians of a mixture), the other needs an axis of length 1 there: .unsqueeze(1).",
    ),
    _Meaning(
        r"mat1 and mat2 shapes cannot be multiplied",
        "A network received a last axis of the wrong length: the encoder wants 784 pixels, the decoder z_dim latents.",
    ),
    _Meaning(
        r"cannot register a hook on a tensor that doesn't require grad",
        "z has no path back to the encoder. m and v are detached inside log q only, and not where z is drawn.",
    ),
    _Meaning(
        r"object has no attribute 'negative_elbo_bound'",
        "This class begins with given.VAE: enc, dec and z_prior, and no bound. Write kl and rec out as in lesson 04 (m, v = "
        "self.enc(x), kl_normal, log_bernoulli_with_logits), or copy your method into this class.",
    ),
    _Meaning(
        r"'tuple' object has no attribute 'backward'",
        "model.loss(x) gives a pair, the loss and a dictionary, and the pair is used as if it were the loss: loss, _ = "
        "model.loss(x).",
    ),
    _Meaning(
        r"'tuple' object has no attribute|unsupported operand type\(s\).*'tuple'|must be Tensor, not tuple",
        "A pair is used as if it were a tensor: unpack it, as in a, b = pair.",
        "(In a model, self.enc(x) and self.z_prior are pairs, mean and variance; model.loss(x) is the loss and a dictionary; a "
        "bound is several numbers, the bound itself first.)",
    ),
    _Meaning(
        r"torch\.return_types\.(max|min|median|mode|sort|topk|kthvalue|cummax|cummin)",
        "With an axis, .max(dim) gives two things, .values and .indices: take x.max(dim).values, or x.amax(dim).",
    ),
    _Meaning(
        r"\"bitwise_xor\w*\" not implemented|unsupported operand type\(s\) for \^",
        "A power is ** in Python; ^ is exclusive or.",
    ),
    _Meaning(
        r"parameter probs .* constraint Interval\(lower_bound=0\.0",
        "These are logits, any real numbers, and probs= wants probabilities: Bernoulli(logits=...).",
    ),
    _Meaning(
        r"(rand|randn|zeros|ones|empty)\(\)(: argument 'size'| received an invalid combination)",
        "Give it a shape, as in torch.randn(m.shape), or let another tensor say it: torch.randn_like(m).",
    ),
    _Meaning(
        r"received an invalid combination of arguments",
        "The function exists, but not with these arguments: help(its_name) shows which it takes.",
    ),
    _Meaning(
        r"'NoneType' object|unsupported operand type\(s\).*'NoneType'|not NoneType",
        "Something that you use is None. A function without a `return` gives None.",
    ),
    _Meaning(
        r"'(method|function|builtin_function_or_method)' object|unsupported operand type\(s\).*'(builtin_function_or_)?method'",
        "The brackets of a call are missing: v.sqrt is the method, v.sqrt() its result.",
    ),
    _Meaning(
        r"Boolean value of Tensor with more than one value",
        "`if` and `and` need one truth value, and a tensor has many: torch.where decides entry by entry.",
    ),
    _Meaning(
        r"in-place operation|modified by an inplace operation",
        "A method that ends in _ or an operator such as += changes a tensor that gradients need: compute into a new tensor.",
    ),
    _Meaning(
        r"Can't call numpy\(\) on Tensor that requires grad",
        "numpy knows no gradients. Stay with torch's functions, which have nearly the same names.",
    ),
    _Meaning(
        r"Error\(s\) in loading state_dict",
        "The weights belong to another network or to another z_dim than the one that they are loaded into: compare the names "
        "and shapes in the file with it. Saved is what the model was then; a class that has changed since fits no more.",
    ),
    _Meaning(
        r"view size is not compatible",
        "view needs the numbers side by side in memory, and a transposed or expanded tensor has not: use reshape.",
    ),
    _Meaning(
        r"expected scalar type|expected .* but (got|found) .*(Long|Int|Double|Float|Byte)|must have the same dtype",
        "Two kinds of numbers meet. Models and images are float32: x.float().",
    ),
    _Meaning(
        r"to be within the support .*(Boolean|Bernoulli)|support \(Boolean",
        "torch's Bernoulli refuses grey pixels unless it is told validate_args=False.",
    ),
    _Meaning(
        r"to satisfy the constraint (GreaterThan|Positive)|must be positive",
        "A standard deviation or variance is not positive. Was a logarithm, a difference or a mean given in its place?",
    ),
    _Meaning(
        r"Expected p_in >= 0 && p_in <= 1",
        "torch.bernoulli wants probabilities. From logits they come by a sigmoid: compute_sigmoid_given(z) first.",
    ),
    _Meaning(
        r"binarize needs the uint8 images",
        "binarize is for the grey images of MNIST, bytes from 0 to 255. With probabilities, torch.bernoulli tosses; an x of 0 "
        "and 1 is black and white already; leave binarize out.",
    ),
    _Meaning(
        r"'(int|float)' object has no attribute|must be Tensor, not (int|float)",
        "A plain number stands where a tensor is needed: torch.tensor(1.0) makes one.",
        "(A model has its prior's mean and variance as tensors: pm, pv = self.z_prior.)",
    ),
    _Meaning(
        r"all elements of (input|target) should be between 0 and 1|between 0 and 1",
        "binary_cross_entropy wants probabilities, and you have logits: binary_cross_entropy_with_logits.",
    ),
    _Meaning(
        r"does not require grad and does not have a grad_fn",
        "The result is cut off from its inputs: detach, no_grad or numpy?",
    ),
    _Meaning(r"Dimension out of range", "There is no such axis. The last one is -1, whatever the number of axes."),
    _Meaning(
        r"too many values to unpack|not enough values to unpack",
        "The number of names on the left is not the number of values on the right: enc gives two, a bound three or more.",
    ),
    _Meaning(
        r"maximum recursion depth", "The function calls itself. Did you give it the name of a function that it uses?"
    ),
)


class UnusableFile(ValueError):
    """A file that was handed in, or was to be. The message is a whole sentence on it, and no code of the learner's is at fault."""


def finding_on(error: CallError, exercise: Exercise) -> Finding:
    """What the answer raised, on which of its lines, and what that usually means here."""
    if error.is_stub:
        return Finding("Nothing is written here yet: fill in the stub.")
    if error.type == UnusableFile.__name__:
        return Finding(error.message[:MOST_OF_A_SENTENCE])
    where = f" ({error.line})" if error.line else ""
    if error.type == "NotImplementedError" and ("raise NotImplementedError" in error.line or not error.message):
        return Finding(f"Your code reached a `raise NotImplementedError`{where}: remove that line.", line=error.line)
    said = shortened(error.message)
    sentence = f"Your code raised {error.type}{where}{f': {said}' if said else '.'}"
    return Finding(sentence, reason=meaning(error, exercise), line=error.line)


def shortened(message: str) -> str:
    """The first line of an error's message, and the second where the first ends with a colon and no dump follows."""
    lines = [line.strip() for line in message.splitlines()] or [""]
    headed = len(lines) > 1 and lines[0].endswith(":") and not lines[1].startswith(("tensor(", "*"))
    found = re.sub(r", but (expected one of|found invalid values):$", "", " ".join(lines[: 2 if headed else 1]))
    return found if len(found) <= LONGEST else f"{found[:LONGEST].rstrip()} ..."


def meaning(error: CallError, exercise: Exercise) -> str:
    """A sentence on what an error usually means in an answer to this exercise, or an empty string."""
    if error.type == "NameError" and (name := re.search(r"name '(\w+)' is not defined", error.message)):
        return unknown_name(name[1], exercise, error.line)
    if said := unfitting_call(error, exercise):
        return said
    if error.type == "UnboundLocalError" and (name := re.search(r"variable '(\w+)'", error.message)):
        return without_its_model(name[1], exercise, error.line) or (
            f"{name[1]} gets its value only later in this function, or on another path: is it spelt differently where it is "
            "made?"
        )
    if error.type in ("ModuleNotFoundError", "ImportError", "AttributeError") and (
        said := not_in_module(error.message)
    ):
        return said
    if error.type == "AttributeError" and (said := not_a_method(error.message, exercise, error.line)):
        return said
    if "too many values to unpack" in error.message and re.search(r"\.dec\(", error.line):
        return "The decoder gives one tensor, the logits of the pixels: logits = self.dec(z)."
    if said := no_device(error.message, error.line if error.type == "AssertionError" else ""):
        return said
    if error.type == "AssertionError" and "assert" in error.line:
        return "An assert of yours fails where everything is right: print both sides of it."
    if "shapes cannot be multiplied" in error.message and ("@" in error.line or not model_of(exercise)):
        return "@ is a matrix product. To multiply entry by entry, write *."
    known = next((known for known in _MEANINGS if re.search(known.pattern, error.message)), None)
    if known is None:
        return ""
    return f"{known.says} {known.of_models}".rstrip() if model_of(exercise) else known.says
