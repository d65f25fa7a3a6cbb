"""Files as they arrive: damaged, renamed, in other forms. What can be read counts; what cannot, is unreadable for a reason."""

import io
import json
import stat
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from tests.submissions.hand_in import HEAD, LESSON, Form, HandIn, Row, as_notebook, correct
from vae_course.checks.lessons import EXERCISES

RIGHT = f"""{HEAD}
def log_normal(x, m, v):
    return -0.5 * (torch.log(2 * torch.pi * v) + (x - m) ** 2 / v).sum(-1)
# %%
def kl_normal(qm, qv, pm, pv):
    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
# %%
predict_negative_share = 0.3085
"""
WRONG = RIGHT.replace("0.5", "0.7")
ROWS = {"log_normal": correct(5), "kl_normal": correct(6), "predict_negative_share": correct(1)}
UNREADABLE = {e.name: Row("unreadable") for e in EXERCISES.values() if e.lesson == LESSON}


def notebook(text: str = RIGHT) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(str(as_notebook(HandIn("", "", ""), text)))
    return made


def changed(change: Callable[[dict[str, Any]], Any]) -> Form:
    """The notebook after a change of its parts."""

    def form(hand_in: HandIn, text: str) -> str:
        made = notebook(text)
        return json.dumps(change(made) or made, indent=1)

    return form


def rewritten(change: Callable[[str], "str | bytes"]) -> Form:
    """The notebook after a change of its text."""
    return lambda hand_in, text: change(json.dumps(notebook(text), indent=1))


def mangled(name: str, tries: str, form: Form = as_notebook, ending: str = ".ipynb", **options: Any) -> HandIn:
    file = options.pop("file", f"{name}{ending}")
    return HandIn(name, tries, RIGHT, options.pop("rows", ROWS), form=form, file=file, **options)


def unreadable(name: str, tries: str, data: str | bytes, says: str) -> HandIn:
    rows = {exercise: Row("unreadable", says=says) for exercise in UNREADABLE}
    return mangled(name, tries, lambda hand_in, text: data, file=f"{name}/{LESSON}.ipynb", rows=rows)


def conflict(text: str) -> str:
    line = next(line for line in text.splitlines() if "kl_normal" in line)
    return text.replace(line, f"<<<<<<< HEAD\n{line}\n=======\n{line}\n>>>>>>> other")


def version_3(made: dict[str, Any]) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "collapsed": False, "input": cell["source"], "language": "python", "outputs": []}
        for cell in made["cells"]
    ]
    return {"metadata": made["metadata"], "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def same_ids(made: dict[str, Any]) -> None:
    for cell in made["cells"]:
        cell["id"] = "same"


def merged(made: dict[str, Any]) -> None:
    made["cells"] = [made["cells"][0] | {"source": "\n".join(cell["source"] for cell in made["cells"])}]


def backwards(made: dict[str, Any]) -> None:
    made["cells"].reverse()


def retyped(made: dict[str, Any]) -> None:
    made["cells"][2]["cell_type"] = "raw"


LINK = "outside.ipynb"  # where the symbolic link leads


def zipped(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name, (2024, 1, 1, 10, 0, 0))
            member.external_attr = (stat.S_IFLNK if text == LINK else stat.S_IFREG) << 16
            archive.writestr(member, text, zipfile.ZIP_DEFLATED)
    return data.getvalue()


OLD = {"p.ipynb": json.dumps(notebook(WRONG)), "p (1).ipynb": json.dumps(notebook(WRONG))}

HAND_INS = (
    mangled("mangled 1 byte order mark", "A mark before the first byte.", rewritten(lambda t: "\ufeff" + t)),
    mangled("mangled 2 UTF-16", "Two bytes a character.", rewritten(lambda t: t.encode("utf-16"))),
    mangled("mangled 3 conflict markers", "A merge that was never finished.", rewritten(conflict)),
    mangled("mangled 4 format 3", "Worksheets, as ten years ago.", changed(version_3)),
    mangled("mangled 5 ids", "One id for all cells.", changed(same_ids)),
    mangled("mangled 6 merged", "All cells in one.", changed(merged)),
    mangled("mangled 7 moved", "Cells in the opposite order.", changed(backwards)),
    mangled("mangled 8 retyped", "An answer in a cell that is no code any more.", changed(retyped)),
    mangled(
        "mangled 9 cut off",
        "A download that broke off in the last cell.",
        rewritten(lambda t: t[: t.rindex("0.3085") + 7]),
        rows={**UNREADABLE, "log_normal": correct(5), "kl_normal": correct(6)},
    ),
    mangled("mangled 10 Python", "A script instead of a notebook.", lambda hand_in, text: text, ending=".py"),
    mangled("mangled 11 text", "A notebook that a browser calls a text.", ending=".ipynb.txt"),
    mangled(
        "mangled 12 versions",
        "Three versions in a folder, the newest of which counts.",
        file="mangled 12 versions/p (2).ipynb",
        beside={f"mangled 12 versions/{name}": text for name, text in OLD.items()},
    ),
    mangled(
        "mangled 13 zip",
        "An archive with the notebook and what systems leave behind.",
        lambda hand_in, text: zipped(
            {f"{LESSON}.ipynb": json.dumps(notebook(text)), f"__MACOSX/._{LESSON}.ipynb": "\0", ".DS_Store": "\0"}
        ),
        ending=".zip",
    ),
    mangled(
        "mangled 14 Windows",
        "Line ends of Windows and tabs for spaces.",
        changed(
            lambda made: (
                [
                    cell.update(source=cell["source"].replace("    ", "\t").replace("\n", "\r\n"))
                    for cell in made["cells"]
                ]
                and made
            )
        ),
    ),
    mangled(
        "mangled 15 leads out",
        "An archive with a right notebook, a path out of its folder, and a link to a file that is none of the student's.",
        lambda hand_in, text: zipped(
            {f"{LESSON}.ipynb": json.dumps(notebook(text)), "../outside.ipynb": "{}", "link.ipynb": LINK}
        ),
        ending=".zip",
    ),
    unreadable("unreadable 1 empty", "A file of no bytes.", "", "is empty"),
    unreadable("unreadable 2 a web page", "The page that shows the notebook.", "<!DOCTYPE html><html>", "web page"),
    unreadable("unreadable 3 a print", "A PDF.", b"%PDF-1.7 \x00\x01", "PDF"),
    unreadable("unreadable 4 no notebook", "JSON of something else.", '{"name": "ada"}', "no list of cells"),
)
