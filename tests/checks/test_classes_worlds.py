"""The models of lesson 09's checks: what they say is exact is computed by other means; and right answers met by a narrow miss."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.checks.right import right
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.worlds import labelled, mixture
from vae_course.checks.worlds.own_z import EXACT, decoded
from vae_course.runner.answers import Model


def built(model: Model) -> given.SSVAE:
    """The same model as torch's own modules."""
    found = given.SSVAE(model.nn, z_dim=model.z_dim)
    found.load_state_dict(dict(model.weights))
    return found


def test_the_noise_of_every_image_and_class_is_read_off_the_gradient_in_x() -> None:
    case = labelled.told()
    model, x = built(case.model), case.x.clone().requires_grad_()
    k = labelled.CLASSES
    xs, y = x[:, None].expand(-1, k, -1), torch.eye(k).expand(len(x), -1, -1)
    m, v = model.enc(xs, y)
    noise = torch.randn(m.shape, generator=torch.Generator().manual_seed(1))
    rec = -given.log_bernoulli_with_logits(xs, model.dec(m + v.sqrt() * noise, y))
    mean = (model.cls(x).softmax(-1) * rec).sum(-1).mean()
    (gradient,) = torch.autograd.grad(mean, x)
    found = labelled.decoded_noise(gradient)
    assert found is not None and torch.allclose(found, noise.double(), atol=1e-3)
    closed, drawn = labelled.replay(labelled.told_weights(), case.x, found)
    assert closed.four()[3].item() == pytest.approx(mean.item(), abs=5e-3)
    log_q, log_p = (given.log_normal(m + v.sqrt() * noise, *of) for of in ((m, v), model.z_prior))
    assert torch.allclose(drawn.kl_z, (log_q - log_p).double(), atol=5e-3)
    assert torch.allclose(closed.kl_z, given.kl_normal(m, v, *model.z_prior).double(), atol=1e-4)


def test_what_holds_on_average_is_the_mean_of_many_draws() -> None:
    """With kl_z in closed form, which the averages have at the draw."""
    right_ones, generator = labelled.on_average(), torch.Generator().manual_seed(2)
    shape = (labelled.ROWS, labelled.CLASSES, labelled.Z_DIM)
    draws = [torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(60)]
    four = [labelled.replay(labelled.told_weights(), labelled.told().x, noise)[0].four() for noise in draws]
    found = torch.stack(four).mean(0)
    for i, name in enumerate(labelled.LABELS):
        assert abs(found[i] - right_ones.mean[name]) < right_ones.chance(name, len(draws))


def test_images_and_classes_differ_in_all_that_matters() -> None:
    """So that a class taken for another shows: no two of them cost the same under one image."""
    terms, _ = labelled.replay(
        labelled.told_weights(), labelled.told().x[:3], torch.zeros(3, labelled.CLASSES, labelled.Z_DIM).double()
    )
    assert float(terms.log_q.exp().min()) > 0.01
    for costs in (terms.rec, terms.kl_z, terms.log_q):
        assert bool((costs.sort(1).values.diff(dim=1) > 1e-4).all()) and float(costs.std(1).min()) > 0.2


@pytest.mark.parametrize("world", [mixture.clusters, mixture.close])
def test_the_mixture_s_kl_belongs_to_the_z_that_are_decoded(world: Callable[[], mixture.Rows]) -> None:
    rows = world()
    model = given.GMVAE(rows.model.nn, z_dim=rows.model.z_dim, k=mixture.K)
    model.load_state_dict(dict(rows.model.weights))
    x = rows.x.clone().requires_grad_()
    m, v = model.enc(x)
    z = given.sample_gaussian(m, v)
    rec = -given.log_bernoulli_with_logits(x, model.dec(z))
    (gradient,) = torch.autograd.grad(rec.mean(), x)
    found = decoded(gradient)
    assert found is not None and torch.allclose(found, z.double(), atol=1e-3)
    kl = given.log_normal(z, m, v) - right("log_normal_mixture")(z, *model.mixture)
    assert torch.allclose(m.double(), rows.m, atol=1e-5) and torch.allclose(v.double().sqrt(), rows.s, atol=1e-5)
    assert mixture.kl_at(rows, found).mean().item() == pytest.approx(kl.mean().item(), abs=0.02)
    assert mixture.kinds_of_kl(rows, found)["mixture"] == pytest.approx(mixture.kl_at(rows, found).mean().item())
    assert mixture.rec_at(rows, found).mean().item() == pytest.approx(rec.mean().item(), abs=0.02)
    if world is mixture.close:
        average = mixture.on_average()
        assert abs(kl.mean().item() - average.mean["kl"]) < average.chance("kl", calls=1)
        assert abs(rec.mean().item() - average.mean["rec"]) < average.chance("rec", calls=1)


def test_a_kl_that_is_cut_off_at_0_shows_in_close() -> None:
    """By five times what is asked: each of 100 batches; they stray by 0.025 about 0.20."""
    rows, generator = mixture.close(), torch.Generator().manual_seed(4)
    for _ in range(100):
        z = rows.m + rows.s * torch.randn(rows.m.shape, generator=generator, dtype=torch.float64)
        kinds = mixture.kinds_of_kl(rows, z)
        assert kinds["clamped"] - kinds["mixture"] > 5 * EXACT


def test_the_mixture_s_slopes_are_those_of_the_whole_bound() -> None:
    """By differences, in one number of the mixture and one of the encoder's outputs."""
    rows = mixture.clusters()
    z = rows.m + rows.s * torch.randn(rows.m.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    slopes, (means, raw), step = mixture.right_slopes(rows, z), rows.mixture, 1e-4
    moved = means.clone()
    moved[1, 2] += step
    change = -(mixture.log_prior(z, moved, raw) - mixture.log_prior(z, means, raw)).mean().item() / step
    assert slopes["mixture_m"][1, 2].item() == pytest.approx(change, rel=1e-2, abs=1e-5)


def drawn_by(
    draw: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], cut: Callable[[torch.Tensor], Any] = lambda t: t
) -> Any:
    """A right `unlabelled_bound` with another draw of z, whose terms are returned as `cut` leaves them."""

    def hostile(self, x):
        xs, y = x.repeat_interleave(10, 0), torch.eye(10).repeat(len(x), 1)
        m, v = self.enc(xs, y)
        q, log_q = self.cls(x).softmax(-1), self.cls(x).log_softmax(-1)
        rec = -given.log_bernoulli_with_logits(xs, self.dec(draw(m, v), y)).reshape(-1, 10)
        kl_z = (q * given.kl_normal(m, v, *self.z_prior).reshape(-1, 10)).sum(-1).mean()
        terms = kl_z, (q * (log_q + math.log(10))).sum(-1).mean(), (q * rec).sum(-1).mean()
        return sum(terms), *(cut(term) for term in terms)

    return hostile


def shares_between_halves(m, v):
    half = torch.randn(len(m) // 2, m.shape[1])
    return m + v.sqrt() * torch.cat([half, half, torch.randn(len(m) % 2, m.shape[1])])


DRAWS = {
    "z detached": lambda m, v: given.sample_gaussian(m, v).detach(),
    "a tenth too wide": lambda m, v: m + 1.1 * v.sqrt() * torch.randn_like(m),
    "a box": lambda m, v: m + v.sqrt() * 3**0.5 * (2 * torch.rand_like(m) - 1),
    "cut off at 2": lambda m, v: m + v.sqrt() * torch.randn_like(m).clamp(-2, 2),
    "one for all latents": lambda m, v: m + v.sqrt() * torch.randn(len(m), 1),
    "halves alike": shares_between_halves,
}


@pytest.mark.parametrize("cut", [lambda t: t, lambda t: t.item()], ids=["with slopes", "plain numbers"])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=list(DRAWS))
def test_a_z_that_is_drawn_wrongly_is_refused_whatever_slopes_the_terms_have(draw, cut) -> None:
    exercise = EXERCISES["SSVAE.unlabelled_bound"]
    assert examine(exercise, exercise.answer(drawn_by(draw, cut)), seed=1).status == "wrong"


def shared(
    draws: int, spread_out: Callable[[torch.Tensor], torch.Tensor]
) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A draw of z with so many draws an image, which `spread_out` gives to its ten classes."""
    return lambda m, v: m + v.sqrt() * spread_out(torch.randn(len(m) // 10, draws, m.shape[1])).reshape(m.shape)


SHARED = {
    "one for all": shared(1, lambda noise: noise.expand(-1, 10, -1)),
    "two in turn": shared(2, lambda noise: noise.repeat(1, 5, 1)),
    "mirror images": shared(5, lambda noise: torch.cat([noise, -noise], 1)),
}


@pytest.mark.parametrize("seed", [1, 217])
@pytest.mark.parametrize("draw", SHARED.values(), ids=list(SHARED))
def test_the_classes_of_an_image_may_share_their_noise(draw, seed: int) -> None:
    """Its class's term is right for each. With seed 217, "one for all" strays farther than ten independent draws would once in 10⁸ calls."""
    exercise = EXERCISES["SSVAE.unlabelled_bound"]
    found = examine(exercise, exercise.answer(drawn_by(draw)), seed)
    assert found, found.message


def test_plain_numbers_beside_a_right_bound_are_right() -> None:
    exercise = EXERCISES["SSVAE.unlabelled_bound"]
    assert examine(exercise, exercise.answer(drawn_by(given.sample_gaussian, lambda t: t.item())), seed=1)


@pytest.mark.parametrize(
    "mistake",
    ["log-k-missing", "z-detached", "another-z-in-the-kl", "standard-normal-prior", "kl-clamped", "mean-of-the-logs"],
)
def test_a_mistake_beside_plain_numbers_is_refused(mistake: str) -> None:
    """The z are then told by the bound's slope in x."""
    exercise = EXERCISES["GMVAE.mixture_bound"]
    wrong = next(m.wrong for m in exercise.misconceptions if m.name == mistake)

    def hostile(self, x):
        nelbo, kl, rec = wrong(self, x)
        return nelbo, kl.item(), rec.item()

    assert examine(exercise, exercise.answer(hostile), seed=1).status == "wrong"


@pytest.mark.parametrize(("mistake", "right_one"), [("log-k-missing", False), ("z-detached", False), ("", True)])
def test_a_bound_whose_z_nothing_tells_is_asked_on_average(mistake: str, right_one: bool) -> None:
    exercise = EXERCISES["GMVAE.mixture_bound"]
    answer = right(exercise.name) if right_one else next(m.wrong for m in exercise.misconceptions if m.name == mistake)
    assert bool(examine(exercise, exercise.answer(lambda self, x: answer(self, x.detach())), seed=1)) == right_one


def test_a_mean_kl_that_is_cut_off_at_0_is_refused() -> None:
    def hostile(self, x):
        _, kl, rec = right("GMVAE.mixture_bound")(self, x)
        return kl.clamp(min=0) + rec, kl.clamp(min=0), rec

    exercise = EXERCISES["GMVAE.mixture_bound"]
    found = examine(exercise, exercise.answer(hostile), seed=1)
    assert found.status == "wrong" and "for a single image" in found.message


def test_a_constant_that_is_off_is_no_other_z() -> None:
    """What a kl at another z would do by chance: not by a constant, nor by next to nothing."""

    def hostile(self, x):
        _, kl, rec = right("GMVAE.mixture_bound")(self, x)
        kl = kl + math.log(16 / 3)  # the log of z's dimensions for that of k
        return kl + rec, kl, rec

    exercise = EXERCISES["GMVAE.mixture_bound"]
    assert examine(exercise, exercise.answer(hostile), seed=1).misconception == ""


@pytest.mark.parametrize(("name", "which"), [("SSVAE.unlabelled_bound", 1), ("GMVAE.mixture_bound", 1)])
def test_a_kl_that_is_a_little_too_large_is_refused(name: str, which: int) -> None:
    def hostile(self, x):
        found = list(right(name)(self, x))
        found[which] = found[which] * 1.02
        found[0] = sum(found[1:])
        return tuple(found)

    exercise = EXERCISES[name]
    for seed in range(4):
        assert examine(exercise, exercise.answer(hostile), seed).status == "wrong"


def test_a_class_that_inherits_from_the_wrong_skeleton_is_given_what_it_lacks() -> None:
    class Mine(given.VAE):
        mixture_bound = right("GMVAE.mixture_bound")

        @property
        def mixture(self):
            return given.gaussian_parameters(torch.cat([self.mixture_m, self.mixture_raw], -1))

    exercise = EXERCISES["GMVAE.mixture_bound"]
    assert examine(exercise, exercise.answer(Mine), 1).status == "correct"


@pytest.mark.parametrize(("name", "kind"), [("GMVAE.mixture_bound", "GMVAE"), ("SSVAE.unlabelled_bound", "SSVAE")])
def test_a_network_called_otherwise_is_named_for_every_kind_of_model(name: str, kind: str) -> None:
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(lambda self, x: self.encoder(x)), 1)
    assert f"'{kind}' object has no attribute 'encoder'" in found.message
    assert "The model has no encoder. Did you mean self.enc?" in found.message
