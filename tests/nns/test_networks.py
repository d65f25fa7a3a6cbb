"""Every network that can be chosen by name: its shapes, its formula, and what it must never do, whatever its weights are."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from vae_course import given, nns
from vae_course.nns import gaussian_parameters

FLOOR = 1e-8  # the smallest variance; published in `gaussian_parameters`
NAMES = nns.available()
# name: (hidden sizes, activation, how the raw second half becomes a variance), as each file's first line says it.
DOCUMENTED: dict[str, tuple[tuple[int, ...], Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "tiny": ((32,), torch.tanh, nn.functional.softplus),
    "v1": ((300, 300), nn.functional.elu, nn.functional.softplus),
    "v2": ((200, 200), torch.tanh, torch.exp),
    "wide": ((500, 500), nn.functional.elu, nn.functional.softplus),
}

every_network = pytest.mark.parametrize("name", NAMES)


def made(name: str, z_dim: int = 3) -> tuple[nn.Module, nn.Module]:
    """A network's encoder and decoder, seeded."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nns.get(name)
        return network.Encoder(z_dim), network.Decoder(z_dim)


def linears(module: nn.Module) -> list[nn.Linear]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Linear)]


def that_says(module: nn.Module, *numbers: float) -> nn.Module:
    """The same, with a last layer that ignores its input: each of these numbers in an equal share of its outputs."""
    last = linears(module)[-1]
    share = last.out_features // len(numbers)
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor(numbers).repeat_interleave(share))
    return module


def images(count: int = 4) -> Tensor:
    return (torch.rand(count, 784, generator=torch.Generator().manual_seed(1)) < 0.2).float()


def test_the_networks_of_the_course_are_known_by_name_and_the_table_here_has_each():
    assert NAMES == ["tiny", "v1", "v2", "wide"] == list(DOCUMENTED)


# ---------------------------------------------------------------- shapes


@every_network
@pytest.mark.parametrize("z_dim", [1, 2, 20])
def test_an_encoder_gives_a_mean_and_a_variance_for_each_latent_and_image(name: str, z_dim: int):
    encoder, _ = made(name, z_dim)
    for batch in (1, 5):
        m, v = encoder(images(batch))
        assert m.shape == v.shape == (batch, z_dim)
        assert m.dtype == v.dtype == torch.float32 and bool((v > 0).all())


@every_network
@pytest.mark.parametrize("axes", [(), (1,), (5,), (2, 3)])
def test_a_decoder_gives_784_logits_for_every_z_whatever_the_axes_before(name: str, axes: tuple[int, ...]):
    for z_dim in (1, 2, 20):
        z = torch.randn(*axes, z_dim, generator=torch.Generator().manual_seed(2))
        assert made(name, z_dim)[1](z).shape == (*axes, 784)


@every_network
def test_no_image_of_a_batch_changes_what_another_gets(name: str):
    encoder, decoder = made(name)
    x, z = images(6), torch.randn(6, 3, generator=torch.Generator().manual_seed(3))
    m, v = encoder(x)
    for i in (0, 5):
        alone_m, alone_v = encoder(x[i : i + 1])
        assert torch.allclose(alone_m[0], m[i], atol=1e-6) and torch.allclose(alone_v[0], v[i], atol=1e-6)
        assert torch.allclose(decoder(z[i]), decoder(z)[i], atol=1e-6)


# ---------------------------------------------------------------- the formula


@every_network
def test_a_network_is_what_its_first_line_says_layer_by_layer(name: str):
    """Sizes and activations, from the weights alone: hidden layers of the documented width, and a last layer that is linear."""
    hidden, activation, positive = DOCUMENTED[name]
    encoder, decoder = made(name, 3)
    assert [layer.out_features for layer in linears(encoder)] == [*hidden, 6]
    assert [layer.out_features for layer in linears(decoder)] == [*hidden, 784]

    def by_hand(module: nn.Module, h: Tensor) -> Tensor:
        *inner, last = linears(module)
        for layer in inner:
            h = activation(h @ layer.weight.T + layer.bias)
        return h @ last.weight.T + last.bias

    x, z = images(), 3 * torch.randn(4, 3, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        m, raw = by_hand(encoder, x).chunk(2, dim=-1)
        found_m, found_v = encoder(x)
        assert torch.allclose(found_m, m, atol=1e-5)
        assert torch.allclose(found_v, positive(raw) + FLOOR, rtol=1e-5, atol=0)
        assert torch.allclose(decoder(z), by_hand(decoder, z), atol=1e-5)


@every_network
@pytest.mark.parametrize("number", [-40.0, -0.5, 0.0, 40.0])
def test_means_and_logits_may_be_any_number(name: str, number: float):
    """No squashing behind the last layer: a sigmoid there is the classic slip, and 784 ln 2 is all that one ever reaches."""
    encoder, decoder = made(name)
    m, _ = that_says(encoder, number, 0.0)(images())
    assert torch.allclose(m, torch.full_like(m, number))
    logits = that_says(decoder, number)(torch.zeros(2, 3))
    assert torch.allclose(logits, torch.full_like(logits, number))


@every_network
def test_the_first_half_of_the_last_layer_is_the_mean_and_the_second_the_variance(name: str):
    m, v = that_says(made(name)[0], -2.0, 3.0)(images())
    right = DOCUMENTED[name][2](torch.tensor(3.0))
    assert torch.allclose(m, torch.full_like(m, -2)) and torch.allclose(v, right.expand_as(v))


# ---------------------------------------------------------------- the variance


@every_network
@pytest.mark.parametrize("raw", [-60.0, -104.0, -1e4, -1e30])
def test_a_variance_never_falls_below_the_floor_however_sure_the_encoder_is(name: str, raw: float):
    """exp(-104) and softplus(-104) are 0 in float32, and a variance of 0 makes log q infinite and its gradient NaN."""
    encoder = that_says(made(name)[0], 0.0, raw)
    m, v = encoder(images())
    assert torch.allclose(v, torch.full_like(v, FLOOR), rtol=1e-5, atol=0)
    kl = given.kl_normal(m, v, torch.zeros(1), torch.ones(1))
    kl.sum().backward()
    assert bool(torch.isfinite(kl).all())
    assert all(bool(torch.isfinite(weight.grad).all()) for weight in encoder.parameters())


@every_network
def test_a_variance_may_be_large_where_the_encoder_knows_nothing(name: str):
    """No ceiling near 1, the prior's variance: what is learned may lie above it on the way."""
    _, v = that_says(made(name)[0], 0.0, 5.0)(images())
    assert v.min().item() > 4.9


@every_network
def test_a_gradient_reaches_every_weight_of_both_parts(name: str):
    encoder, decoder = made(name)
    m, v = encoder(images())
    (decoder(m + v.sqrt()).square().sum()).backward()
    for weight in [*encoder.parameters(), *decoder.parameters()]:
        assert weight.grad is not None and bool(weight.grad.abs().sum() > 0)


@every_network
def test_a_network_computes_in_double_precision_too(name: str):
    encoder, decoder = (part.double() for part in made(name))
    m, v = encoder(images().double())
    assert m.dtype == v.dtype == decoder(m).dtype == torch.float64


# ---------------------------------------------------------------- gaussian_parameters


def test_gaussian_parameters_are_the_first_half_and_the_softplus_of_the_second_plus_the_floor():
    h = torch.tensor([[1.0, -2.0, 0.0, 5.0], [0.5, 0.25, -104.0, -3.0]], dtype=torch.float64)
    m, v = gaussian_parameters(h)
    assert torch.equal(m, h[:, :2])
    assert torch.allclose(v, torch.log1p(torch.exp(h[:, 2:])) + FLOOR, rtol=1e-12, atol=0)
    narrow = gaussian_parameters(torch.tensor([0.0, -104.0]))[1]
    assert narrow.item() == pytest.approx(FLOOR, rel=1e-6, abs=0)  # in float32 too


@pytest.mark.parametrize("axes", [(), (4,), (2, 5)])
def test_gaussian_parameters_split_the_last_axis_only(axes: tuple[int, ...]):
    m, v = gaussian_parameters(torch.zeros(*axes, 6))
    assert m.shape == v.shape == (*axes, 3)


@pytest.mark.parametrize("shape", [(), (3,), (6, 5)])
def test_gaussian_parameters_refuse_an_axis_that_cannot_be_split(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"even last axis.*h is \("):
        gaussian_parameters(torch.zeros(shape))


# ---------------------------------------------------------------- by name


def test_an_unknown_name_lists_the_names_that_exist():
    with pytest.raises(ValueError, match=r"no network 'v9'.*tiny, v1, v2, wide"):
        nns.get("v9")
    with pytest.raises(ValueError, match="no network 'gaussian'"):
        nns.get("gaussian")  # a helper, no network


def test_an_object_with_both_classes_is_a_network_and_one_that_lacks_some_is_told_which():
    class Both:
        Encoder = Decoder = nn.Linear

    assert nns.get(Both) is Both
    with pytest.raises(TypeError, match="has no Encoder and no Decoder"):
        nns.get(SimpleNamespace())
    with pytest.raises(TypeError, match=r"Decoder=None.*has no Decoder"):
        nns.get(SimpleNamespace(Encoder=nn.Linear, Decoder=None))


@every_network
def test_a_name_and_its_module_make_the_same_model(name: str):
    model = given.VAE(nn=name, z_dim=3)
    assert isinstance(model.enc, nns.get(name).Encoder) and isinstance(model.dec, nns.get(name).Decoder)
    assert model.enc(images())[0].shape == (4, 3)
