"""The part of a cell that is kept: its definitions, in the lines where the student wrote them."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """The definitions of one cell.

    Args:
        place: "cell 12", counted from 1 over cells of every kind.
        source: the cell's text, with everything else blanked; every line has the number that the student sees.
        names: what it defines, in order.
    """

    place: str
    source: str
    names: tuple[str, ...]


def only(source: str, tree: ast.Module, keep: list[ast.stmt]) -> str:
    """The text of a cell with only these statements left, each on its own lines."""
    lines = [line.encode() for line in source.split("\n")]
    mine: set[int] = set()
    for node in keep:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        mine |= set(range(first, (node.end_lineno or first) + 1))
    for node in tree.body:  # `work(); a = 1`: the first becomes a 0
        if node not in keep and mine & {node.lineno, node.end_lineno}:
            if node.lineno != node.end_lineno:
                return "\n".join(map(ast.unparse, keep))
            line = lines[node.lineno - 1]
            width = (node.end_col_offset or 0) - node.col_offset
            lines[node.lineno - 1] = line[: node.col_offset] + b"0".ljust(width) + line[node.end_col_offset :]
    return "\n".join(line.decode() if number in mine else "" for number, line in enumerate(lines, start=1))
