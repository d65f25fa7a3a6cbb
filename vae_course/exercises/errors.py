"""What torch and Python mean by their errors, for those that answers to this course really raise."""

import re

_MEANINGS = (
    (
        r"only one element tensors can be converted|only integer tensors of a single element|only 0-dimensional arrays",
        "math.sqrt, math.log and float() take one number. For whole tensors there are torch.sqrt, torch.log and so on.",
    ),
    (
        r"size of tensor a .* must match the size of tensor b",
        "Two shapes do not fit together. Print both and compare them from the last axis: an axis of length 1 (from "
        "unsqueeze, or keepdim=True) says along which axis a tensor is repeated.",
    ),
    (
        r"Target size .* must be the same as input size|target.*size.*input.*size",
        "torch's losses do not broadcast their target: give x the shape of the logits first (expand_as).",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied",
        "A network received a last axis of the wrong length: the encoder wants 784 pixels, the decoder z_dim latents.",
    ),
    (
        r"'tuple' object has no attribute|unsupported operand type\(s\).*'tuple'|argument 'input' .* must be Tensor, not tuple",
        "A pair is used as if it were a tensor. self.enc(x) and self.z_prior are pairs, (mean, variance): unpack them.",
    ),
    (
        r"'NoneType' object|unsupported operand type\(s\).*'NoneType'|not NoneType",
        "Something that you use is None. A function without a `return` gives None.",
    ),
    (
        r"'(method|function|builtin_function_or_method)' object|unsupported operand type\(s\).*'(builtin_function_or_)?method'",
        "The brackets of a call are missing: v.sqrt is the method, v.sqrt() its result.",
    ),
    (
        r"Boolean value of Tensor with more than one value",
        "`if` and `and` need one truth value, and a tensor has many: torch.where decides entry by entry.",
    ),
    (
        r"in-place operation|modified by an inplace operation",
        "A method that ends in _ or an operator such as += changes a tensor that gradients need: compute into a new tensor.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "numpy knows no gradients. Stay with torch's functions, which have nearly the same names.",
    ),
    (
        r"view size is not compatible",
        "view needs the numbers side by side in memory, and a transposed or expanded tensor has not: use reshape.",
    ),
    (
        r"expected scalar type|expected .* but (got|found) .*(Long|Int|Double|Float|Byte)|must have the same dtype",
        "Two kinds of numbers meet. Models and images are float32: x.float().",
    ),
    (
        r"to be within the support .*(Boolean|Bernoulli)|support \(Boolean",
        "torch's Bernoulli refuses grey pixels unless it is told validate_args=False.",
    ),
    (
        r"to satisfy the constraint (GreaterThan|Positive)|must be positive",
        "A standard deviation or variance is not positive. Was a logarithm, a difference or a mean given in its place?",
    ),
    (
        r"all elements of (input|target) should be between 0 and 1|between 0 and 1",
        "binary_cross_entropy wants probabilities, and you have logits: binary_cross_entropy_with_logits.",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "The result is cut off from its inputs: detach, no_grad or numpy?",
    ),
    (r"Dimension out of range", "There is no such axis. The last one is -1, whatever the number of axes."),
    (
        r"too many values to unpack|not enough values to unpack",
        "The number of names on the left is not the number of values on the right: enc gives two, a bound three.",
    ),
    (
        r"missing \d+ required positional argument|positional arguments? but",
        "The call and the function's arguments differ.",
    ),
    (r"name '\w+' is not defined", "This name is unknown here: is it spelled as above, and has its import cell run?"),
    (r"maximum recursion depth", "The function calls itself. Did you give it the name of a function that it uses?"),
)


def meaning(message: str) -> str:
    """A sentence on what an error message usually means here, or an empty string."""
    return next((words for pattern, words in _MEANINGS if re.search(pattern, message)), "")
