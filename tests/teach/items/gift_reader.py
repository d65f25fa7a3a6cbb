"""A strict reader of GIFT, for the round trip: Moodle's order of steps (question/format/gift/format.php), and an error where that one guesses."""

import re
from dataclasses import dataclass, field

SPECIAL = ":#={}~"
HOLD = {sign: f"&&{ord(sign):03d};" for sign in SPECIAL}
WEIGHT = re.compile(r"^%(-?[0-9]{1,2}\.?[0-9]*)%")


@dataclass
class Read:
    """One question as Moodle would have it."""

    category: str
    id: str
    tags: list[str]
    name: str
    text: str
    kind: str
    feedback: str
    answers: list[tuple[str, float, str]] = field(default_factory=list)


def read(gift: str) -> list[Read]:
    """Every question of a file; raises ValueError for anything that is not written as it should be."""
    questions, category = [], ""
    for block in re.split(r"\n[ \t]*\n", gift.strip("\n")):
        lines = block.split("\n")
        comments = [line for line in lines if line.strip().startswith("//")]
        text = "\n".join(line for line in lines if line not in comments).strip()
        if not text:
            continue
        if text.startswith("$CATEGORY:"):
            category = text.removeprefix("$CATEGORY:").strip()
            if "\n" in category or set(category) & set(SPECIAL) or not category.startswith("$course$/top/"):
                raise ValueError(f"category {category!r}")
            continue
        questions.append(_question(category, " ".join(comments), _held(text)))
    return questions


def _held(text: str) -> str:
    """Moodle's escapedchar_pre, one sign at a time: what stands after a backslash is no sign of GIFT's any more."""
    if "&&" in text:
        raise ValueError("a text with && would meet Moodle's own placeholders")
    held, signs = [], iter(text)
    for sign in signs:
        if sign != "\\":
            held.append(sign)
            continue
        after = next(signs, "")
        if after == "\\":
            held.append("\\")
        elif after in HOLD and after:
            held.append(HOLD[after])
        else:
            raise ValueError(f"a lone backslash before {after!r} in {text[:80]!r}")
    return "".join(held)


def _free(text: str) -> str:
    """Moodle's escapedchar_post."""
    for sign, hold in HOLD.items():
        text = text.replace(hold, sign)
    return text.strip()


def _question(category: str, comments: str, text: str) -> Read:
    match = re.fullmatch(r"::([^:]+)::\[html\]([^{}#=~:]*)\{([^{}]*)\}", text, re.DOTALL)
    if not match:
        raise ValueError(f"no ::name::[html]text{{answers}}: {text[:120]!r}")
    name, asked, inside = match.groups()
    ids, tags = re.findall(r"\[id:([^\]]+)\]", comments), re.findall(r"\[tag:([^\]]+)\]", comments)
    if len(ids) != 1:
        raise ValueError(f"{name}: {len(ids)} ids")
    answers, _, feedback = inside.rpartition("####")
    found = Read(category, ids[0], tags, _free(name), _free(asked), "", _free(feedback))
    answers = answers.strip()
    if not answers:
        found.kind = "essay"
    elif answers.startswith("#"):
        found.kind = "numerical"
        found.answers = [_number(piece.strip()) for piece in answers[1:].split("=")[1:]]
        if answers[1:].split("=")[0].strip() or "~" in answers:
            raise ValueError(f"{name}: something before the first number, or a ~")
    else:
        found.kind = "multichoice"
        pieces = re.findall(r"([=~])([^=~]*)", answers)
        if "#" in answers or "".join(sign + piece for sign, piece in pieces) != answers:
            raise ValueError(f"{name}: feedback for a choice, or text before the first")
        found.answers = [(_free(piece), 100.0 if sign == "=" else 0.0, "") for sign, piece in pieces]
    return found


def _number(piece: str) -> tuple[str, float, str]:
    weight = WEIGHT.match(piece)
    number, hash_, says = piece[weight.end() if weight else 0 :].partition("#")
    if not weight or not hash_ or not re.fullmatch(r"-?\d+(\.\d+)?:\d+(\.\d+)?", number) or "#" in says:
        raise ValueError(f"no %weight%number:tolerance#feedback: {piece[:80]!r}")
    return number, float(weight[1]), _free(says)
