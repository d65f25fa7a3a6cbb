"""What each test image costs the course's own model: the data behind exercise 7.3's quick marks.

    python -m vae_course.teach.authoring.test_images_data

Writes vae_course/checks/lessons/capstone/test_images.safetensors: a mean NELBO in nats for each of the 10,000 images, over binarizations and
draws of z. Ten seconds.
"""

import torch
from safetensors.torch import save_file

from vae_course import given
from vae_course.checks.lessons.capstone.trained_model.test_images import STORED
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate

BINARIZATIONS = 16


def costs() -> torch.Tensor:
    model, images = given.trained("v1_z20"), load_mnist("test").images
    found = torch.zeros(len(images), dtype=torch.float64)
    for seed in range(BINARIZATIONS):
        x = binarize(images, torch.Generator().manual_seed(seed))
        found -= evaluate(model, x, iw=2, seed=seed).per_image / BINARIZATIONS
    return found


if __name__ == "__main__":
    save_file({"nelbo": costs().half()}, STORED)
