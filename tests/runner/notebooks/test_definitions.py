"""Which code of a hand-in is kept, and what is said about the rest."""

import ast
import inspect
import json
import math
import traceback
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSON_OF, notebook_of, read, values, write
from vae_course.runner.answers import TimedOut
from vae_course.runner.notebooks import read_hand_in, run_definitions

METHODS = [name.split(".")[1] for name, lesson in LESSON_OF.items() if "." in name and lesson != "07_capstone"]
LOG_NORMAL = "def log_normal(x, m, v):\n    return x - m\n"


def notes(folder: Path, *cells: str) -> str:
    return "\n".join(read(folder, *cells).notes)


def kept(folder: Path, *cells: str) -> list[str]:
    return [name for snippet in read(folder, *cells).cells for name in snippet.names]


USING = "def log_normal(x, m, v):\n    return a, b, f, A"
"""An answer that refers to these names."""


@pytest.mark.parametrize(
    "cell",
    [
        "import a.b",
        "from vae_course import check, hint",
        "def f(x):\n    train()",
        "@decorated(1)\nasync def f(): pass",
        "class A(B):\n    x = work()",
        "f = lambda x: work(x)",
        "a = b = 2 * 3 ** -1",
        "a, (b, *c) = 1, (2, 3)",
        "a: float = 1.5",
        "a = {'k': [1, (2,)], **{}}",
        "a = f'{1 + 1:.2f}'",
        "class A: pass\ndef f(self): pass\nA.f = f",
    ],
)
def test_definitions_and_plain_values_are_kept_whole(tmp_path: Path, cell: str):
    (snippet,) = read(tmp_path, cell).cells
    assert snippet.source == cell


WORK = [
    "a = train()",
    "a: float = train()",
    "a = model(x).loss",
    "a = [train(i) for i in range(3)]",
    "a = f'{train()}'",
    "a = (b := 3)",
    "for i in range(3):\n    a = i",
    "while True: a = 1",
    "with torch.no_grad():\n    a = torch.zeros(3)",
    "with open('x') as a: pass",
    "if solved(f):\n    a = 1",
    "try:\n    import b\nexcept ImportError as error:\n    a = str(error)",
    "from types import SimpleNamespace\na = SimpleNamespace(c=1)",
    "import os\na = os.environ.get('DEVICE', 'cpu')",
    "import torch\na = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else 'cpu'",
    "import torch\na = torch.Generator().manual_seed(0)",
    "a = dict.fromkeys('ABC')",
    "a = {}\na.update(y=2)",
    "a = {}\nfor k in 'AB':\n    a[k] = k.lower()",
    "a = []\na.append(train())",
    "class A: pass\nsetattr(A, 'loss', train())",
    "a = 1\na += train()",
]


@pytest.mark.parametrize("cell", WORK)
def test_whatever_makes_what_an_answer_refers_to_is_kept_whole(tmp_path: Path, cell: str):
    assert read(tmp_path, cell, USING).cells[0].source == cell


@pytest.mark.parametrize("cell", [*(cell for cell in WORK if "class" not in cell), "a = 1\ncheck(a)", "a = 1\ndel a"])
def test_what_no_answer_refers_to_is_not_run(tmp_path: Path, cell: str):
    (*_, last) = cell.split("\n")
    assert all(last.strip() not in snippet.source for snippet in read(tmp_path, cell).cells)


@pytest.mark.parametrize(
    "cell",
    [
        "check(log_normal)",
        "'a string'",
        "for batch in loader:\n    x = batch\n    step(x)",
        "model = VAE()\nfit(model)",
        "plt.rcParams['x'] = 3",
        "import torch\ntorch.manual_seed(0)",
        "import torch\ntorch.log = train",
        "assert False",
        "del log_normal",
    ],
)
def test_work_and_what_is_done_to_modules_is_left_out(tmp_path: Path, cell: str):
    body = [node for snippet in read(tmp_path, cell, LOG_NORMAL).cells for node in ast.parse(snippet.source).body]
    assert [type(node) for node in body if not isinstance(node, ast.Import)] == [ast.FunctionDef]


def test_a_name_that_a_loop_only_passes_through_takes_no_other_loop_along(tmp_path: Path):
    table = "a = {}\nfor i in range(3):\n    part = 2 * i\n    a[i] = part"
    hand_in = read(tmp_path, "for i in range(9):\n    part = step(i)", table, USING)
    assert [snippet.place for snippet in hand_in.cells] == ["cell 2", "cell 3"]
    assert run_definitions(hand_in).namespace["a"] == {0: 0, 1: 2, 2: 4}


def test_a_value_that_a_loop_goes_on_with_comes_along(tmp_path: Path):
    cells = ["import math\ntotal = math.floor(2.5)", "for i in range(3):\n    total = total + i\na = total", USING]
    assert values(tmp_path, *cells)["a"] == 5


def test_where_python_looks_for_modules_and_settings_is_said_before_anything_is_imported(tmp_path: Path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "my_own_part.py").write_text("half = 0.5")
    cell = f"import sys, os\nsys.path.append({str(tmp_path / 'parts')!r})\nos.environ['MY_OWN_SETTING'] = 'yes'"
    found = values(tmp_path, cell, "import os\nfrom my_own_part import half\na = os.environ['MY_OWN_SETTING']", USING)
    assert found["half"] == 0.5 and found["a"] == "yes"


def test_trees_that_ipython_has_looked_at_do_not_lead_in_circles(tmp_path: Path):
    """`executing`, by which IPython shows the line of an error, writes a parent on nodes that all trees share."""
    looked_at = ast.parse("a = b + c")
    for node in ast.walk(looked_at):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    try:
        assert values(tmp_path, "def f(x):\n    return x + 1")["f"](1) == 2
    finally:
        for node in ast.walk(looked_at):
            vars(node).pop("parent", None)


def test_what_a_loop_computes_is_an_answers_value(tmp_path: Path):
    cells = ["n = 0", "for _ in range(3): n += 1", "predict_negative_share = n / 10"]
    assert values(tmp_path, *cells)["predict_negative_share"] == 0.3


def test_an_answer_may_be_computed_by_the_hand_ins_own_functions(tmp_path: Path):
    cells = ["def half(x): return x / 2", "part = half(1)\nother = half(3)", "predict_negative_share = half(part)"]
    found = values(tmp_path, *cells)
    assert found["predict_negative_share"] == 0.25
    assert "other" not in found, "nobody needs it"
    assert "other" in kept(tmp_path, *cells[:2], "predict_negative_share = other"), "it is needed there"


def test_work_on_the_line_of_a_definition_goes_and_the_definition_stays(tmp_path: Path):
    assert values(tmp_path, "train(); a = 'é'; train(); b = 2; train()") == {"a": "é", "b": 2}
    assert values(tmp_path, "train(\n1); a = 3") == {"a": 3}


def test_magics_are_dropped_and_noted_only_beside_definitions(tmp_path: Path):
    cell = "%matplotlib inline\n!pip install x\n?print\nprint??\na = %timeit f\nif 1:\n    %time x\n    predict_negative_share = 5\nb = (7\n% 4)\n"
    hand_in = read(tmp_path, "%load_ext autoreload\n%autoreload 2", cell)
    assert [note[:7] for note in hand_in.notes] == ["Cell 2:"] and "`!pip install x`" in hand_in.notes[0]
    assert (
        run_definitions(hand_in).namespace["b"] == 3
        and run_definitions(hand_in).namespace["predict_negative_share"] == 5
    )


def test_a_cell_magic_is_dropped_and_a_cell_of_another_language_with_it(tmp_path: Path):
    assert values(tmp_path, "%%time\na = 1", "%%bash\nb=2", "%%writefile x.py\nc = 3") == {"a": 1}


def test_a_broken_cell_keeps_the_definitions_that_parse(tmp_path: Path):
    cell = (
        '@staticmethod\ndef good(x):\n    """Two\nlines."""\n    return x\n\n'
        "def kl_normal(qm:\n    return 1\n\n"
        "import math\nclass A:\n    pass\nx = (1 +\n\nlog_normal = lambda x, m, v: (\n    x\n)\nfor i in :\n    pass\n"
    )
    hand_in = read(tmp_path, cell)
    assert hand_in.cells[0].names == ("good", "math", "A", "log_normal")
    assert hand_in.lost.keys() == {"kl_normal", "x"} and "line 7" in hand_in.lost["kl_normal"]
    assert "syntax error" in hand_in.notes[0] and "good, A, log_normal" in hand_in.notes[0]
    assert (
        run_definitions(hand_in).namespace["log_normal"].__code__.co_firstlineno
        == cell.split("\n").index("log_normal = lambda x, m, v: (") + 1
    )


def test_a_broken_method_costs_only_itself(tmp_path: Path):
    cell = (
        "class VAE:\n    k = 2\n\n    def sample_z(self, batch):\n        return batch\n\n"
        "    def sample_x(self, batch)\n        return batch\n\n    @property\n    def last(self):\n        return 1\n"
    )
    hand_in = read(tmp_path, cell)
    cls = run_definitions(hand_in).namespace["VAE"]
    assert {"k", "sample_z", "last"} <= vars(cls).keys() and "sample_x" not in vars(cls)
    assert hand_in.lost.keys() == {"VAE.sample_x"}


def test_a_definition_below_the_broken_one_takes_its_place(tmp_path: Path):
    assert read(tmp_path, "def log_normal(:\n    pass", LOG_NORMAL).lost == {}


@pytest.mark.parametrize(
    "cell",
    ["    a = 1\n    b = 2", "a\u00a0=\u00a01\nb = 2", "\ufeffa = 1\nb = 2", "a = 1\x00\nb = 2", "a = 1\r\nb = 2"],
)
def test_invisible_characters_and_indented_cells_are_repaired(tmp_path: Path, cell: str):
    assert values(tmp_path, cell) == {"a": 1, "b": 2}


def test_nothing_is_run_while_a_file_is_read(tmp_path: Path):
    touch = f"open({str(tmp_path / 'ran')!r}, 'w')"
    read(tmp_path, touch, f"x = {touch}", f"class A:\n    {touch}", f"@{touch}\ndef f(x={touch}): pass")
    assert not (tmp_path / "ran").exists()


def test_the_lesson_is_told_by_the_metadata_the_name_or_the_answers(tmp_path: Path):
    def lesson(name: str, *cells: str, said: object = None) -> str:
        notebook = notebook_of(*(cells or ("x = 1",)))
        notebook["metadata"] = {"vae_course": {"lesson": said}} if said is not None else []
        return read_hand_in(write(tmp_path, notebook, name), LESSON_OF).lesson

    assert lesson("05_iwae.ipynb", LOG_NORMAL, said="04_nelbo") == "04_nelbo"
    assert lesson("05_iwae.ipynb", LOG_NORMAL, said="somebody else's") == "05_iwae"
    assert lesson("05_iwae.ipynb", LOG_NORMAL, said=["04_nelbo"]) == "05_iwae"
    for name in ("04_nelbo (1).ipynb", "04_nelbo-Copy1.ipynb", "ada_04_nelbo.ipynb"):
        assert lesson(name, LOG_NORMAL) == "04_nelbo"
    for name in ("04.ipynb", "04 Ada.ipynb"):
        assert lesson(name) == lesson(name, "class VAE:\n    def loss(self, x): pass", LOG_NORMAL) == "04_nelbo"
    assert lesson("mine.ipynb", LOG_NORMAL) == "02_kl_divergence"
    sampling = "class Mine(given.VAE):\n    def sample_z(self, batch): pass\n    def sample_x(self, batch): pass\n"
    assert lesson("mine.ipynb", sampling) == "06_generation"
    assert lesson("2024.ipynb") == ""
    whole = "class VAE(nn.Module):\n" + "".join(f"    def {m}(self): pass\n" for m in METHODS)
    assert lesson("mine.ipynb", whole, "MyNetwork = trained_model = slips = 1") == "07_capstone"


def test_a_guessed_lesson_is_noted(tmp_path: Path):
    hand_in = read_hand_in(write(tmp_path, notebook_of(LOG_NORMAL), "mine.ipynb"), LESSON_OF)
    assert hand_in.notes == (
        "Neither the file nor its name says which lesson this is; by its answers it is 02_kl_divergence.",
    )


def test_a_statement_that_raises_costs_only_its_names(tmp_path: Path):
    cells = ["a = 1 / 0; b = 2", "from math import log, nonsense, exp", "class C:\n    x = 1 / 0", "def f(): pass"]
    found = run_definitions(read(tmp_path, *cells))
    assert {"b", "log", "exp", "f"} <= found.namespace.keys() and found.failed.keys() == {"a", "nonsense", "C"}
    assert found.failed["a"] == "cell 1, line 1, raised ZeroDivisionError: division by zero"


def test_later_definitions_win_and_earlier_ones_survive_a_later_failure(tmp_path: Path):
    assert values(tmp_path, "a = 1", "a = 2")["a"] == 2
    found = run_definitions(read(tmp_path, "a = 1", "a = 1 / 0"))
    assert found.namespace["a"] == 1 and "a" in found.failed


def test_cells_in_the_wrong_order_find_each_other(tmp_path: Path):
    found = run_definitions(read(tmp_path, "class B(A): pass", "c = B", "class A: pass"))
    assert not found.failed and found.namespace["c"].__mro__[1].__name__ == "A"


def test_errors_and_sources_show_the_students_lines(tmp_path: Path):
    source = "train()\n\ndef f(x):\n    # why\n    return x / 0  # here\n"
    f = run_definitions(read(tmp_path, "import math", source)).namespace["f"]
    assert inspect.getsource(f) == "def f(x):\n    # why\n    return x / 0  # here\n"
    try:
        f(1)
    except ZeroDivisionError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert (frame.lineno, frame.line) == (
        5,
        "return x / 0  # here",
    ) and "02_kl_divergence.ipynb, cell 2" in frame.filename


def test_two_hand_ins_of_the_same_name_do_not_meet(tmp_path: Path):
    first = run_definitions(read(tmp_path, "class A: pass\ndef f():\n    return 1")).namespace
    second = run_definitions(read(tmp_path, "def f():\n    return 2")).namespace
    assert "A" not in second and first["A"].__module__ == first["__name__"] != second["__name__"]
    assert "return 1" in inspect.getsource(first["f"]) and first["f"]() == 1


def test_dataclasses_and_postponed_annotations_work(tmp_path: Path):
    cells = [
        "from __future__ import annotations\nfrom dataclasses import dataclass",
        "@dataclass\nclass P:\n    x: Nowhere = 1",
    ]
    assert values(tmp_path, *cells)["P"]().x == 1


def test_what_definitions_print_and_warn_about_is_swallowed(tmp_path: Path, capfd, recwarn):
    noisy = "class A:\n    import sys, warnings\n    print('out')\n    print('err', file=sys.stderr)\n    warnings.warn('w')\n"
    assert "A" in values(tmp_path, noisy, "s = '\\d'\ndef f():\n    return 1 is 1")
    assert capfd.readouterr() == ("", "") and not recwarn.list


def test_a_time_limit_ends_one_statement(tmp_path: Path):
    def limit(work):
        try:
            work()
        except InterruptedError:
            raise TimedOut("too long") from None

    slow = "class A:\n    raise InterruptedError"
    found = run_definitions(read(tmp_path, slow, "b = 1"), limit)
    assert found.namespace["b"] == 1 and "TimedOut: too long" in found.failed["A"]


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})", "E"),
    ],
)
def test_a_class_that_leaves_by_any_door_does_not_end_the_run(tmp_path: Path, leave: str, words: str):
    found = run_definitions(read(tmp_path, f"class A:\n    {leave}", "b = 1"))
    assert found.namespace["b"] == 1 and found.failed == {"A": f"cell 1, line 1, raised {words}"}


def test_plain_values_keep_their_numbers(tmp_path: Path):
    cell = "import math\na = {'x': 784 * math.log(2)}\na['y'] = 3\na.update({'z': 4})"
    assert values(tmp_path, cell, "predict_negative_share = a")["a"] == {
        "x": 784 * math.log(2),
        "y": 3,
        "z": 4,
    }


@pytest.mark.parametrize(
    "cell", ["a = " + "+".join("1" * 3000), "a = " + "[" * 250 + "]" * 250, "a = " + "-" * 50_000 + "1"]
)
def test_code_nested_beyond_reason_is_left_out_and_noted(tmp_path: Path, cell: str):
    hand_in = read(tmp_path, cell + "\nb = 1")
    assert "b" in run_definitions(hand_in).namespace and "syntax error" in hand_in.notes[0]


def test_half_a_character_does_not_stop_the_reading(tmp_path: Path):
    cell = "a = '\ud800'"
    notebook = json.dumps(notebook_of(cell))  # escaped, as JSON may hold it
    hand_in = read_hand_in(write(tmp_path, notebook, "02_kl_divergence.ipynb"), LESSON_OF)
    assert run_definitions(hand_in).namespace["a"] == "?"
