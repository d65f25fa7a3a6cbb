"""Exercises 7.2 to 7.4: what the card says is true of the answer, points at the way out, and keeps a choice's answer to itself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from vae_course import check, given
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.capstone.slips import OVERLOOKED, STATEMENTS

SLIPS = {letter: statement.right for letter, statement in STATEMENTS.items()}
ALL_FINE = dict.fromkeys(SLIPS, "fine")
REASONS = [mistake.reason for mistake in EXERCISES["slips"].misconceptions]


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


def test_all_fine_is_told_how_many_are_still_to_be_found_and_not_which_slips_they_are() -> None:
    message = check(ALL_FINE, "slips").message
    assert "Your A, B, C, D, E, F, G, H (8 entries): that is not it." in message and message.count(OVERLOOKED) == 1
    assert not any(reason in message for reason in REASONS)


@pytest.mark.parametrize("letter", SLIPS)
def test_another_wrong_word_gets_a_pointer_for_its_statement(letter: str) -> None:
    word = "order" if SLIPS[letter] != "order" else "data"
    message = check(SLIPS | {letter: word}, "slips").message
    assert f"Your {letter} is '{word}', and that is not it. {STATEMENTS[letter].pointer}" in message
    assert not any(reason in message for reason in REASONS)


def test_no_pointer_says_the_word_that_is_asked_for() -> None:
    said = {letter: f"{statement.pointer} {OVERLOOKED}".lower() for letter, statement in STATEMENTS.items()}
    assert [letter for letter, right in SLIPS.items() if right != "fine" and right in said[letter]] == []


def test_no_hint_says_which_statements_are_fine() -> None:
    fine = {letter for letter, right in SLIPS.items() if right == "fine"}
    hints = EXERCISES["slips"].hints
    assert not any(fine & set(re.findall(r"\b[A-J]\b", hint)) for hint in hints)
    assert [hint for hint in hints if "fine" in hint] == [hints[1]] and "tensor" not in hints[2]


def test_every_reason_is_shown_after_the_last_try() -> None:
    for letter in "AB":
        message = check(SLIPS | {letter: "fine"}, "slips").message
        assert not any(reason in message for reason in REASONS)
    message = check(SLIPS | {"C": "fine"}, "slips").message
    assert "tries are used up" in message and all(reason in message for reason in REASONS)


def test_every_reason_is_shown_after_a_pass() -> None:
    for answer in (SLIPS, SLIPS | {"A": "fine"}):
        assert all(reason in str(check(answer, "slips")) for reason in REASONS)


def test_all_fine_run_five_times_costs_one_try() -> None:
    for _ in range(5):
        assert "Try 1 of 3." in check(ALL_FINE, "slips").message


def test_an_empty_entry_gets_no_pointer() -> None:
    assert STATEMENTS["C"].pointer not in check(SLIPS | {"C": None}, "slips").message


def network(
    outputs: Callable[[int], int] = lambda z_dim: 2 * z_dim,
    end: Callable[[Tensor], Tensor] = lambda h: h,
    start: Callable[[Tensor], Tensor] = lambda z: z,
) -> type:
    """A learner's network: the width of the encoder's last layer, what the decoder does first, and what last."""

    class MyNetwork:
        class Encoder(nn.Module):
            def __init__(self, z_dim: int) -> None:
                super().__init__()
                self.net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, outputs(z_dim)))

            def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
                return given.gaussian_parameters(self.net(x))

        class Decoder(nn.Module):
            def __init__(self, z_dim: int) -> None:
                super().__init__()
                self.net = nn.Sequential(nn.Linear(z_dim, 128), nn.ReLU(), nn.Linear(128, 784))

            def forward(self, z: Tensor) -> Tensor:
                return end(self.net(start(z)))

    return MyNetwork


NETWORKS: dict[str, tuple[type, str]] = {
    "the 2 forgotten": (network(lambda z_dim: z_dim), "needs 2 * z_dim outputs"),
    "40 outputs": (network(lambda z_dim: 40), "equally wide for every z_dim"),
    "32 outputs, right for z_dim = 16": (network(lambda z_dim: 32), "equally wide for every z_dim"),
    "images": (network(end=lambda h: h.view(-1, 28, 28)), "images of 28 by 28"),
    "images with a channel": (network(end=lambda h: h.view(-1, 1, 28, 28)), "images of 28 by 28"),
    "images, all axes kept": (network(end=lambda h: h.unflatten(-1, (28, 28))), "images of 28 by 28"),
    "sigmoid": (network(end=torch.sigmoid), "numbers between 0 and 1"),
    "softmax": (network(end=lambda h: h.softmax(-1)), "numbers between 0 and 1"),
    "clamp": (network(end=lambda h: h.clamp(0, 1)), "numbers between 0 and 1"),
    "tanh": (network(end=torch.tanh), "outputs are bounded"),
    "sine": (network(end=torch.sin), "outputs are bounded"),
    "softplus": (network(end=nn.functional.softplus), "outputs have one sign"),
    "flattened": (network(start=lambda z: z.reshape(-1, z.shape[-1])), "does not put them back"),
    "one axis only": (network(start=lambda z: z.view(len(z), -1)), "takes z of shape (batch, z_dim) only"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_wrong_network_gets_the_one_reason_that_is_true_of_it(name: str) -> None:
    mine, words = NETWORKS[name]
    found = check(mine, "MyNetwork")
    assert found.status == "wrong" and words in found.message, found.message
    assert sum(mistake.message in found.message for mistake in EXERCISES["MyNetwork"].misconceptions) == 1


@pytest.mark.parametrize("end", [lambda h: h.squeeze(0), lambda h: h.squeeze(0).sigmoid(), lambda h: h[..., :10]])
def test_a_shape_that_nothing_explains_is_given_no_reason(end: Callable[[Tensor], Tensor]) -> None:
    found = check(network(end=end), "MyNetwork")
    assert found.status == "wrong" and "It should be (" in found.message and "Likely reason" not in found.message


def deep(layers: int) -> type:
    class Decoder(nn.Module):
        def __init__(self, z_dim: int) -> None:
            super().__init__()
            inner = [layer for _ in range(layers) for layer in (nn.Linear(40, 40), nn.ReLU())]
            self.net = nn.Sequential(nn.Linear(z_dim, 40), *inner, nn.Linear(40, 784))

        def forward(self, z: Tensor) -> Tensor:
            return self.net(z)

    return type("MyNetwork", (), {"Encoder": network().Encoder, "Decoder": Decoder})  # type: ignore[attr-defined]


def normalized() -> type:
    """Spectral norms take out whatever the weights are multiplied by."""

    class Decoder(nn.Module):
        def __init__(self, z_dim: int) -> None:
            super().__init__()
            norm = nn.utils.parametrizations.spectral_norm
            self.net = nn.Sequential(norm(nn.Linear(z_dim, 128)), nn.ELU(), norm(nn.Linear(128, 784)))

        def forward(self, z: Tensor) -> Tensor:
            return self.net(z)

    return type("MyNetwork", (), {"Encoder": network().Encoder, "Decoder": Decoder})  # type: ignore[attr-defined]


UNUSUAL = {
    "capped at 5": network(end=lambda h: 5 * torch.tanh(h / 5)),
    "capped at 20": network(end=lambda h: h.clamp(-20, 20)),
    "rare ink": network(end=lambda h: h - 7),
    "small": network(end=lambda h: h / 100),
    "layer norm": network(end=lambda h: nn.functional.layer_norm(h, (784,))),
    "thirty layers": deep(30),
    "spectral norm": normalized(),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_decoder_whose_logits_are_free_passes(name: str) -> None:
    for seed in range(3):
        found = check(UNUSUAL[name], "MyNetwork", seed=seed)
        assert found, found.message


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """The dictionary of a trained model in a file; contrast: of its logits, 1 as it was trained."""

    def save(contrast: float = 1, name: str = "v1_z20") -> dict[str, Any]:
        model = given.trained(name)
        with torch.no_grad():
            model.dec.net[-1].weight.mul_(contrast)
        path = tmp_path_factory.mktemp("model") / "model.safetensors"
        save_file(model.state_dict(), path)
        return {"file": str(path), "nn": "v1", "z_dim": model.z_dim}

    return save


def said(hand_in: Any) -> str:
    found = check(hand_in, "trained_model")
    assert found.status == "raised" and "..." not in found.message.splitlines()[0], "whole sentences"
    return found.message


def test_an_entry_that_is_missing_is_named(saved: Callable[..., dict[str, Any]]) -> None:
    whole = saved()
    for key in whole:
        rest = {name: value for name, value in whole.items() if name != key}
        for hand_in in (rest, rest | {key: None}):
            assert f"the dictionary has no '{key}' yet" in said(hand_in)
    assert "no 'file' and no 'nn' yet" in said({"z_dim": 20})


@pytest.mark.parametrize("hand_in", [{"file": None, "nn": None, "z_dim": None}, {}, None])
def test_a_stub_is_not_started(hand_in: Any) -> None:
    assert check(hand_in, "trained_model").status == "not started"


@pytest.mark.parametrize("hand_in", [given.VAE(), given.VAE, "model.safetensors", 20, ["model.safetensors", "v1", 20]])
def test_what_is_no_dictionary_is_told_what_is_asked(hand_in: Any) -> None:
    assert "the saved file's name" in said(hand_in) and "trained_model is a" in said(hand_in)


def test_a_model_in_the_place_of_the_file_s_name_is_told_what_is_asked() -> None:
    message = said({"file": given.VAE(), "nn": "v1", "z_dim": 2})
    assert '"file" is a VAE' in message and '"model.safetensors"' in message


@pytest.mark.parametrize("change", [{"z_dim": 10}, {"nn": "v2"}])
def test_weights_of_another_network_or_z_dim_are_said_to_be_so(
    change: dict[str, Any], saved: Callable[..., dict[str, Any]]
) -> None:
    message = check(saved() | change, "trained_model").message
    assert "size mismatch" in message and "another network or to another z_dim" in message


@pytest.mark.parametrize(("contrast", "points", "next_one"), [(0.65, 3, 100), (0.5, 2, 105), (0.4, 1, 115)])
def test_a_figure_says_what_is_reached_and_what_the_next_point_is_for(
    contrast: float, points: int, next_one: int, saved: Callable[..., dict[str, Any]]
) -> None:
    found = check(saved(contrast), "trained_model")
    assert found.status == "wrong" and found.points == points
    assert f"{points} of 4 points. The next point is for {next_one} nats or fewer." in found.message
