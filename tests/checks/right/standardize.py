"""Exercise 0.1: in how many ways it may be written right."""

import torch

RIGHT = {
    "standardize": {
        "power": lambda x, m, v: (x - m) * v**-0.5,
        "torch.sqrt": lambda x, m, v: torch.div(torch.sub(x, m), torch.sqrt(v)),
        "rsqrt": lambda x, m, v: torch.rsqrt(v) * (x - m),
        "loop": lambda x, m, v: torch.stack([(a - b) / c**0.5 for a, b, c in zip(x, m, v, strict=True)]),
        "half-log": lambda x, m, v: (x - m) / torch.exp(0.5 * torch.log(v)),
    },
}
