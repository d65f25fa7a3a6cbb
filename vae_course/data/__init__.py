"""MNIST, inside the package: no download, no network."""

from vae_course.data.mnist import MNIST, SPLITS, binarize, load_mnist

__all__ = ["MNIST", "SPLITS", "binarize", "load_mnist"]
