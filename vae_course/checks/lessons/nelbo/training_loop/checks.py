"""Exercise 4.4: what a loop did, read from the batches that the model was shown and the way of its weights."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, generator
from vae_course.runner.answers import Answer, Call

IMAGES, BITS, GREY, STEPS, BATCH, RATE = 120, 7, 33, 40, 100, 1e-3


def draw_images(rng: Generator) -> Arguments:
    """Bytes (120, 40): seven black or white pixels that number the image, and 33 of one middle grey, by which a throw is seen."""
    number = torch.arange(IMAGES)[:, None] >> torch.arange(BITS) & 1  # (120, 7)
    grey = torch.randint(100, 156, (1,), generator=rng).expand(IMAGES, GREY)
    return torch.cat([255 * number, grey], 1).to(torch.uint8), STEPS


def _numbers(batches: Tensor) -> Tensor:
    """Which images they are: (steps, rows)."""
    return (batches[..., :BITS] * 2 ** torch.arange(BITS)).sum(-1).round().long()


def _call(trial: Trial) -> Call:
    return trial.call()


def as_many_steps(trial: Trial) -> None:
    """The loss asked for and the weights moved as many times as `steps` says."""
    asked, moved = (int(_call(trial).outputs[name]) for name in ("asked", "moved"))
    if moved != STEPS:
        raise Wrong(f"An optimizer moved the weights {moved} times.", f"steps is {STEPS}: one move for each step.")
    if asked != STEPS:
        raise Wrong(f"The model's loss was computed {asked} times.", f"steps is {STEPS}: one loss for each step.")


def batches_of_100(trial: Trial) -> None:
    """Each batch has 100 rows and every pixel."""
    shapes = _call(trial).outputs["shapes"].long().tolist()
    for step, shape in enumerate(shapes, 1):
        if shape != [BATCH, BITS + GREY]:
            raise Wrong(
                f"The batch of step {step} has the shape {tuple(shape)}.",
                f"The images are {(IMAGES, BITS + GREY)}; a batch is {(BATCH, BITS + GREY)}.",
            )


def black_and_white(trial: Trial) -> None:
    """Zeros and ones."""
    batches = _call(trial).outputs["batches"]
    if batches.max() > 1:
        raise Wrong(f"A batch holds {batches.max():.0f}: bytes.", "The model expects zeros and ones: binarize(batch).")
    if not ((batches == 0) | (batches == 1)).all():
        raise Wrong("A batch holds grey values between 0 and 1.", "The model expects zeros and ones: binarize(batch).")


def drawn_at_random(trial: Trial) -> None:
    """Every image comes, in no order, and batches differ.

    Of 4,000 draws of 120 images one is missing with probability 120 · (119/120)^4000 = 4e-13 in a right answer. Power: a loop that
    leaves one image out is always seen.
    """
    numbers = _numbers(_call(trial).outputs["batches"])
    if (numbers.sort(1).values == numbers[0].sort().values).all():
        raise Wrong("Every step has the same images.", "Draw 100 of them anew in each step.")
    if ((numbers.diff(dim=1) - 1) % IMAGES == 0).all():
        raise Wrong("Each batch holds images that stand one after another.", "Draw the 100 images at random.")
    if missing := IMAGES - len(numbers.unique()):
        raise Wrong(
            f"In {STEPS} batches of {BATCH}, {missing} of the {IMAGES} images never came.",
            "Each step draws from all of them.",
        )


def thrown_anew(trial: Trial) -> None:
    """The same image is another pattern in another step, and rows of a batch are thrown each for itself. (By chance alike: 2^-33.)"""
    batches = _call(trial).outputs["batches"]
    numbers, grey = _numbers(batches), batches[..., BITS:]
    of_one = [grey[numbers == i] for i in numbers.unique()]
    if all((rows == rows[0]).all() for rows in of_one):
        if (grey == grey[0, 0]).all():
            raise Wrong(
                "A grey pixel always gets the same value.",
                "It is thrown, with the chance that is its brightness: binarize does it.",
            )
        raise Wrong(
            "An image has the same black and white pixels whenever it comes.", "They are thrown anew in every step."
        )
    if (grey == grey[:, :1]).all():
        raise Wrong(
            "In each batch one throw serves all images: their grey pixels agree.", "Each image has a throw of its own."
        )


def adam_once(trial: Trial) -> None:
    """The weights go where Adam leads, with its memory. (In the model, only the first step has a slope.)"""
    found, right = _call(trial).outputs["weights"].flatten().double(), _by_adam()
    if close(found, right):
        return
    anew = torch.full_like(right, -RATE)
    if close(found, anew):
        raise Wrong(
            "After the first step the weights stand still: they move as with a new optimizer at every step.",
            "In our model only the first step has a slope, and an Adam that remembers it moves on for a while.",
        )
    if close(found[:1], right[:1]) and close(found, right[0] * torch.arange(1, STEPS + 1)):
        raise Wrong(
            "Every step moves the weights as far as the first.",
            "In our model only the first step has a slope: it was not forgotten before the next.",
        )
    raise Wrong(
        f"After three steps the weight is {[round(v, 6) for v in found[:3].tolist()]}.",
        f"Adam with rate 0.001 makes it {[round(v, 6) for v in right[:3].tolist()]}.",
    )


def _by_adam() -> Tensor:
    """From 0, with slopes 3, 0, 0, ...: Kingma & Ba (2015), algorithm 1, with the rates that torch.optim.Adam has by default."""
    step = torch.arange(1, STEPS + 1, dtype=torch.float64)
    mean = 0.3 * 0.9 ** (step - 1) / (1 - 0.9**step)
    square = 0.009 * 0.999 ** (step - 1) / (1 - 0.999**step)
    return -(RATE * mean / (square.sqrt() + 1e-8)).cumsum(0)


def returns_losses(trial: Trial) -> None:
    """As many numbers as steps: what the model said before each step."""
    call = _call(trial)
    returned, losses = call.outputs["returned"].double(), call.outputs["losses"].double()
    if call.outputs["nothing"].item():
        raise Wrong("Your function returned None.", f"It should return the list of the {STEPS} losses.")
    if returned.shape != losses.shape:
        raise Wrong(
            f"Your function returned {len(returned) or 'no'} number{'s' if len(returned) != 1 else ''}.",
            f"It should return a list of {STEPS}: the loss of each step.",
        )
    if not close(returned, losses):
        first = int((returned - losses).abs().argmax())
        raise Wrong(
            f"Number {first + 1} of your list is {returned[first]:.3f}.",
            f"The loss of that step was {losses[first]:.3f}.",
        )


def loop_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """What is the same in every run: counts, shapes, the way of the weights, how batches are made, what came back."""
    call = answer.call(*draw_images(generator(0, "fingerprint")), seed=0)
    found = call.outputs
    if call.error or "asked" not in found:
        return {}
    same = {name: found[name].double() for name in ("asked", "moved", "weights", "shapes", "nothing")}
    same["count"] = torch.tensor(float(len(found["returned"])))
    if found["returned"].shape == found["losses"].shape:
        same["returned"] = found["returned"].double() - found["losses"].double()
    if "batches" in found and found["batches"].shape[-1] == BITS + GREY:
        batches = found["batches"]
        numbers, grey = _numbers(batches), batches[..., BITS:]
        same["range"] = torch.stack([batches.max(), ((batches == 0) | (batches == 1)).all().float()])
        same["same images"] = (numbers.sort(1).values == numbers[0].sort().values).all().double()
        same["in order"] = ((numbers.diff(dim=1) - 1) % IMAGES == 0).all().double()
        same["once"] = torch.tensor(
            float(all((r == r[0]).all() for r in (grey[numbers == i] for i in numbers.unique())))
        )
        same["shared"] = (grey == grey[:, :1]).all().double()
    return same
