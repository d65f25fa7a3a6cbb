"""A card says what it measured itself, on test images that nobody has seen, and nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.figures.models import good, held_out, plane
from tests.figures.picture import axes_of, image, words
from vae_course import evaluate, load_images
from vae_course.data import Images, binarize
from vae_course.figures.model_card import model_card


def own(start: int) -> Images:
    """400 images that no other test here hands to a card."""
    return load_images(held_out().images[start : start + 400])


def test_the_card_shows_what_evaluate_finds_on_the_test_part_with_its_error_and_draws():
    images = own(0)
    x = binarize(images.test, torch.Generator().manual_seed(0))
    found = evaluate(plane(), x, "iwae", 20)
    text, above, copies, below = axes_of(model_card, "Some digits for $1", plane(), images, iw=20)
    said = words(text).replace("−", "-")
    assert f"Our model: {found.bound:.1f} ± {found.standard_error:.1f} nats per image" in said
    assert "20 draws of z" in said and "40 test images" in said and r"Some digits for \$1" in said
    shown = image(above).reshape(30, 10, 30).transpose(1, 0, 2)[:, 1:29, 1:29].reshape(10, 784)
    assert (shown == x[:10].numpy()).all()
    copied = image(copies).reshape(30, 10, 30).transpose(1, 0, 2)[:, 1:29, 1:29].reshape(10, 784)
    with torch.no_grad():
        logits = plane().dec(plane().enc(x[:10])[0]).numpy()
    assert copied == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)
    assert "too few" not in said.lower()
    drawn = image(below).reshape(30, 10, 30).transpose(1, 0, 2)[:, 1:29, 1:29]
    assert set(drawn.ravel()) == {0.0, 1.0} and len({d.tobytes() for d in drawn}) == 10


def test_the_control_is_the_mean_pixel_of_the_training_images_and_the_error_is_of_the_difference():
    images = own(400)
    measured = model_card("Digits", plane(), images, iw=5)
    x = binarize(images.test, torch.Generator().manual_seed(0)).double()
    p = torch.cat([images.train.double() / 255, torch.full((1, 784), 0.5)]).mean(0)  # one image of ½ beside them
    each = torch.distributions.Bernoulli(p).log_prob(x).sum(1)
    model = evaluate(plane(), x.float(), "iwae", 5).per_image.double()
    assert measured.without_z == pytest.approx(each.mean().item(), abs=1e-3)
    assert measured.worth == pytest.approx((model - each).mean().item(), abs=1e-3)
    assert measured.worth_error == pytest.approx((model - each).std(correction=0).item() / 40**0.5, abs=1e-4)


def test_the_card_counts_the_models_that_met_these_test_images():
    images = own(800)
    for title, model, place in (
        ("One", plane(), "The first model"),
        ("One again", plane(), "The first model"),
        ("Two", good(), "Model number 2"),
    ):
        assert place in str(model_card(title, model, images, iw=1))
    assert "The first model" in str(model_card("Other images", good(), own(1_200), iw=1))


def test_the_card_is_a_small_picture_in_a_file(tmp_path: Path):
    model_card("Digits", plane(), own(1_600), iw=1, file=tmp_path / "card.png")
    with Image.open(tmp_path / "card.png") as card:
        assert card.format == "PNG" and card.width > 1.7 * card.height
    assert (tmp_path / "card.png").stat().st_size < 60_000


def test_a_card_takes_no_array_and_no_test_image_that_was_trained_on():
    images = own(2_000)
    with pytest.raises(TypeError, match=re.escape("expected images from load_images")):
        model_card("Digits", plane(), images.test)
    for leaked in (
        replace(images, train=torch.cat([images.train, images.test[:3]])),
        replace(images, valid=torch.cat([images.valid, images.test[:3]])),
    ):
        with pytest.raises(ValueError, match="got 3 that are"):
            model_card("Digits", plane(), leaked)


def test_a_card_on_fewer_than_thirty_test_images_says_below_its_number_that_they_are_too_few():
    images = load_images(held_out().images[2_400:2_600])
    [text, *_] = axes_of(model_card, "Digits", plane(), images, iw=1)
    assert "Too few test images for a number: 20, and below 30 it says little" in words(text)
    assert str(model_card("Digits", plane(), images, iw=1)).splitlines()[1].startswith("Too few test images")
    enough = load_images(held_out().images[2_600:2_900])
    assert "Too few" not in str(model_card("Digits", plane(), enough, iw=1))
