"""What names a device that is not there.

No answer is run elsewhere than it says. An answer that names a device is refused where there is one, as its inputs are on the CPU and its result would
not be; a grader that let it run on the CPU would call right what its author's own card calls wrong.
"""

import re

NO_DEVICE = "There is no such device (GPU) where this runs. Make new tensors where the others are: device = x.device, or torch.randn_like(m)."
_SAYS = re.compile(
    r"not compiled with (CUDA|XPU)|No CUDA GPUs|Found no NVIDIA driver|Cannot access accelerator|(?i:mps).*not (available|compiled)|"
    r"not linked with support for|Cannot get \w+ generator|from the '(CUDA|MPS|XPU)' backend|type torch\.\w+\.\w+ not available"
)
_DEMANDS = re.compile(r"\bassert\b.*\b(cuda|mps|xpu|accelerator)\b")


def no_device(message: str, line: str = "") -> str:
    """The sentence for an error that says so, or for a line that asserts that there is one; else an empty string.

    Args:
        message: Python's or torch's, whatever stands around it.
    """
    return NO_DEVICE if _SAYS.search(message) or _DEMANDS.search(line) else ""
