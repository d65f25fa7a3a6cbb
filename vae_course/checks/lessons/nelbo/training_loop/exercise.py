"""Exercise 4.4: the training loop, written whole once."""

from vae_course.checks.around.harnesses import play_loop
from vae_course.checks.around.scaffolds import right_step
from vae_course.checks.engine.exercise import Check, Played
from vae_course.checks.lessons.nelbo.training_loop import checks
from vae_course.checks.lessons.nelbo.training_loop.mistakes import MISTAKES
from vae_course.checks.lessons.nelbo.training_step import first_optimizer

training_loop = Played(
    name="training_loop",
    lesson="04_nelbo",
    number="4.4",
    title="The training loop, once by hand",
    minutes=10,
    difficulty=2,
    lines="6 lines",
    optional=True,
    warm_up=first_optimizer,
    arguments=checks.draw_images,
    parameters=("model", "images", "steps"),
    harness=play_loop,
    scaffold={"training_step": right_step},
    fingerprint=checks.loop_fingerprint,
    checks=(
        Check("as many steps as asked", checks.as_many_steps),
        Check("batches of 100", checks.batches_of_100),
        Check("zeros and ones", checks.black_and_white),
        Check("images drawn at random", checks.drawn_at_random),
        Check("pixels thrown anew", checks.thrown_anew),
        Check("one Adam for all steps", checks.adam_once),
        Check("the losses", checks.returns_losses),
    ),
    misconceptions=MISTAKES,
    hints=(
        "Two things are made once, above the loop: the optimizer, and an empty list. What happens in each round?",
        "images[torch.randint(len(images), (100,))] are 100 random images. Throw them black and white, then take your training_step.",
        "torch.optim.Adam(model.parameters(), lr=1e-3) stands above `for _ in range(steps)`. In the loop three things: a batch, "
        "binarize, a step, whose loss goes into the list.",
    ),
)
