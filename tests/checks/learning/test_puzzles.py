"""`puzzle(...)`: a right answer under its rule, a weak test that is broken, and every way round that we could think of."""

import ast
import functools
import importlib.util
import inspect
import itertools
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.checks.learning import puzzle_answers as answers
from tests.share import one_in
from vae_course import check, given, hint, progress, puzzle, solved, unchecked
from vae_course.checks.learning import state
from vae_course.checks.learning.puzzles import door
from vae_course.checks.learning.puzzles.kinds import BreakIt, Constraint
from vae_course.checks.learning.puzzles.rules import NoLoop, NoMoreThan, OneLine, operations
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.puzzles.written import written
from vae_course.checks.lessons import EXERCISES

SOLUTIONS = Path(__file__).parents[3] / "solutions"
CONSTRAINTS = [name for name, found in PUZZLES.items() if isinstance(found, Constraint)]
BREAK_ITS = [name for name, found in PUZZLES.items() if isinstance(found, BreakIt)]
NUMBER = itertools.count()


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


@pytest.fixture
def made(tmp_path) -> Callable[..., Any]:
    """The last function of a source, as a file gives it to its importer."""

    def make(source: str, name: str = "f") -> Any:
        path = tmp_path / f"made_{next(NUMBER)}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, name)

    return make


# ---------------------------------------------------------------- answers that solve, and that miss


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_an_answer_that_keeps_the_rule_and_is_right_solves_it_and_the_card_compares_lengths(name: str):
    found, told = PUZZLES[name], puzzle(name, answers.SOLVED[name])
    length = operations(written(answers.SOLVED[name]).node)
    assert told and repr(told).startswith(f"✓ puzzle {name}: solved")
    line = f"Length in operations: {length}; your shortest: {length}; our solution of the exercise, which need not keep the rule: "
    assert f"{line}{found.ours}; the shortest that we know: {found.shortest}." in repr(told)
    assert found.moral in repr(told) and "#0072B2" in told._repr_html_()


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_shortest_that_we_know_is_what_the_table_says(name: str):
    assert puzzle(name, answers.SHORTEST[name])
    assert operations(written(answers.SHORTEST[name]).node) == PUZZLES[name].shortest


@pytest.mark.parametrize(("name", "answer", "words"), answers.RIGHT_BUT_BROKEN)
def test_a_right_answer_that_breaks_the_rule_is_told_where_and_that_it_is_right(name: str, answer: Any, words: str):
    text = repr(puzzle(name, answer))
    assert text.startswith(f"✗ puzzle {name}: not yet") and words in text
    assert "By itself the answer is right: only the rule is broken." in text and PUZZLES[name].says in text


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_wrong_answer_that_keeps_the_rule_is_told_what_the_check_says(name: str):
    text = repr(puzzle(name, answers.KEPT_BUT_WRONG[name]))
    assert text.startswith(
        f"✗ puzzle {name}: not yet\n  The rule is kept. The exercise's check does not accept the answer:\n"
    )
    assert len(text.splitlines()) >= 4


def test_a_wrong_answer_that_breaks_the_rule_is_told_both():
    def both(m, v):
        return m + v.sqrt()

    text = repr(puzzle("01.no-root", both))
    assert "`return m + v.sqrt()`: `sqrt`" in text and "And the exercise's check does not accept the answer: " in text


def test_the_line_is_that_of_the_file_and_stands_in_full():
    _, first = inspect.getsourcelines(answers.rooted)
    assert f"Line {first + 1}, `return m + v.sqrt() * torch.randn_like(m)`: `sqrt`." in repr(
        puzzle("01.no-root", answers.rooted)
    )


@pytest.mark.parametrize("name", PUZZLES)
def test_a_stub_is_not_started_and_told_what_is_wanted(name: str):
    def stub(*arguments):
        """A docstring."""
        raise NotImplementedError

    text = repr(puzzle(name, stub))
    assert text.startswith(f"○ puzzle {name}: not started\n  Wanted: ") and PUZZLES[name].exercise in text


def test_a_bound_method_is_read_as_its_function():
    assert puzzle("06.broadcast", answers.VAE(z_dim=3).broadcast)


# ---------------------------------------------------------------- ways round

AROUND = [  # (a puzzle, its name, what the card says, the source)
    ("02.eight", "a helper elsewhere", "`helper`, a name from outside", "def helper(a): return a\ndef f(x, m, v):\n    return helper(x)"),
    ("02.eight", "eval", "`eval`, a name from outside", "def f(x, m, v):\n    return eval('x')"),
    ("02.eight", "exec", "`exec`, a name from outside", "def f(x, m, v):\n    exec('y = x')\n    return x"),
    ("02.eight", "an import by call", "`__import__`, a name", "def f(x, m, v):\n    return __import__('numpy').log(x)"),
    ("02.eight", "an import", "an import", "def f(x, m, v):\n    import numpy\n    return x"),
    ("02.eight", "a lambda inside", "a function or class inside", "def f(x, m, v):\n    g = lambda a: a * a\n    return g(x)"),
    ("02.eight", "a function inside", "a function or class inside", "def f(x, m, v):\n    def g(a): return a\n    return g(x)"),
    ("02.eight", "a class inside", "a function or class inside", "def f(x, m, v):\n    class A: y = 1\n    return x"),
    ("02.eight", "a default that computes", "a default value that is computed", "def f(x, m, v, g=abs(-1)):\n    return x"),
    ("02.eight", "a default that holds a helper", "a default value", "def f(x, m, v, *, g=(lambda a: a)):\n    return g(x)"),
    ("02.eight", "a decorator", "a decorator", "def d(g): return g\n@d\ndef f(x, m, v):\n    return x"),
    ("02.eight", "getattr", "`getattr`, a name", "import torch\ndef f(x, m, v):\n    return getattr(torch, 'log')(v)"),
    ("02.eight", "inside of Python", "`.__globals__`", "import torch\ndef f(x, m, v):\n    return torch.einsum.__globals__"),
    ("02.eight", "another module", "leads out", "import torch\ndef f(x, m, v):\n    return torch.sys.modules"),
    ("02.eight", "torch by another name", "`torch`, which leads out", "import torch\ndef f(x, m, v):\n    t = torch\n    return t.log(x)"),
    ("02.eight", "torch set anew", "another meaning for `torch`", "def f(x, m, v):\n    torch = x\n    return torch"),
    ("02.eight", "an attribute set", "`.log`", "import torch\ndef f(x, m, v):\n    x.log = m\n    return x"),
    ("02.eight", "a generator", "a generator", "def f(x, m, v):\n    yield x"),
    ("02.eight", "with", "`with`", "import torch\ndef f(x, m, v):\n    with torch.no_grad():\n        return x"),
    ("02.eight", "try", "`try`", "def f(x, m, v):\n    try:\n        return x\n    finally:\n        pass"),
    ("02.eight", "itself", "the function calling itself", "def f(x, m, v):\n    return f(x, m, v)"),
    ("02.eight", "a global", "`global`", "y = 0\ndef f(x, m, v):\n    global y\n    return x"),
    ("02.eight", "its answer from given", "`given`, a name from outside", "from vae_course import given\ndef f(x, m, v):\n    return given.log_normal(x, m, v)"),
    # at most eight operations
    ("02.eight", "a loop", "a `for` loop, which repeats", "def f(x, m, v):\n    for i in range(9):\n        x = x * m\n    return x"),
    ("02.eight", "a comprehension", "a comprehension, which rep", "def f(x, m, v):\n    return [a * b for a, b in zip(x, m)]"),
    ("02.eight", "a sum of a list", "`sum`, which goes through", "def f(x, m, v):\n    return sum([x, m, v, x, m, v, x, m, v, x])"),
    ("02.eight", "map", "`map`, which goes through", "import torch\ndef f(x, m, v):\n    return list(map(torch.log, (x, m)))"),
    ("02.eight", "steps one by one", "9 operations", "def f(x, m, v):\n" + "    x += m\n" * 9 + "    return x"),
    ("02.eight", "signs", "9 operations", "def f(x, m, v):\n    return " + "-" * 9 + "x"),
    ("02.eight", "comparisons", "9 operations", "def f(x, m, v):\n    return x" + " < m" * 9),
    ("02.eight", "subscripts", "9 operations", "def f(x, m, v):\n    return x" + "[...]" * 9),
    ("02.eight", "semicolons", "9 operations", "def f(x, m, v):\n    " + "x = x + m; " * 9 + "return x"),
    ("02.eight", "names for steps", "9 operations", "def f(x, m, v):\n    return (y := x + m) * (z := y * m) + y * z + y * z + y * z"),
    # without certain names
    ("01.no-root", "in place", "`sqrt_`", "def f(m, v):\n    return v.sqrt_()"),
    ("01.no-root", "a name for it", "`sqrt`", "import torch\ndef f(m, v):\n    root = torch.sqrt\n    return m + root(v)"),
    ("01.no-root", "the operator in place", "`**`", "def f(m, v):\n    v **= 0.5\n    return m + v"),
    ("01.no-root", "a builtin", "`pow`", "def f(m, v):\n    return m + pow(v, 0.5)"),
    ("01.no-root", "math", "`sqrt`", "import math\ndef f(m, v):\n    return m + math.sqrt(v)"),
    ("01.no-root", "the library", "`distributions`", "import torch\ndef f(m, v):\n    return torch.distributions.Normal(m, v).rsample()"),
    ("01.no-root", "another way to the library", "`distributions`", "from torch.nn import functional as F\ndef f(m, v):\n    return F.torch.distributions.Normal(m, v)"),
    ("01.no-root", "the library imported", "`Normal`, a name from outside", "from torch.distributions import Normal\ndef f(m, v):\n    return Normal(m, v)"),
    ("01.no-root", "modules' modules", "leads out", "import torch\ndef f(m, v):\n    return torch.os.path"),
    ("08.no-larger", "a comparison", "`<`", "def f(kl, floor):\n    return (kl.mean(0) * (kl.mean(0) > floor)).sum()"),
    ("08.no-larger", "a builtin", "`max`", "def f(kl, floor):\n    return max(kl.mean(), floor)"),
    ("08.no-larger", "a choice", "`if`", "def f(kl, floor):\n    return kl.mean() if kl.mean() else floor"),
    ("08.no-larger", "a smooth one", "`softplus`", "from torch.nn import functional as F\ndef f(kl, floor):\n    return F.softplus(kl.mean(0) - floor, 1e6).sum()"),
    ("09.no-softmax", "a loss", "`nll_loss`", "from torch.nn import functional as F\ndef f(model, x, labelled, y, weight):\n    return F.nll_loss(model.cls(labelled).log(), y)"),
    ("09.no-softmax", "gathered", "`gather`", "def f(model, x, labelled, y, weight):\n    return model.cls(labelled).gather(1, y)"),
    # in one line
    ("03.one-line", "a semicolon", "statement 2 of 2", "def f(x, dim):\n    y = x; return y"),
    ("03.one-line", "a walrus", "`:=`", "def f(x, dim):\n    return (y := x.amax(dim)) + y"),
    ("03.one-line", "a list that gives names", "a comprehension", "def f(x, dim):\n    return [y + y for y in [x.amax(dim)]][0]"),
    ("03.one-line", "an if", "no `return` of a value", "def f(x, dim):\n    if dim: return x"),
    ("03.one-line", "a loop on one line", "no `return` of a value", "def f(x, dim):\n    for y in [x]: return y"),
    ("03.one-line", "a lambda called", "a function or class", "def f(x, dim):\n    return (lambda y: y + y)(x.amax(dim))"),
    ("03.one-line", "a default that names", "a default value", "def f(x, dim, *, y=(1, 2)):\n    return x"),
    # without a loop
    ("06.steps", "for", "a `for` loop", "def f(z0, z1, n):\n    for j in range(n):\n        z0 = z0 + z1\n    return z0"),
    ("06.steps", "while", "a `while` loop", "def f(z0, z1, n):\n    while n:\n        n -= 1\n    return z0"),
    ("06.steps", "a generator expression", "a comprehension", "import torch\ndef f(z0, z1, n):\n    return torch.stack(tuple(z0 for j in range(n)))"),
    ("06.steps", "map", "`map`", "import torch\ndef f(z0, z1, n):\n    return torch.stack(list(map(z0.mul, range(n))))"),
    ("06.steps", "vmap", "`vmap`", "import torch\ndef f(z0, z1, n):\n    return torch.vmap(z0.mul)(torch.arange(n))"),
    ("06.steps", "in place, by a function", "`apply_`", "import torch\ndef f(z0, z1, n):\n    return torch.arange(n).apply_(z0.mul)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words", "source"),
    one_in(6, [(n, w, s) for n, _, w, s in AROUND], [f"{n} {t}" for n, t, _, _ in AROUND]),
)
def test_a_way_round_is_refused_by_name(name: str, words: str, source: str, made: Any):
    told = puzzle(name, made(source))
    assert not told and words in repr(told), repr(told)
    assert "The rule is kept" not in repr(told) and "Expected: " in repr(told)


def test_each_kind_of_rule_has_three_ways_round_at_least():
    words = [w for _, _, w, _ in AROUND]
    for own in (
        ["operations", "repeats", "goes through"],
        ["sqrt", "**", "pow", "distrib"],
        ["statement", ":=", "`return`"],
        ["loop", "vmap"],
    ):
        assert sum(any(o in w for o in own) for w in words) >= 3


def test_what_was_read_is_what_runs(made: Any):
    kept = "    return torch.addcmul(m, torch.exp(torch.xlogy(0.5, v)), torch.randn_like(m))\n"
    module = made(
        f"import torch as real\nclass torch:\n    addcmul = staticmethod(lambda m, s, e: 0 * m)\ndef f(m, v):\n{kept}"
    )
    assert puzzle("01.no-root", module), "the notebook's own `torch` does not run"

    def wrapped(m, v):
        return m + v.sqrt() * torch.randn_like(m)

    functools.update_wrapper(wrapped, answers.halves)

    assert "`sqrt`" in repr(puzzle("01.no-root", wrapped)), "whatever it says that it wraps"

    def disguised(m, v):
        return m

    disguised.__code__ = answers.halves_missed.__code__
    assert not puzzle("01.no-root", disguised)


def test_annotations_and_docstrings_cost_nothing_and_do_not_run(made: Any):
    source = 'import torch\ndef f(m: unknown, v: (lambda: 1)) -> unknown:\n    """Says."""\n    e: torch.Tensor = torch.randn_like(m)\n    return m + torch.exp(torch.log(v) / 2) * e\n'
    told = puzzle("01.no-root", made(f"from __future__ import annotations\n{source}"))
    assert told and "operations: 6;" in repr(told)


def test_a_name_of_ones_own_may_look_like_a_forbidden_one():
    def f(m, v):
        std = torch.exp(torch.log(v) / 2)
        return m + std * torch.randn_like(m)

    assert puzzle("01.no-root", f)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("return -1 * x.shape[0]", 2),
        ("return x.T.real", 0),
        ("return -x + (not y) * ~z", 5),
        ("return x[:, 1:-1, None]", 1),
        ("x @= y\n    x[0] = 1\n    return x if x is y else z", 4),
        ("a, *b = x, y\n    return f(*b, dim=-1, k=+2)", 1),
        ("return x < y <= z and x or y", 4),
        ("return [x, (y, z), {1: x}]", 0),
    ],
)
def test_what_counts_as_an_operation(source: str, count: int):
    [function] = ast.parse(f"def f(x, y, z):\n    {source}").body
    assert isinstance(function, ast.FunctionDef) and operations(function) == count


def _by_exec(m: Any = None) -> Any:
    names: dict[str, Any] = {}
    exec("def f(m, v):\n    return m", names)
    return names["f"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_by_exec(), "cannot be read: it is a lambda, was made by `exec`"),
        (lambda m, v: m, "Write it with `def`"),
        (functools.partial(answers.halves), "this is a partial"),
        (torch.nn.Linear, "this is a type"),
        (None, "this is a NoneType"),
        (torch.exp, "this is a builtin_function_or_method"),
    ],
)
def test_where_there_is_nothing_to_read_the_card_says_what_to_do(answer: Any, words: str):
    told = puzzle("01.no-root", answer)
    assert not told and words in repr(told) and "Wanted: sample_gaussian" in repr(told)


@pytest.mark.parametrize("name", ["01.no-root", "01.break-sampling"])
def test_an_endless_answer_is_stopped(name: str):
    def endless(m, v):
        while True:
            pass

    text = repr(puzzle(name, endless))
    assert text.startswith(f"✗ puzzle {name}: not yet") and "was stopped" in text


# ---------------------------------------------------------------- no card names what the rules forbid

FORBIDDEN = {  # written by hand, beside the rules
    "01.no-root": r"sqrt|\*\*|pow\b|hypot|\bstd\b|distributions|\bNormal\b|square root|rsample",
    "02.eight": r"distributions|\bNormal\b|nll_loss",
    "02.no-log": r"\.log|(?<!\*)\blogs?\b(?!-variance)|log\(|logarithm|softplus|entropy|distributions|\bNormal\b|kl_div",
    "03.no-softplus": r"softplus|logsigmoid|cross.entropy|bernoulli(?!_with_logits)|torch's loss|distributions",
    "03.one-line": r"logsumexp|logaddexp|softmax|cross.entropy|distributions",
    "05.in-front": r"unsqueeze|reshape|\bview\b|repeat|\bstack\b|\btile\b",
    "05.doubling": r"softmax|\bsquare\b|\*\*|\bpow\b|\bnorm\b",
    "06.four": r"$^",
    "06.steps": r"linspace|\blerp\b",
    "06.broadcast": r"expand|repeat|broadcast_to|\btile\b",
    "08.no-larger": r"clamp|\bmax|relu|\bwhere\(|softplus|torch\.where",
    "09.no-softmax": r"softmax|cross.entropy|gather|one_hot|scatter|_loss\(",
    "10.nine": r"distributions|\bNormal\b|mse_loss",
}
MISTAKEN = [(name, m.name) for name in CONSTRAINTS for m in EXERCISES[PUZZLES[name].exercise].misconceptions]


def card_on(name: str, wrong: Any, monkeypatch: Any) -> str:
    """What is said of a wrong answer that keeps the rules: one that does is read, and a mistake of the catalogue runs in its place."""
    monkeypatch.setattr(door, "rebuilt", lambda source, may_use: wrong)
    told = repr(puzzle(name, answers.SOLVED[name])).splitlines()
    assert told[1] == "  The rule is kept. The exercise's check does not accept the answer:" and told[-1].startswith(
        "  Wanted: "
    )
    return "\n".join(told[2:-1])


@pytest.mark.slow  # every mistake of every exercise that has a puzzle
@pytest.mark.parametrize(("name", "mistake"), MISTAKEN)
def test_no_card_recommends_what_the_rules_forbid(name: str, mistake: str, monkeypatch: Any):
    [known] = [m for m in EXERCISES[PUZZLES[name].exercise].misconceptions if m.name == mistake]
    card = card_on(name, known.wrong, monkeypatch)
    card = "\n".join(line for line in card.splitlines() if "your code raised" not in line)  # Python's words
    assert card and not re.search(FORBIDDEN[name], card, re.IGNORECASE if name == "03.no-softplus" else 0), card
    for sentence in re.findall(r"Likely reason: (.*)", card):
        assert sentence[-1] in ".?!)" and sentence.count("(") == sentence.count(")")
        assert not sentence.startswith(("It ", "Its ", "That ", "This formula")), sentence


@pytest.mark.parametrize(
    ("name", "mistake", "words"),
    [
        ("01.no-root", "variance-as-standard-deviation", "with v = 9 the spread of z must be 3, yours is 9."),
        ("01.no-root", "variance-as-log-variance", "Here v is the variance itself: scale by √v."),
        ("01.no-root", "half-the-variance", "Your noise is scaled by v / 2, and a root is no half"),
        (
            "02.no-log",
            "variance-ratio-flipped",
            "The ratio of variances is upside down: E_q[(z − qm)²] / pv is qv / pv",
        ),
        ("03.no-softplus", "exp-overflows", "is exactly 0 or 1 and its logarithm infinite."),
        ("03.no-softplus", "averages-everything", "You average over pixels and images. Sum over the last axis alone."),
        ("03.no-softplus", "softplus-flipped", "The sign of the exponent is flipped"),
        ("03.one-line", "overflows", "Subtract the largest entry first and add it again after the log."),
        ("05.doubling", "shares-over-the-batch", "The shares are taken over the images (dim=0)"),
        ("06.broadcast", "drawn-before-expanding", "You drew one number, and all images"),
    ],
)
def test_what_a_reason_can_say_within_the_rules_it_says(name: str, mistake: str, words: str, monkeypatch: Any):
    [known] = [m for m in EXERCISES[PUZZLES[name].exercise].misconceptions if m.name == mistake]
    assert words in card_on(name, known.wrong, monkeypatch)


def test_of_a_reason_that_has_no_words_within_the_rules_the_card_says_where_to_read_it(monkeypatch: Any):
    [known] = [m for m in EXERCISES["kl_normal"].misconceptions if m.name == "log-of-a-product"]
    card = card_on("02.no-log", known.wrong, monkeypatch)
    assert 'in words that this puzzle does not allow: check(your_function, "kl_normal") says it.' in card
    assert "Take logs first" not in card and "Take logs first" in str(check(known.wrong, "kl_normal", quiet=True))


def test_a_reason_that_praises_what_is_forbidden_is_said_without(monkeypatch: Any):
    for mistake in ("exp-overflows", "gradient-breaks-at-extremes"):
        [known] = [m for m in EXERCISES["log_bernoulli_with_logits"].misconceptions if m.name == mistake]
        card = card_on("03.no-softplus", known.wrong, monkeypatch)
        assert "so that nothing overflows" not in card and "needs no where" not in card


def test_an_errors_meaning_names_nothing_forbidden():
    def of_one_number(m, v):
        return m + math.exp(math.log(v) / 2) * torch.randn_like(m)

    text = repr(puzzle("01.no-root", of_one_number))
    assert "float() and the functions of math take one number." in text and "sqrt" not in text


def test_an_answer_that_breaks_the_rule_is_not_sent_back_to_it():
    def fragile(x, dim):
        top = 0
        return (x - top).exp().mean(dim).log()

    text = repr(puzzle("03.one-line", fragile))
    assert "statement 2 of 2" in text and "And the exercise's check does not accept the answer: " in text
    assert "torch.logsumexp" not in text


def test_an_exercise_keeps_its_own_words():
    said = str(check(answers.in_one_line_and_fragile, "log_mean_exp", quiet=True))
    assert "or use torch.logsumexp" in said


def test_a_formula_that_takes_no_model_hears_of_none():
    def a_plain_zero(x, logits):
        return (x * logits - torch.logaddexp(logits, 0)).sum(-1)

    text = repr(puzzle("03.no-softplus", a_plain_zero))
    assert "torch.tensor(1.0) makes one." in text and "z_prior" not in text and "model" not in text


# ---------------------------------------------------------------- names of one's own, and the notebook's


def test_a_value_may_have_a_forbidden_name_and_not_the_function():
    def named(x, logits):
        softplus = torch.logaddexp(logits, torch.zeros_like(logits))
        return (x * logits - softplus).sum(-1)

    def called(x, logits):
        softplus = torch.nn.functional.softplus
        return (x * logits - softplus(logits)).sum(-1)

    assert puzzle("03.no-softplus", named)
    assert "`softplus`" in repr(puzzle("03.no-softplus", called))


def test_a_comprehension_lends_no_name_to_the_function(made: Any):
    source = "def f(x, logits):\n    [0 for softplus in (1,)]\n    return (x * logits - softplus(logits)).sum(-1)\n"
    told = puzzle("03.no-softplus", made(source))
    assert not told and "another meaning for `softplus`" in repr(told)


def test_beside_a_broken_rule_the_answer_finds_the_names_that_it_is_promised(made: Any):
    source = "def f(m, v):\n    return torch.exp(torch.log(v) * math.sqrt(0.25)) * torch.randn_like(m) + m\n"
    text = repr(puzzle("01.no-root", made(source)))  # the file imports neither torch nor math
    assert "`sqrt`" in text and "By itself the answer is right: only the rule is broken." in text


def test_a_helper_of_the_notebook_runs_beside_a_broken_rule(made: Any):
    source = "import torch\ndef half(v): return torch.log(v) / 2\ndef f(m, v):\n    return m + torch.exp(half(v)) * torch.randn_like(m)\n"
    text = repr(puzzle("01.no-root", made(source)))
    assert "`half`, a name from outside" in text and "By itself the answer is right" in text


@pytest.mark.parametrize("lesson", sorted({name.partition(".")[0] for name in PUZZLES}))
def test_the_names_that_a_puzzle_promises_are_in_the_notebook(lesson: str):
    [path] = SOLUTIONS.glob(f"{lesson}_*.py")
    source = path.read_text(encoding="utf-8")
    assert "`torch`, `math`" in " ".join(source.split())
    imported = {a.name for n in ast.parse(source).body if isinstance(n, ast.Import) for a in n.names}
    assert {"torch", "math"} <= imported


# ---------------------------------------------------------------- a weak test to be broken


@pytest.mark.parametrize(("name", "answer"), answers.BROKEN)
def test_a_wrong_function_that_the_weak_test_accepts_solves_it_and_the_check_says_why(name: str, answer: Any):
    told = puzzle(name, answer)
    verdict = check(answer, PUZZLES[name].exercise, quiet=True, seed=0)
    assert told and str(verdict.findings[0]) in "\n".join(line[2:] for line in repr(told).splitlines())
    assert PUZZLES[name].moral in repr(told)


@pytest.mark.parametrize(("name", "answer", "assertion"), answers.SEEN)
def test_a_wrong_function_that_the_weak_test_refuses_is_told_the_assertion(name: str, answer: Any, assertion: str):
    text = repr(puzzle(name, answer))
    assert (
        "not yet\n  It is wrong, and the weak test sees it. It is refused at `assert " in text
        and f"`{assertion}" in text
    )


@pytest.mark.parametrize(("name", "answer"), answers.RIGHT)
def test_a_right_function_is_not_what_is_wanted(name: str, answer: Any):
    said = (
        "The exercise's check cannot tell this one from a right one: if it is wrong, its error is below what the check sees. "
        "Make the mistake larger, or of another kind."
        if name == "01.break-sampling"
        else "This one is right; we want a wrong one."
    )
    assert f"not yet\n  {said}\n  Wanted" in repr(puzzle(name, answer))


def test_an_error_below_what_a_check_of_draws_sees_is_not_called_right():
    def a_little_wide(m, v):
        return m + 1.01 * v.sqrt() * torch.randn_like(m)

    def with_its_slope(m, v):  # the value of the one, the slopes of the other, as far as a check can see
        z = m + v.sqrt() * torch.randn_like(m)
        return z + 1e-6 * (z - m)

    assert "is right" not in repr(puzzle("01.break-sampling", with_its_slope))
    assert "is right" not in repr(puzzle("01.break-sampling", a_little_wide))


@pytest.mark.parametrize(("name", "answer"), answers.BROKEN)
def test_the_moral_says_what_the_test_forgot_only_of_what_it_speaks_of(name: str, answer: Any):
    forgot = f"What this test forgot: {PUZZLES[name].moral}"
    assert (forgot in repr(puzzle(name, answer))) == (answer is not answers.no_gradient)


def test_the_checks_that_a_moral_speaks_of_are_the_exercises():
    for name in BREAK_ITS:
        assert set(PUZZLES[name].forgot) < {check.name for check in EXERCISES[PUZZLES[name].exercise].checks}


def test_a_function_that_only_raises_elsewhere_is_no_wrong_formula():
    def only_there(m, v):
        assert m.shape[0] == 10_000
        return m + v.sqrt() * torch.randn_like(m)

    text = repr(puzzle("01.break-sampling", only_there))
    assert "cannot judge its numbers (raised)" in text and "returns wrong numbers on some" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda m, v: None, "It returned NoneType, and the test wants a tensor."),
        (lambda m: m, "It raised TypeError: "),
        (lambda m, v: m[0, 0], "It is refused at `assert z.shape == (10_000, 2)`."),
        (3, "This is a int. Hand in the function itself"),
        (torch.nn.Linear, "This is a type. Hand in the function itself"),
    ],
)
def test_what_gives_no_number_is_told_so(answer: Any, words: str):
    told = puzzle("01.break-sampling", answer)
    assert not told and words in repr(told)


def test_the_answer_of_given_is_neither_right_nor_wrong_here():
    assert "(forbidden)" in repr(puzzle("01.break-sampling", given.sample_gaussian))


def test_a_weak_test_leaves_the_notebooks_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    puzzle("02.break-axis", answers.averaged)
    assert torch.equal(torch.rand(1), expected)


# ---------------------------------------------------------------- what is remembered


def test_your_shortest_stays_when_a_longer_one_follows():
    puzzle("02.eight", answers.seven)
    told = puzzle("02.eight", answers.eight)
    assert "operations: 8; your shortest: 7;" in repr(told) and state.load()["puzzles"] == {"02.eight": {"shortest": 7}}


def test_an_answer_with_a_loop_has_no_length():
    def looped(m, v):
        for _ in range(1):
            z = m + torch.exp(torch.log(v) / 2) * torch.randn_like(m)
        return z

    told = puzzle("01.no-root", looped)
    assert told and "not counted, since a loop repeats them" in repr(told)
    assert state.load()["puzzles"] == {"01.no-root": {"shortest": None}}


def test_the_progress_card_counts_what_is_solved_and_no_points_move():
    before = repr(progress())
    assert "puzzles" not in before + progress()._repr_html_()
    puzzle("02.eight", answers.nine)
    assert repr(progress()) == before
    puzzle("02.eight", answers.eight)
    puzzle("01.break-sampling", answers.no_gradient)
    line = f"puzzles: 2 of {len(PUZZLES)}"
    assert repr(progress()) == f"{before}\n  {line}" and line in progress()._repr_html_()


def test_neither_solved_nor_hint_hears_of_a_puzzle():
    check(answers.rooted, "sample_gaussian", quiet=True)
    puzzle("01.no-root", answers.halves_missed)
    puzzle("01.break-sampling", answers.v_for_its_root)
    assert solved("sample_gaussian") and "exercises" in state.load() and not state.load()["exercises"]
    check(answers.nine, "log_normal", quiet=True)
    puzzle("03.no-softplus", answers.by_logs)
    assert "log_bernoulli" not in repr(hint()).partition("The exercises:")[0]


def test_a_state_of_before_puzzles_is_read(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "progress.json").write_text('{"exercises": {}, "nats": 99.0}')
    puzzle("02.eight", answers.eight)
    assert state.load()["nats"] == 99.0 and state.load()["puzzles"] == {"02.eight": {"shortest": 8}}


@pytest.mark.parametrize("entry", ['{"shortest": "few"}', '{"shortest": -1}', '{"shortest": 1.5}', "3", "{}"])
def test_a_damaged_entry_is_kept_aside_and_a_new_file_begun(entry: str, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "progress.json").write_text(f'{{"exercises": {{}}, "puzzles": {{"02.eight": {entry}}}}}')
    with pytest.warns(UserWarning, match="could not be read"):
        assert state.load()["puzzles"] == {}


def test_a_name_that_is_none_lists_the_names():
    with pytest.raises(ValueError, match="no puzzle '02.seven'. There are: 01.no-root"):
        puzzle("02.seven", answers.seven)


def test_where_hand_ins_run_a_puzzle_says_nothing(capsys):
    assert not unchecked.puzzle("02.eight", answers.eight) and capsys.readouterr().out == ""


# ---------------------------------------------------------------- the table and the lessons


def source_of(name: str) -> str:
    [source] = SOLUTIONS.glob(f"{name.partition('.')[0]}_*.py")
    return source.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(PUZZLES))
def test_every_puzzle_is_asked_in_its_own_lesson_once_and_nothing_there_tells_its_moral(name: str):
    text = source_of(name)
    assert text.count(f'puzzle("{name}"') == 1
    assert PUZZLES[name].moral not in " ".join(text.split())


@pytest.mark.parametrize("name", BREAK_ITS)
def test_the_lesson_shows_the_very_test_that_is_put(name: str):
    found = PUZZLES[name]
    assert isinstance(found, BreakIt) and f"\n{inspect.getsource(found.test)}" in source_of(name)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_length_of_our_solution_is_that_of_the_lesson(name: str):
    exercise = PUZZLES[name].exercise.split(".")[-1]
    functions = [
        n for n in ast.walk(ast.parse(source_of(name))) if isinstance(n, ast.FunctionDef) and n.name == exercise
    ]
    [function] = functions
    del function.body[0]  # the docstring
    assert operations(function) == PUZZLES[name].ours


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_no_shortest_answer_stands_in_a_lesson_if_it_is_shorter_than_the_one_shown(name: str):
    shortest, shown = answers.SHORTEST[name], answers.SOLVED[name]
    body = ast.unparse(written(shortest).node.body[-1])
    if shortest is not shown:
        assert not any(body in ast.unparse(ast.parse(path.read_text("utf-8"))) for path in SOLUTIONS.glob("*.py"))


def test_every_kind_of_rule_is_used_and_says_what_it_is():
    rules = [rule for found in PUZZLES.values() if isinstance(found, Constraint) for rule in found.rules]
    assert {type(rule).__name__ for rule in rules} == {"Without", "OneLine", "NoLoop", "NoMoreThan"}
    assert all(re.match(r"with(out)? |in one line", rule.says) for rule in rules)
    assert NoMoreThan(3).says == "with at most 3 operations" and OneLine().says and NoLoop().says
