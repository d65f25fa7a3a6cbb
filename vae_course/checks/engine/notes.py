"""What a card adds to a right answer: worth knowing, at no cost."""

import torch

from vae_course.checks.engine.exercise import Called, Exercise
from vae_course.checks.engine.findings import Finding
from vae_course.checks.engine.telling import courtesy
from vae_course.checks.engine.trial import Trial
from vae_course.runner.answers import Call


def notes_on(exercise: Exercise, trial: Trial) -> list[Finding]:
    """The notes on an answer that passed every check. They rest on calls that the checks have made, so that they cost no time."""
    said: list[str] = []
    if isinstance(exercise, Called):
        with courtesy():
            said = [
                in_double(trial.kept["call"]) if "call" in trial.kept else "",
                *(note(trial) for note in exercise.notes),
            ]
    return [Finding(sentence) for sentence in said if sentence]


def in_double(call: Call) -> str:
    """Of tensors returned as float64. (The inputs of every check are float32.)"""
    returned = [value for name, value in call.outputs.items() if name.isdigit() and call.kinds[name] == "Tensor"]
    if not any(value.dtype == torch.float64 for value in returned):
        return ""
    return (
        "You return float64 for inputs of float32. It is right; models here compute in float32, which takes half the "
        "memory."
    )
