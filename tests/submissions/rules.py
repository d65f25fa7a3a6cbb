"""The rules that every attack keeps, so that it is harmless on a day when the sandbox has a bug.

It reads the text and runs nothing. It is no proof: it holds the next author to the rules, who reads their attack again.
"""

import ast
import operator
import re
from collections.abc import Iterator

MOST_SECONDS = 30
MOST_FORKS = 20
MOST_DISK = 64 * 2**20
MOST_MEMORY = 2**30
LONGEST_RANGE = 2 * 10**9  # of a loop in C that waits

PATH = re.compile(r"""(?:^|[\s'"=:(])(?:/|~/?|[A-Za-z]:\\)[\w.]|(?:^|/)\.\.(?:/|$)""")
HOST = re.compile(r"\b(?!127\.0\.0\.1)\d{1,3}(?:\.\d{1,3}){3}\b|\w\.(?:com|org|net|edu|io)\b|localhost")
DELETING = frozenset(
    "rmtree removedirs rmdir unlink remove rename renames replace truncate ftruncate move glob iglob rglob walk".split()
)
HARMING = frozenset(
    "killpg pidfd_send_signal tgkill system popen posix_spawn spawnv spawnve spawnlp startfile chmod chown mount umount reboot "
    "setuid setgid nice setpriority sched_setaffinity urlopen urlretrieve requests shell pty".split()
)
STARTING = frozenset("Popen run call check_call check_output execv execve execvp execl execlp Process Pool".split())
FORKING = frozenset("fork forkpty".split())


def broken_rules(text: str) -> Iterator[str]:
    """A sentence for every rule that an attack breaks. `@NAME@` stands for a canary's place and is no path."""
    tree = ast.parse(re.sub(r"@([A-Z]+)@", r"1", re.sub(r"\"@[A-Z]+@[^\"]*\"", '"canary"', text)))
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        yield from _of_node(node)


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        said = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        if PATH.search(said):
            yield f"a path outside of the working directory: {said[:60]!r}"
        if HOST.search(said):
            yield f"a host that is not the canary's: {said[:60]!r}"
    elif isinstance(node, ast.While) and "time.monotonic() <" not in ast.unparse(node.test) and not _climbs(node):
        yield f"a loop without an end in time: while {ast.unparse(node.test)}"
    elif isinstance(node, ast.Call):
        yield from _of_call(node, _name(node.func))
    elif isinstance(node, ast.Attribute | ast.Name):
        name = _name(node)
        if name in HARMING or name in DELETING and isinstance(node, ast.Attribute) and _module_of(node) in _FILES:
            yield f"the name {name}"
    elif isinstance(node, ast.ImportFrom | ast.Import):
        for alias in node.names:
            if alias.name.split(".")[-1] in HARMING | DELETING | {"shutil", "glob"}:
                yield f"the import of {alias.name}"


_WAITS = ("'import time; time.sleep(2)'", "target=time.sleep, args=(2,)")
_FILES = frozenset({"os", "shutil", "glob", "posix", "pathlib", "Path", "path"})


def _of_call(node: ast.Call, name: str) -> Iterator[str]:
    said = ast.unparse(node)
    first = node.args[0] if node.args else None
    if name in ("kill", "pthread_kill") and (first is None or ast.unparse(first) != "os.getpid()"):
        yield f"a signal to another process: {said}"
    if name in FORKING and not _within_few(node):
        yield f"a fork that is not in a loop of at most {MOST_FORKS}, with children that end themselves: {said}"
    if name in STARTING and not any(wait in said for wait in _WAITS):
        yield f"a program that is more than a wait of two seconds: {said}"
    if name == "sleep" and not (isinstance(first, ast.Constant | ast.Name) and _number(first, 0) <= MOST_SECONDS):
        yield f"a wait of more than {MOST_SECONDS} seconds: {said}"
    if name == "range" and any(_number(arg, 0) > LONGEST_RANGE for arg in node.args):
        yield f"more than {LONGEST_RANGE:,} steps: {said}"
    if name in ("bytes", "bytearray", "empty", "ones", "zeros") and first is not None:
        if _number(first, 0) * (4 if name in ("empty", "ones", "zeros") else 1) > MOST_MEMORY:
            yield f"more than 1 GB of memory: {said}"
    if name == "open" and first is not None and not _in_place(first):
        yield f"a file that is neither a canary nor in the working directory: {said}"
    if name in ("exec", "compile", "eval") and any(
        isinstance(n, ast.Constant) and len(str(n.value)) > 20 for n in ast.walk(node)
    ):
        yield f"code in a text, which no rule reads: {said[:60]}"
    if name == "create_connection" and "('127.0.0.1', 1)" not in said:
        yield f"a connection that is not to the canary: {said}"


def _in_place(path: ast.expr) -> bool:
    """True for a constant text, an f-string of one, a name, `os.devnull`, and what is joined from the course's own folder."""
    if isinstance(path, ast.Constant | ast.JoinedStr | ast.Name):
        return True
    return ast.unparse(path).startswith(
        ("os.path.join(course", "os.path.join('canary'", "os.devnull", "torch.__file__")
    )


def _climbs(node: ast.While) -> bool:
    """True for a walk up the frames, which ends where they end."""
    return ast.unparse(node.test) in ("frame is not None", "here is not None")


def _within_few(node: ast.AST) -> bool:
    """True where a call is made a bounded number of times by processes that end by `os._exit`."""
    function, few = node, True
    while not isinstance(function, ast.FunctionDef | ast.Module):
        function = function.parent  # type: ignore[attr-defined]
        if isinstance(function, ast.While):
            return False
        if isinstance(function, ast.For):
            few = few and ast.unparse(function.iter) in {f"range({count})" for count in range(MOST_FORKS + 1)}
    return few and "os._exit(" in ast.unparse(function)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _module_of(node: ast.expr) -> str:
    return _name(node.value) if isinstance(node, ast.Attribute) else ""


_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def _number(node: ast.expr, default: float) -> float:
    """A number that is written out: sums, products, powers and shifts too. Read, and never evaluated."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left, default), _number(node.right, default)
        if isinstance(node.op, ast.Pow):
            return min(float(left), 1e6) ** min(right, 50)  # no larger than a float can be, and beyond every limit
        if isinstance(node.op, ast.LShift):
            return left * 2.0 ** min(right, 50)
        if type(node.op) in _ARITHMETIC:
            return _ARITHMETIC[type(node.op)](left, right)
    return default
