"""Exercise 6.3: what a map of the latent plane must show. Every tile of a `ruler` tells which z it was decoded from."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.diagnosis import fact
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, generator
from vae_course.checks.worlds.decoders import probabilities, ruler, z_of_probabilities
from vae_course.runner.answers import Answer, Call, Model

SIDE = 28
DRAWS = 3
NEAR = 0.01  # of z, read off two pixels of a tile


def draw_plane(rng: Generator) -> Arguments:
    """A model, a number of tiles along each side, and how far z goes from 0."""
    model, n = ruler(int(torch.randint(10_000, (), generator=rng))), int(torch.randint(3, 7, (), generator=rng))
    return model, n, int(torch.randint(2, 6, (), generator=rng)) / 2


def one_picture(trial: Trial) -> None:
    """A gate: one picture of n · 28 rows and columns, as a tensor or a numpy array; both are drawn."""
    for i in range(DRAWS):
        _, n, _ = trial.draw(i)
        value, side = _picture(trial.call_on_draw(i)), n * SIDE
        if tuple(value.shape) != (side, side):
            raise Wrong(
                f"You returned shape {tuple(value.shape)} for n = {n}.",
                f"It should be one picture, ({side}, {side}): n · 28 rows and n · 28 columns.",
            )


def whole_tiles(trial: Trial) -> None:
    """Each tile of 28 × 28 holds the pixel probabilities of one z, wherever the tile lies."""
    for i in range(DRAWS):
        model, n, _ = trial.draw(i)
        tiles = _tiles(trial, i)
        low, high = tiles.min().item(), tiles.max().item()
        if not 0 <= low <= high <= 1:
            raise Wrong(f"Your pixels run from {low:.2f} to {high:.2f}.", "Probabilities lie between 0 and 1.")
        right = probabilities(model, z_of_probabilities(tiles.view(-1, SIDE * SIDE))).view_as(tiles)
        if not close(tiles, right, 1e-3):
            distance = torch.nan_to_num((tiles - right).abs(), nan=1)
            row, column, pixel = (int(k) for k in torch.unravel_index(distance.argmax(), tiles.shape))
            raise Wrong(
                f"The tile in row {row}, column {column} of your map is not the picture of one z: its pixel "
                f"({pixel // SIDE}, {pixel % SIDE}) is {tiles[row, column, pixel]:.3f}.",
                "Each tile should be one decoded image as it is, 28 rows of 28 pixels.",
            )


def even_steps(trial: Trial) -> None:
    """z₁ and z₂ each take n values from −width to width in even steps, wherever their tiles lie."""
    for i in range(DRAWS):
        _, n, width = trial.draw(i)
        line = torch.linspace(-width, width, n, dtype=torch.float64)
        for name, values in zip(("z₁", "z₂"), _z(trial, i).unbind(-1), strict=True):
            found = values.flatten().sort().values
            if not bool((found - line.repeat_interleave(n)).abs().max() < NEAR):
                raise Wrong(
                    f"For n = {n} and width = {width} your tiles have the {name} {_listed(found[n // 2 :: n])}.",
                    f"They should have {_listed(line)}, {n} tiles each.",
                )


def right_and_up(trial: Trial) -> None:
    """In every row z₁ grows to the right, in every column z₂ upwards. With `even_steps`, every tile is then in its place."""
    for i in range(DRAWS):
        z = _z(trial, i)
        for name, axis, steps, way in (
            ("z₁", "row", z[..., 0].diff(dim=1), "to the right"),
            ("z₂", "column", -z[..., 1].diff(dim=0).T, "upwards"),
        ):
            if bool((steps < NEAR).any()):
                corner, far = z[0, 0], z[0, -1] if axis == "row" else z[-1, 0]
                raise Wrong(
                    f"The first {axis} of your map begins {'on the left' if axis == 'row' else 'on top'} with z = ({_listed(corner)}) and "
                    f"ends {'on the right' if axis == 'row' else 'at the bottom'} with ({_listed(far)}).",
                    f"In every {axis} {name} should grow {way}.",
                )


def no_gradient_left(trial: Trial) -> None:
    """What imshow can draw."""
    if "0" in trial.call().differentiable:
        raise Wrong("Your picture carries a gradient.", "imshow refuses one that has it, and nothing is trained here.")


def model_as_it_was(trial: Trial) -> None:
    """Weights and prior are only read."""
    if changed := trial.call().changed:
        raise Wrong(f"Your code changed {changed[0]} of the model.", "A picture changes nothing: read the model only.")


def plane_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """The picture on two draws; of a right one, whether a gradient is left; of black and white pixels only that they are."""
    found: dict[str, Tensor] = {}
    for i in range(2):
        model, n, width = draw_plane(generator(i, "fingerprint"))
        call = answer.call(model, n, width, seed=i)
        if (value := call.outputs.get("0")) is None:
            return {}
        if bool(((value == 0) | (value == 1)).all()):
            return {"black and white": fact(True)}
        found[f"{i}: picture"] = value
        if close(
            value, _right(model, n, width), 1e-3
        ):  # a wrong picture has its reason, with a gradient left or without
            found[f"{i}: gradient"] = fact("0" in call.differentiable)
    return found


def _right(model: Model, n: int, width: float) -> Tensor:
    line = torch.linspace(-width, width, n)
    z = torch.cartesian_prod(-line, line).flip(1)  # (n * n, 2), by rows of the map, from above
    return probabilities(model, z).view(n, n, SIDE, SIDE).permute(0, 2, 1, 3).reshape(n * SIDE, n * SIDE)


def _picture(call: Call) -> Tensor:
    is_array = call.kinds.get("returned") == "ndarray" and "0" in call.outputs
    return call.outputs["0"] if is_array else output(call)


def _tiles(trial: Trial, i: int) -> Tensor:
    """(n, n, 784), by rows of the map, from above."""
    n = trial.draw(i)[1]
    parts = _picture(trial.call_on_draw(i)).double().reshape(n, SIDE, n, SIDE)
    return parts.permute(0, 2, 1, 3).reshape(n, n, SIDE * SIDE)


def _z(trial: Trial, i: int) -> Tensor:
    """The z behind each tile: (n, n, 2)."""
    tiles = _tiles(trial, i)
    return z_of_probabilities(tiles.view(-1, SIDE * SIDE)).view(*tiles.shape[:2], 2)


def _listed(numbers: Tensor) -> str:
    return ", ".join(f"{x + 0.0:.2f}" for x in numbers.round(decimals=2).tolist()).replace("-", "−")
