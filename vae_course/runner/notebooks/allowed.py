"""The calls that may stand in a definition: they compute a value at once and touch nothing else.

This list keeps work out (training, plotting, loading), so that reading a hand-in takes no time. It is no protection: a
function's or a class's body may do anything, and is run in a sandbox if its author is a stranger.
"""

_BUILTINS = (
    "abs all any bool complex dict enumerate filter float frozenset int isinstance issubclass len list map max min object "
    "pow property range reversed round set slice sorted staticmethod classmethod str sum tuple type zip dict.fromkeys"
)
_TENSOR = (
    "abs allclose arange argmax argmin as_tensor asarray array atleast_1d cat clamp clip concat cos cosh cumsum device diag dot "
    "dtype einsum equal erf erfc exp exp2 expm1 eye finfo flip float32 float64 floor ceil full full_like iinfo int64 isfinite "
    "isnan lgamma linspace log log10 log1p log2 logaddexp logcumsumexp logical_and logical_not logsumexp logspace matmul max "
    "maximum mean median min minimum multiply outer pow prod relu round rsqrt sigmoid sign sin sinh softmax sqrt square "
    "squeeze stack std subtract sum Size tan tanh tensor Tensor tril triu true_divide unsqueeze var where zeros zeros_like ones "
    "ones_like cuda.is_available backends.mps.is_available get_default_dtype"
)
_WHOLE_MODULES = (
    "math",
    "cmath",
    "collections",
    "decimal",
    "fractions",
    "functools",
    "itertools",
    "operator",
    "statistics",
    "typing",
    "torch.distributions",
    "torch.nn",
    "torch.special",
    "scipy.special",
    "scipy.stats",
    "vae_course.nns",
)
_METHODS = frozenset(
    "abs append cdf copy count cpu detach double entropy erf exp expand float format get icdf index int item items join keys "
    "log log1p log_prob logsumexp long lower max mean min numpy pow prod replace reshape round sigmoid softmax split "
    "sqrt square squeeze std strip sum t to tolist tril triu type unsqueeze upper values var view".split()
)
_NAMES = frozenset(
    [f"builtins.{name}" for name in _BUILTINS.split()]
    + [f"{module}.{name}" for module in ("torch", "numpy") for name in _TENSOR.split()]
)


def may_call(dotted: str) -> bool:
    """True if a function, by its full name ("math.log", "builtins.max"), may be called in a definition."""
    return dotted in _NAMES or dotted.startswith(tuple(f"{module}." for module in _WHOLE_MODULES))


def may_call_method(name: str) -> bool:
    """True if a method of this name may be called on a value that is itself allowed (`torch.tensor(2.0).log().item()`)."""
    return name in _METHODS
