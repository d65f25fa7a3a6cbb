"""What all students of a run have in common is drawn once: one secret seed, so the same inputs for everybody."""

from dataclasses import replace
from functools import cache

from torch import Generator

from vae_course.checks.engine.exercise import Arguments, Called
from vae_course.checks.lessons import Exercise


@cache
def with_shared_draws(exercise: Exercise) -> Exercise:
    """The same exercise, whose arguments are drawn once for each seed.

    For a grading run, which has one seed for each exercise: what is drawn is kept until the process ends. Checks never change
    their inputs, and answers are called with copies.
    """
    if not isinstance(exercise, Called):
        return exercise
    draw = exercise.arguments
    drawn: dict[int, Arguments] = {}

    def arguments(generator: Generator) -> Arguments:
        seed = generator.initial_seed()
        if seed not in drawn:
            drawn[seed] = draw(generator)
        return drawn[seed]

    return replace(exercise, arguments=arguments)
