"""What becomes of a whole batch by one slip: its rows, columns or draws exchanged or shared; or something done to all of it."""

import ast
from collections.abc import Iterable, Iterator

from vae_course.checks.engine.edits import OF_AN_INPUT, RARE, Edit, Rules, by, edits

OF_A_BATCH: Rules = {
    RARE: (
        *("X.flip(0)", "X.roll(1, 0)", "X[:1].expand_as(X)", "X.mean(0, keepdim=True).expand_as(X)"),
        *("X.flip(-1)", "X.roll(1, -1)", "X[..., :1].expand_as(X)", "X.clamp(-2, 2)", "X.detach()"),
        *("X.flip(1)", "X[:, :1].expand_as(X)"),
    )
}
"""What becomes of a whole batch: other rows, one row for all, other columns, one column for all, the draws exchanged or shared."""


def edits_of_batches(tree: ast.AST, inputs: Iterable[str]) -> Iterator[Edit]:
    """What becomes of a whole batch, wherever one stands in an expression."""
    for edit in edits(tree, inputs):
        if edit.rule == "X.detach()" and len(edit.paths) == 1:
            yield from by(edit.paths, OF_A_BATCH)


def edits_of_whole() -> Iterator[Edit]:
    """What may be done to an input, done to all of an expression."""
    return by(((),), OF_AN_INPUT)
