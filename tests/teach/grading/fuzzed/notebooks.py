"""Notebooks that chance has changed: their bytes, the nodes of their JSON, or the text of their cells."""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.teach.grading.mangled.hand_ins import answers, notebook

NAMES = ("x.ipynb", "x.ipynb", "x.ipynb", "x.py", "x.ipynb.txt", "x.json", "x.txt", "x")
_HOLE = "@HOLE@"  # a string in whose place something stands that no writer of JSON writes

Node = tuple[Any, Any]
"""What holds something, and its key or its place in it."""


def fuzzed_notebook(luck: random.Random) -> tuple[str, bytes]:
    """A file's name and its content."""
    name = luck.choice(NAMES)
    cells = answers(luck.randrange(400))[luck.randrange(2)]
    if luck.random() < 0.4:
        cells = [luck.choice(_SOURCES)(cell, luck) for cell in cells]
    data = "\n\n".join(cells).encode("utf-8", "replace") if name.endswith(".py") else _in_json(cells, luck)
    for _ in range(luck.choice((0, 0, 1, 3))):
        data = luck.choice(_BYTES)(data, luck)
    return name, data


def _in_json(cells: list[str], luck: random.Random) -> bytes:
    made = json.loads(notebook("00_start_here"))
    made["metadata"]["vae_course"]["lesson"] = luck.choice(("00_start_here", "01_reparameterization", "99", 7, None))
    text: list[str] = [f"line {number}\n" for number in range(luck.choice((0, 3, 200)))]
    output = {"output_type": "stream", "name": "stdout", "text": text}
    made["cells"] = [{"cell_type": "code", "metadata": {}, "source": cell, "outputs": [output]} for cell in cells]
    hole = ""
    for _ in range(luck.choice((0, 1, 1, 2, 5))):
        hole = luck.choice(_NODES)(made, luck) or hole
    return json.dumps(made, indent=luck.choice((None, 1))).replace(f'"{_HOLE}"', hole or "0").encode()


def _nodes(node: Any) -> list[Node]:
    """Every place in a tree."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found: list[Node] = []
    for key, value in list(items):
        found += [(node, key), *_nodes(value)]
    return found


def _any(made: Any, luck: random.Random) -> Node:
    return luck.choice(_nodes(made) or [([0], 0)])


def _delete(made: Any, luck: random.Random) -> None:
    holder, key = _any(made, luck)
    del holder[key]


def _exchange(made: Any, luck: random.Random) -> None:
    (one, here), (other, there) = _any(made, luck), _any(made, luck)
    kept = json.loads(json.dumps(one[here]))  # copies: one may hold the other
    one[here], other[there] = json.loads(json.dumps(other[there])), kept


def _repeat(made: Any, luck: random.Random) -> None:
    holder, key = _any(made, luck)
    if isinstance(holder, list):
        holder[key:key] = [holder[key]] * luck.choice((1, 5))
    else:
        holder[key] = [holder[key]] * luck.choice((2, 5))


def _retype(made: Any, luck: random.Random) -> None:
    holder, key = _any(made, luck)
    value = holder[key]
    strange: tuple[Any, ...] = (None, True, 0, -1, 1e308, "", " ", [], {}, [[]], {"": None}, "\0", "\ud800")
    holder[key] = luck.choice((*strange, str(value), [value], {"text": value}))


def _hole(*texts: str) -> Callable[[Any, random.Random], str]:
    def change(made: Any, luck: random.Random) -> str:
        holder, key = _any(made, luck)
        holder[key] = _HOLE
        return luck.choice(texts)

    return change


def _deep(luck: random.Random, opening: str, closing: str, inside: str = "") -> str:
    deep = luck.choice((3, 90, 300, 5_000, 100_000))
    return opening * deep + inside + closing * luck.choice((0, deep, deep, deep - 1))


_NODES: tuple[Callable[[Any, random.Random], str | None], ...] = (
    _delete,
    _exchange,
    _repeat,
    _retype,
    _retype,
    _hole("9" * 5_000, "-1e999", "NaN", "Infinity", "1" + "0" * 100_000, "1e-400", "0x10", "01", "'x'", '"\\ud800"', '"\\u00"'),
    lambda made, luck: _hole(_deep(luck, "[", "]"), _deep(luck, '{"a":', "}", "1"))(made, luck),
)  # fmt: skip


def _somewhere(text: Any, luck: random.Random) -> list[int]:
    return sorted((luck.randrange(len(text) + 1), luck.randrange(len(text) + 1)))


def cut(text: Any, luck: random.Random) -> Any:
    return text[: luck.randrange(len(text) + 1)]


def leave_out(text: Any, luck: random.Random) -> Any:
    start, end = _somewhere(text, luck)
    return text[:start] + text[end:]


def double(text: Any, luck: random.Random) -> Any:
    start, end = _somewhere(text, luck)
    return text[:end] + text[start:]


def _insert(*texts: str) -> Callable[[str, random.Random], str]:
    def change(text: str, luck: random.Random) -> str:
        at = luck.randrange(len(text) + 1)
        return text[:at] + luck.choice(texts) + text[at:]

    return change


_SOURCES: tuple[Callable[[str, random.Random], str], ...] = (
    cut,
    leave_out,
    double,
    _insert("(", ")", "'''", '"', "\\", "\t", "\r", "\f", "\0", "\u2028", "\ud800", "if x:", "\n  ", "def f(:", "# %%\n", "!ls \\\n", "%%writefile x.py\n"),
    _insert("9" * 5_000, "0x" + "f" * 100_000, "1e999999", "x = [0] * 10**10\n", "-" * 5_000 + "1", "lambda: " * 500 + "0", "f'{f\"{1}\"}'"),
    _insert("class A:\n def f(self):\n  (\n", "from x import *\n", "import .x\n", "async def f(): await f\n", "match x:\n case _: 1\n", "@f\n" * 300),
    lambda text, luck: _insert(_deep(luck, "(", ")", "1"), _deep(luck, "[", "]"), _deep(luck, "{0:", "}", "0"))(text, luck),
    lambda text, luck: "".join(f"{' ' * depth}if 1:\n" for depth in range(luck.choice((10, 99, 101, 500)))) + text,
)  # fmt: skip


def flip(data: bytes, luck: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.choice((1, 1, 4, 100)) if data else 0):
        changed[luck.randrange(len(changed))] = luck.randrange(256)
    return bytes(changed)


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    flip,
    cut,
    leave_out,
    double,
    lambda data, luck: luck.choice((b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xef\xbb\xbf", b"PK\3\4", b"<", b"\0" * 99)) + data,
    lambda data, luck: data.decode("utf-8", "replace").encode(luck.choice(("utf-16", "utf-16-be", "utf-32", "latin-1")), "replace"),
    lambda data, luck: luck.randbytes(luck.choice((0, 1, 300, 70_000))),
)  # fmt: skip
