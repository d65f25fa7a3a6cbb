"""MNIST, inside the package: no download, no network. And images of your own."""

from vae_course.data.images import Images, load_images
from vae_course.data.mnist import MNIST, SPLITS, binarize, load_mnist

__all__ = ["MNIST", "SPLITS", "Images", "binarize", "load_images", "load_mnist"]
