"""Exercise 6.3: the map of the latent plane, drawn by the learner."""

from vae_course.checks.engine.exercise import Check, Method
from vae_course.checks.lessons.generation.plane_grid import checks
from vae_course.checks.lessons.generation.plane_grid.mistakes import MISCONCEPTIONS

plane_grid = Method(
    name="plane_grid",
    lesson="06_generation",
    number="6.3",
    title="Draw the map yourself",
    minutes=12,
    difficulty=2,
    lines="8 lines",
    optional=True,
    arguments=checks.draw_plane,
    parameters=("model", "n", "width"),
    slopes=False,
    checks=(
        Check("one picture of n · 28 rows and columns", checks.one_picture),
        Check("each tile is one decoded image", checks.whole_tiles),
        Check("even steps, both ends included", checks.even_steps),
        Check("z₁ grows to the right, z₂ upwards", checks.right_and_up),
        Check("no gradient is left", checks.no_gradient_left),
        Check("the model is as it was", checks.model_as_it_was),
    ),
    fingerprint=checks.plane_fingerprint,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Begin with one row of the map: z₂ stays the same, z₁ takes n values with both ends, as in exercise 6.2. Which z are these?",
        "The decoder takes them as (n, 2). Its logits become probabilities, and each row of 784 pixels an image of 28 × 28.",
        "torch.cat glues images side by side with dim=1, and finished rows below each other with dim=0. The first row of the picture "
        "is the top one, so it has the largest z₂.",
    ),
)
