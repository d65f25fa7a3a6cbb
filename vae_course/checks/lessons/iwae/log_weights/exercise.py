"""Exercise 5.1: the log importance weights."""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.engine.diagnosis import InParts, fact
from vae_course.checks.engine.exercise import Check, Method
from vae_course.checks.lessons.iwae.log_weights import checks
from vae_course.checks.lessons.iwae.log_weights.mistakes import MISCONCEPTIONS
from vae_course.checks.worlds.drawn import belong_to_their_z, decoded_noise, mirrored, read_off
from vae_course.checks.worlds.iwae import draw_still
from vae_course.checks.worlds.models import LINEAR_M, Case, apart, faint, linear_weights, rec_without_z, still
from vae_course.checks.worlds.valleys import mild, strong
from vae_course.runner.answers import Answer, Call


@cache
def _cases() -> tuple[tuple[Case, Tensor], ...]:
    def rng() -> Generator:
        return torch.Generator().manual_seed(5)

    cases = (
        faint(still(rng(), batch=4)),
        faint(apart(rng(), z_dim=1, batch=6)),
        linear_weights(rng()),
        still(rng(), batch=2),
    )
    return tuple((case, -rec_without_z(case)[:, None]) for case in cases)


@InParts
def weight_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """Where the log weights sit and how they spread, beside log p(x), in four models; what is shared; gradients."""
    (quiet, level), (narrow, narrow_level), (line, _), (ordinary, _) = _cases()
    call = answer.call(quiet.model, quiet.x, 6, seed=1)
    if "0" not in call.outputs:
        return
    value = call.outputs["0"].double()
    found = {"shape": torch.tensor(value.shape, dtype=torch.float64)}
    if value.shape != (4, 6):
        yield found
        return
    # No noise survives in the mean over draws here, and the first draw shows a mixed layout.
    found["still"] = ((value - level).mean(1) / 4)[:2]
    found["still, spread"] = (value - level).std(1).mean() / 4
    yield found

    sloped = answer.call(line.model, line.x, 1, seed=6)
    grads = sloped.pull_back({"0": torch.ones(1, 1)})
    to_q, to_decoder = grads.get("enc.net.2.bias"), grads.get("dec.net.2.bias")
    found = {"to encoder": fact(-1) if to_q is None else _relation(sloped, line, to_q)}
    found["to decoder"] = fact(-1) if to_decoder is None else to_decoder.double()[:5]
    tiny = answer.call(ordinary.model, ordinary.x, 2, seed=7).outputs["0"]
    found["finite"] = fact(bool(torch.isfinite(tiny).all()))
    yield found

    rows = strong().rows(checks.ROWS)
    many, again = (answer.call(rows.model, rows.x, checks.DRAWS, seed=2 + i) for i in range(2))
    other = answer.call(narrow.model, narrow.x, 64, seed=4)
    along, across = checks.shared_draws(many)
    fixed = torch.equal(many.outputs["0"], again.outputs["0"])
    found = {"along": fact(along), "across": fact(across), "fixed": fact(fixed)}
    found["mirrored"] = fact(mirrored(line, answer.call(line.model, line.x, 6, seed=8)))
    found["belong"], found["formula"] = fact(belong_to_their_z(many)), fact(bool(read_off(many)))
    if along == across:
        copies = mild().rows(checks.COPIES)
        z = checks.z_of_weights(answer.call(copies.model, copies.x, 1, seed=9))
        found |= {name: torch.tensor(value) for name, value in decoded_noise(z).items()}
        found["apart"] = _beside(other.outputs["0"], narrow_level, 4.0)
        found["strong"] = _beside(many.outputs["0"], torch.tensor(-strong().rec), 6.0)
    yield found


def _relation(call: Call, case: Case, slope: Tensor) -> Tensor:
    # Which relation d log w / dm obeys: −(m + ε) is right, −ε has z detached, −m has q detached.
    noise = (-rec_without_z(case)[0] - LINEAR_M**2 / 2 - call.outputs["0"].double()[0, 0]) / LINEAR_M
    candidates = torch.stack([-LINEAR_M - noise, -noise, torch.full_like(noise, -LINEAR_M)])
    return ((slope[0].double() - candidates).abs() < 0.01).double()


def _beside(values: Tensor, level: Tensor, scale: float) -> Tensor:
    beside = values.double() - level
    return torch.stack([beside.mean(), beside.std(1).mean()]) / scale


log_weights = Method(
    name="log_weights",
    lesson="05_iwae",
    number="5.1",
    title="The log importance weights",
    minutes=25,
    difficulty=3,
    lines="6 lines",
    arguments=draw_still,
    parameters=("model", "x", "iw"),
    checks=(
        Check("one log weight for each image and draw", checks.returns_batch_by_iw),
        Check(checks.VALUES[0], checks.equal_evidence_where_q_is_p, points=1),
        Check(checks.VALUES[1], checks.distribution_is_right, points=1.5),
        Check("finite for 784 pixels", checks.stays_finite, points=0.5),
        Check("independent draws", checks.draws_are_independent, points=1),
        Check("gradients", checks.gradients_follow_noise, points=1),
    ),
    fingerprint=weight_fingerprint,
    agreement=0.12,
    scaffold=FORMULAS,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "log w = log p(x|z) + log p(z) − log q(z|x), three functions that you have. The question is only the shapes.",
        "Give m and v a new axis in the middle, (batch, 1, z_dim), expand it to iw, and draw z: (batch, iw, z_dim). The "
        "decoder takes it as it is; x needs a new axis too.",
        "m, v = m.unsqueeze(1), v.unsqueeze(1) once, for all that follows; then z = sample_gaussian(m.expand(-1, iw, -1), v). "
        "log_bernoulli_with_logits wants x.unsqueeze(1) beside model.dec(z), and log_normal wants z with *model.z_prior, then z "
        "with these m and v. Each is (batch, iw): which one is subtracted?",
    ),
)
