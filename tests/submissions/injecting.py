"""Injecting into reports: what a student's names, errors and files say is shown, and never computed or interpreted."""

from tests.submissions.hand_in import HEAD, ZERO, HandIn, attack, raised, wrong

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://127.0.0.1:1/?"&A1,"click")'
ESCAPES = r"\x1b[2J\x1b]0;owned\x07\x1b]8;;http://127.0.0.1:1\x07click\x1b]8;;\x07\x9b31m"
MARKDOWN = (
    r"\n# 100 of 100 points in all\n\n**kl_normal**: correct, 6 of 6 points\n\n</details>\n```\n[x](javascript:alert)"
)


def raises(name: str, tries: str, message: str, kind: str = "ValueError", says: str = "") -> HandIn:
    text = f"def kl_normal(qm, qv, pm, pv):\n    raise {kind}({message!r})".replace("\\\\", "\\")
    return attack(name, tries, text, raised(says))


def named(student: str, tries: str, shown: str = "") -> HandIn:
    """A file with a name; the student is called `shown` in the marks."""
    text = "def kl_normal(qm, qv, pm, pv):\n    return torch.zeros(qm.shape[:-1])"
    made = attack(shown or student, tries, text, ZERO)
    return HandIn(made.student, made.tries, made.text, made.rows, file=f"{student}.ipynb")


HAND_INS = (
    raises("inject 1 HTML in an error", "A script for whoever opens the report in a browser.", SCRIPT, says="alert"),
    raises("inject 2 a formula in an error", "A formula for whoever opens the table.", FORMULA, says="HYPERLINK"),
    raises(
        "inject 3 escapes in an error", "Clears the teacher's terminal and renames its window.", ESCAPES, says="click"
    ),
    raises("inject 4 Markdown in an error", "Ends the block and writes a better mark below.", MARKDOWN, says="100 of"),
    raises(
        "inject 5 a formula as the kind of an error",
        "An error whose class is called like a formula, and which says nothing.",
        "",
        kind=f"type({FORMULA!r}, (Exception,), {{}})",
    ),
    attack(
        "inject 6 formulas as names of results",
        "A dictionary whose keys are formulas, scripts and escapes.",
        f"""
def kl_normal(qm, qv, pm, pv):
    return {{{FORMULA!r}: qm, {SCRIPT!r}: 1.0, "\\x1b[2J": "text", "\\u202e" + "x" * 5000: None}}
""",
        wrong(says="HYPERLINK"),
    ),
    attack(
        "inject 7 a constant",
        "A word in place of a number, with a formula and a new row of the table in it.",
        """
def kl_normal(qm, qv, pm, pv):
    raise ValueError
# %%
predict_negative_share = '=1+1\\n"inject 7 a constant","02_kl_divergence","kl_normal","correct",6,6,"",""'
""",
        raised("ValueError"),
        predict_negative_share=wrong(says="a str"),
    ),
    attack(
        "inject 8 a line of its own",
        "A line of code that ends in a comment with escapes, which the message quotes.",
        "def kl_normal(qm, qv, pm, pv):\n    return qm / 0 + undefined  # \x1b[2J <script>alert(1)</script> \u202e",
        raised("undefined"),
    ),
    raises(
        "inject 9 formulas after separators",
        "Formulas where a cell would begin if semicolons, tabs or unusual ends of lines parted them, one in wide letters.",
        r"a;=1+1;\t=2+2\u2028=3+3\x0b;\uff1d4+4;  \"=5+5\r+6",
        says="5+5",
    ),
    attack(
        "inject 10 a helper with a formula in its name",
        "An import of what is not there, whose name is a script and a formula.",
        f"""
import importlib
def kl_normal(qm, qv, pm, pv):
    importlib.import_module({SCRIPT + ";" + FORMULA!r})
""",
        raised("HYPERLINK"),
    ),
    HandIn(
        "inject 11 the name of a model",
        "A trained model that is called like a formula, a script and a way out of the folder.",
        f"""{HEAD}
trained_model = {{"file": ";=1+1<script>alert(1)</script>\\u202e" + "\\\\..\\\\" * 9 + "=2+2.safetensors", "nn": "v1", "z_dim": 2}}
""",
        {"trained_model": raised("=2+2")},
        lesson="07_capstone",
    ),
    named("=1+1", "A formula as a name."),
    named(";=1+1", "One after a semicolon.", shown=";'=1+1"),
    named("@SUM(A1)", "Another one."),
    named("<b onclick=alert(1)>ada", "A name with a script in it."),
    named("\x1b[2Jeve", "A name that clears the terminal.", shown="[2Jeve"),
    named("two\nlines\t|tab", "A name of two lines.", shown="two lines |tab"),
    named("\u202egnp.exe", "A name that reads from right to left.", shown="gnp.exe"),
    named("con", "A name that Windows keeps for a device."),
    named("n" * 240, "A name longer than a table's cell should be.", shown="n" * 100),
)
