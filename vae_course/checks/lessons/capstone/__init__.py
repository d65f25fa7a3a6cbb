"""Exercises of lesson 07: the whole class, a network of one's own, a trained model, and a close reading."""

from vae_course.checks.lessons.capstone.own_network import my_network
from vae_course.checks.lessons.capstone.slips import slips
from vae_course.checks.lessons.capstone.trained_model import trained_model
from vae_course.checks.lessons.capstone.vae import vae

EXERCISES = (vae, my_network, trained_model, slips)
