"""Whether a gradient reaches the encoder through all that depends on it, for the z that were decoded in *triplets*; and where it is cut off."""

from functools import partial
from itertools import combinations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import near
from vae_course.checks.worlds.own_z import EXACT, costs, decoded, q_of_rows
from vae_course.checks.worlds.valleys import SIDES
from vae_course.runner.answers import Call

FAR_OFF = 8.0
"""One of 8,160 normal draws lies farther out with probability 1e-11."""
CUTS = {
    "m in z": "m gets none through z",
    "v in z": "v gets none through z",
    "z": "none flows through z",
    "z in rec": "none flows through the z in log p(x|z)",
    "z in q": "none flows through the z in log q(z|x)",
    "z in p": "none flows through the z in log p(z)",
    "m in q": "log q(z|x) gives none to its own m",
    "v in q": "log q(z|x) gives none to its own v",
    "q": "log q(z|x) gives none to its own m and v",
    "m in kl": "kl gives none to m",
    "v in kl": "kl gives none to v",
    "kl": "kl gives none",
}
"""Where a gradient may be cut off, and what is said of it."""
THROUGH_Z = ("m in z", "v in z", "z")
PARTS = {"z": ("m in z", "v in z"), "q": ("m in q", "v in q"), "kl": ("m in kl", "v in kl")}


def slopes_must_follow(call: Call, sign: float = 1.0, *, stopped: bool = False) -> None:
    """Raise `Wrong` if the gradient of a bound, or of `sign` times it, in the encoder's outputs is not right for the z that were decoded.

    Through all that depends on z: log p(x|z), the prior, q. Asked where one draw an image explains the value, with the closed kl, at the draw,
    or by chance both: one of them must fit. No chance is involved.

    Args:
        stopped: log q at the draw may have its own m and v stopped: what they add is 0 on average.
    """
    z, found = decoded(call.slopes.get("1")), call.slopes.get("enc.net.2.bias")
    if z is None or found is None:
        return
    m, s = q_of_rows()
    if float(((z - m) / s).abs().max()) > FAR_OFF:
        return  # no draws of q: another check says so
    value = sign * call.outputs["0"].double().mean().item()
    got = sign * found.double() / call.outputs["0"].numel()
    near_by = [i for i, cost in enumerate(costs(z, *q_of_rows())) if i and near(value, cost.mean().item())]
    right = [_slopes(i, z) for i in near_by] + [_slopes(i, z, frozenset({"q"})) for i in near_by if stopped and i == 2]
    if right and not any(close(got, each, EXACT) for each in right):
        i = int(torch.nan_to_num((got - right[0]).abs() / (1 + right[0].abs()), nan=torch.inf).argmax())
        which = "mean" if i < len(SIDES) else "variance"
        raise Wrong(
            f"In a decoder that looks at z, a slope in a {which} of q is {got[i]:.3f}.",
            f"For the z that you decode, as the gradient in x tells, it should be {right[0][i]:.3f}.",
            partial(_cut, got, z, near_by),
        )


def _cut(got: Tensor, z: Tensor, which: list[int]) -> str:
    """Which gradient is missing, where one or two cuts make exactly these slopes."""
    for cost in which:
        fitting = [name for name in CUTS if name in THROUGH_Z or ("kl" in name) == (cost == 1)]
        for count in (1, 2):
            for cuts in combinations(fitting, count):
                if close(got, _slopes(cost, z, frozenset(cuts)), EXACT):
                    return f"Exactly these slopes come out if {' and '.join(CUTS[name] for name in cuts)}: is something detached there?"
    return ""


def _slopes(which: int, z: Tensor, cuts: frozenset[str] = frozenset()) -> Tensor:
    """Of one of the mean `costs` in the encoder's outputs, m and what softplus makes v of, summed over the rows: (2 · latents,).

    Args:
        cuts: where no gradient flows, see `CUTS`.
    """
    m, s = q_of_rows()
    outputs = torch.cat([m, torch.log(torch.expm1(s.square()))], -1).requires_grad_()
    own_m, raw = outputs.chunk(2, -1)
    own_s = softplus(raw).sqrt()
    cut = {part for name in cuts for part in PARTS.get(name, (name,))}

    def of(place: str) -> tuple[Tensor, Tensor]:
        return (m if f"m in {place}" in cut else own_m), (s if f"v in {place}" in cut else own_s)

    m_z, s_z = of("z")
    drawn = m_z + s_z * (z - m) / s
    in_each = tuple(drawn.detach() if f"z in {place}" in cut else drawn for place in ("rec", "q", "p"))
    cost = costs(in_each, *of("kl" if which == 1 else "q"))[which].mean()
    if not cost.requires_grad:
        return torch.zeros(outputs.shape[1], dtype=outputs.dtype)
    (found,) = torch.autograd.grad(cost, outputs)
    return found.sum(0)
