"""Modules of the student's own, marimo notebooks, and what is said of a name that something failed to define."""

from pathlib import Path

from tests.runner.notebooks.hand_ins import LESSON_OF, notebook_of, read, values, write
from vae_course.checks.learning.terminal import check_file
from vae_course.runner.notebooks import read_hand_in, run_definitions

KL = "def kl_normal(qm, qv, pm, pv):\n    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)\n"


def test_a_module_that_a_cell_writes_comes_along_and_what_is_added_to_it(tmp_path: Path):
    write_it, more = "%%writefile parts.py\nhalf = 0.5\n", "%%writefile -a parts.py\ndef f(x):\n    return half * x\n"
    found = values(
        tmp_path,
        write_it,
        more,
        "from parts import f as g, half",
        "import parts",
        "predict_negative_share = g(3) + parts.half",
    )
    assert found["g"](3) == 1.5 and found["predict_negative_share"] == 2


def test_a_module_beside_the_notebook_comes_along_and_those_that_it_imports(tmp_path: Path):
    (tmp_path / "one.py").write_text(
        "from two import (\n    half,\n    third as part,\n)\n\ndef f(x):\n    return part * x\n"
    )
    (tmp_path / "two.py").write_text("half, third = 1 / 2, 1 / 3\n1 / 0\n")
    path = write(tmp_path, notebook_of("from one import f", "predict_negative_share = f(3)"), "02_kl_divergence.ipynb")
    hand_in = read_hand_in(path, LESSON_OF, {name: tmp_path / f"{name}.py" for name in ("one", "two")})
    assert run_definitions(hand_in).namespace["predict_negative_share"] == 1
    assert "The module one.py, which cell 1 imports, was read along." in hand_in.notes
    assert "one" not in run_definitions(read_hand_in(path, LESSON_OF)).namespace, "nothing is read that is not given"


def test_a_module_that_is_run_comes_along_and_one_that_is_missing_is_named(tmp_path: Path):
    (tmp_path / "mine.py").write_text(KL)
    path = write(tmp_path, notebook_of("%run mine.py"), "02_kl_divergence.ipynb")
    assert "kl_normal: correct" in str(check_file(path))
    (tmp_path / "mine.py").unlink()
    assert "kl_normal: raised" in str(check_file(path)) and "No module named 'mine'" in str(check_file(path))


def test_lines_below_an_import_over_several_lines_keep_their_numbers(tmp_path: Path):
    (tmp_path / "one.py").write_text("a = b = 1\n")
    path = write(tmp_path, notebook_of("from one import (\n    a,\n    b,\n)\nc = 1 / 0"), "02_kl_divergence.ipynb")
    failed = run_definitions(read_hand_in(path, LESSON_OF, {"one": tmp_path / "one.py"})).failed
    assert failed["c"] == "cell 1, line 5, raised ZeroDivisionError: division by zero"


def test_a_package_that_is_not_there_is_the_reason_of_all_that_needs_it(tmp_path: Path):
    cells = [
        "from no_such_package import reduce, Float",
        KL.replace(".sum(-1)", "").replace("return ", "return reduce(").rstrip() + ", 'd')",
    ]
    annotated = "def log_normal(x: Float, m, v):\n    return x"
    path = write(tmp_path, notebook_of(*cells, annotated), "02_kl_divergence.ipynb")
    by_name = {verdict.exercise: verdict for verdict in check_file(path).verdicts}
    for name in ("kl_normal", "log_normal"):
        assert by_name[name].status == "raised"
        assert "No module named 'no_such_package': it is neither installed" in by_name[name].message


def test_the_cells_of_a_marimo_notebook_are_the_bodies_of_its_functions(tmp_path: Path):
    text = f"""import marimo
app = marimo.App()

with app.setup:
    import math

@app.cell
def _():
    half = math.sqrt(0.25)
    return (half,)

@app.function
{KL}
@app.cell(hide_code=True)
def _(half):
    predict_negative_share = half
    broken = 1 / 0
    return

if __name__ == "__main__":
    app.run()
"""
    hand_in = read_hand_in(write(tmp_path, text, "02_kl_divergence.py"), LESSON_OF)
    found = run_definitions(hand_in)
    assert found.namespace["predict_negative_share"] == 0.5 and callable(found.namespace["kl_normal"])
    line = text.splitlines().index("    broken = 1 / 0") + 1
    assert found.failed["broken"] == f"cell 4, line {line}, raised ZeroDivisionError: division by zero"


def test_lines_that_go_on_after_a_magic_go_with_it(tmp_path: Path):
    found = read(tmp_path, "!pip install a \\\n   b \\\n   c\nx = 1", "%pip install -q \\\n  d\ny = 2")
    assert [snippet.names for snippet in found.cells] == [("x",), ("y",)]
