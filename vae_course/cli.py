"""vae-course: the command line. `vae-course --help` lists the commands.

A command is a function from its parsed arguments to an exit code, and one `add_...` function that describes it;
to add one, write the two and name the second in LEARNERS, TEACHERS or AUTHORS. Commands import what they need when they run, so
that `vae-course --help` answers at once.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import unchecked, updating, workspace
from .printable import HANDLER

# Quiet for learners and for classrooms without a network: no update check and no extension shop. The question
# whether one wants Jupyter's news is answered in the folder JUPYTER, which Jupyter reads before its own.
LAB_OPTIONS = ("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly")
JUPYTER = Path(__file__).resolve().parent / "jupyter"
# Read when torch is loaded; `lab`'s kernels inherit it, and jupyter/kernel.json is for others: threads that wait sleep soon, not at once.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000"}


class CommandError(Exception):
    """A command cannot do what was asked. The message is one sentence for the person who typed it."""


def lab(args: argparse.Namespace) -> int:
    """Copy the missing lessons to the work folder and open JupyterLab there."""
    if find_spec("jupyterlab") is None:
        raise CommandError(f"JupyterLab is missing; install it with: {workspace.installing('lab')}")
    work = Path(args.work).resolve()
    lessons = workspace.lessons_folder(work)
    copied = workspace.copy_lessons(lessons, work)
    for name in copied.new:
        print(f"copied  {name}")
    for name in copied.kept:
        _kept(lessons / name, work / name, args.update)
    print(f"Your lessons are in {work}", flush=True)
    first = next(
        (name for name in (workspace.FIRST_LESSON, *copied.new, *copied.kept) if (work / name).is_file()), None
    )
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}", *LAB_OPTIONS]
    if first:
        command.append(f"--LabApp.default_url=/lab/tree/{first}")
    if args.no_browser:
        command.append("--no-browser")
    if args.port is not None:
        # A port that was asked for is used or refused; Jupyter would silently take the next free one.
        command += [f"--port={args.port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers run as root, and Jupyter refuses that by default
    command += args.jupyter
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(JUPYTER), *([others] if others else [])])
    return _become(command)


def _kept(lesson: Path, mine: Path, update: bool) -> None:
    """Say what becomes of a notebook that was there already; with `update`, bring a newer version of the lesson into it."""
    try:
        current = updating.is_current(lesson, mine)
    except ValueError as error:
        print(f"kept    {mine.name} ({error if update else 'it is yours: never overwritten'})")
        return
    if current:
        print(f"kept    {mine.name} (it is yours: never overwritten)")
    elif not update:
        print(f"kept    {mine.name} (it is yours; a newer version of the lesson is here: vae-course lab --update)")
    else:
        try:
            done = updating.update(lesson, mine)
        except (ValueError, OSError) as error:
            print(f"kept    {mine.name} ({error})")
            return
        print(f"updated {mine.name} ({done.carried} of your cells carried over; as it was before: {done.before})")
        if done.fresh:
            many = "s are" if done.fresh > 1 else " is"
            print(f"        {done.fresh} cell{many} new, corrected, or such as you had deleted.")
        for sentence in done.told:
            print(f"        {sentence}")


def check(args: argparse.Namespace) -> int:
    """Check the answers in notebooks or folders of them, as their check cells would; exit code 1 if one is missing or wrong."""
    from .checks.learning import terminal
    from .runner.notebooks import Unreadable

    lesson = _lesson(args.lesson)
    only = args.exercise or ""
    if only:
        from .checks.lessons import EXERCISES

        if only not in EXERCISES:
            raise CommandError(f"there is no exercise {only!r}; the exercises: {', '.join(EXERCISES)}.")
        lesson = EXERCISES[only].lesson
    code = 0
    files: list[Path] = []
    reports: list[terminal.FileReport] = []
    for path in map(Path, args.paths):
        found, notes = terminal.hand_ins_in(path, lesson) if path.is_dir() else ([path], [])
        files += found or [path]
        for note in notes:
            print(f"note: {note}", file=sys.stderr if args.json else sys.stdout)
    for number, path in enumerate(files):
        try:
            with contextlib.redirect_stdout(
                sys.stderr if args.json else sys.stdout
            ):  # what an answer prints is no JSON
                report = terminal.check_file(path, lesson, args.seed, only)
        except FileNotFoundError:
            print(f"vae-course: {terminal.no_such_file(path)}", file=sys.stderr)
            code = 2
            continue
        except (Unreadable, OSError, ValueError) as error:
            # One file that cannot be read does not keep the others from being checked.
            print(f"vae-course: {error}", file=sys.stderr)
            code = 2
            continue
        if not args.json:
            print(f"{chr(10) if number else ''}{report}", flush=True)
        reports.append(report)
        solved = all(report.verdicts) if only else report.complete
        code = max(code, 0 if solved else 1)
    if args.json:
        print(json.dumps([report.as_facts() for report in reports], ensure_ascii=False, indent=1))
    elif len(reports) > 1:
        print(f"\n{terminal.together(reports)}")
    return code


def grade(args: argparse.Namespace) -> int:
    """Mark a class; exit code 1 if something needs a person. Killed at any moment, it goes on where it was."""
    if not hasattr(os, "fork"):  # the grader is made of what only POSIX has
        from .teach.grading.sandbox.sandbox import NEEDS_LINUX

        raise CommandError(NEEDS_LINUX)
    from .checks.lessons import LESSONS
    from .teach.grading.grade import Options, Usage
    from .teach.grading.grade import grade as mark
    from .teach.grading.incoming.choice import LAYOUTS, Choice, pattern_of
    from .teach.grading.incoming.collect import NoClass
    from .teach.grading.keeping.lock import FolderRefused
    from .teach.grading.marking.pool import marked_students
    from .teach.grading.outgoing.progress import progress_bar
    from .teach.grading.sandbox.packages import NoPackage
    from .teach.grading.sandbox.workers import WorkerLost

    paths = Path(args.path), Path(args.out)
    if args.layout and args.layout not in LAYOUTS:
        raise CommandError(f"there is no layout {args.layout!r}; the layouts: {', '.join(LAYOUTS)}.")
    try:
        choice = Choice(args.layout or "", *(pattern_of(args.name_pattern, LESSONS) if args.name_pattern else ()))
    except ValueError as error:
        raise CommandError(f"--name-pattern: {error}.") from None
    options = Options(
        *paths,
        args.jobs,
        args.only or "",
        _lesson(args.lesson),
        args.changed,
        not args.no_sandbox,
        args.seed,
        Path(args.roster) if args.roster else None,
        choice,
        tuple(args.packages),
    )
    by = _cluster(args) if args.scheduler else marked_students
    try:
        report = mark(options, _yes, progress_bar(sys.stderr), by)
    except (NoClass, NoPackage, FolderRefused, Usage, WorkerLost) as error:
        raise CommandError(error) from None
    except KeyboardInterrupt:
        print("\nvae-course: stopped; the same command goes on where it was.", file=sys.stderr)
        return 130
    print(report.text, flush=True)
    return 0 if report.complete else 1


def _cluster(args: argparse.Namespace) -> Any:
    """Marking by a Dask cluster, in the place of this machine's processes."""
    if args.jobs != 1 or args.packages or args.no_sandbox:
        raise CommandError(
            "--scheduler goes neither with --jobs, which are its workers, nor with --with (install there) or --no-sandbox."
        )
    try:
        from .teach.cluster.head import PATIENCE, Cluster, NoCluster
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the Python package {error.name} is missing; install what a cluster needs: {workspace.installing('cluster')}"
        ) from None
    cluster = Cluster(args.scheduler, args.tls_ca or "", args.tls_cert or "", args.tls_key or "")

    def by(*arguments: Any) -> Iterator[Any]:
        print(
            f"waiting for {args.scheduler} and its workers, at most {PATIENCE} s for each", file=sys.stderr, flush=True
        )
        try:
            yield from cluster.marked_students(*arguments)
        except NoCluster as error:
            raise CommandError(error) from None

    return by


def report(args: argparse.Namespace) -> int:
    """Make tables and reports again of marks, with class.toml and corrections.csv as they are now; nothing is marked."""
    from .teach.grading.incoming.collect import NoClass
    from .teach.grading.keeping.lock import FolderRefused
    from .teach.grading.report import report as make

    try:
        print(make(Path(args.marks), Path(args.roster) if args.roster else None, args.dry_run))
    except (NoClass, FolderRefused) as error:
        raise CommandError(error) from None
    return 0


def export(args: argparse.Namespace) -> int:
    """Write what counts in the form of a gradebook, keyed by its own ids; who cannot be told there is named."""
    from .checks.lessons import LESSONS
    from .teach.grading.exporting.export import FORMATS, Asked, NoExport
    from .teach.grading.exporting.export import export as write
    from .teach.grading.keeping.lock import FolderRefused

    if args.format not in FORMATS:
        raise CommandError(f"there is no format {args.format!r}; the formats: {', '.join(FORMATS)}.")
    lessons = tuple(map(_lesson, args.lesson)) or LESSONS
    columns: dict[str, tuple[str, ...]] = {}
    for text in args.column:
        of, equals, title = text.partition("=")
        if not (of and equals and title.strip()):
            raise CommandError(f"--column {text!r}: LESSON=TITLE was expected, or all=TITLE.")
        added = lessons if of == "all" else (_lesson(of),)
        columns[title.strip()] = tuple(dict.fromkeys([*columns.get(title.strip(), ()), *added]))
    asked = Asked(args.format, Path(args.marks), args.out, Path(args.into) if args.into else None, lessons, columns)
    try:
        print("\n".join(write(asked)))
    except (NoExport, FolderRefused) as error:
        raise CommandError(error) from None
    return 0


def gradescope(args: argparse.Namespace) -> int:
    """Make the autograder that is uploaded to Gradescope for an assignment."""
    from .checks.lessons import LESSONS
    from .teach.gradescope.package import NotMade, package

    root = workspace.clone()
    if root is None:
        raise CommandError("an autograder is made in a clone of the repository, whose pins it takes.")
    lessons = tuple(map(_lesson, args.lesson)) or LESSONS
    try:
        package(root, Path(args.to), lessons)
    except NotMade as error:
        raise CommandError(error) from None
    print(f"wrote    {args.to}: upload it as the autograder of an assignment with {', '.join(lessons)}")
    return 0


def train(args: argparse.Namespace) -> int:
    """Train the models that the lessons load."""
    return _author_tool("train_weights", args.rest)


def build(args: argparse.Namespace) -> int:
    """Build notebooks/ and solutions/*.ipynb from solutions/*.py."""
    return _author_tool("build", args.rest)


def bundle(args: argparse.Namespace) -> int:
    """Make a folder for a USB stick, from which the course is set up without a network."""
    return _author_tool("bundle", args.rest)


def release(args: argparse.Namespace) -> int:
    """Make the edition for students: lessons, a wheel without solutions, and a guide."""
    return _author_tool("release", args.rest)


def site(args: argparse.Namespace) -> int:
    """Make the site: the lessons and what is written about them, to read and search in a browser without a network."""
    return _author_tool("site", args.rest)


def items(args: argparse.Namespace) -> int:
    """Write questions for exams and seminars, with model answers: for Moodle (GIFT) or to print (Markdown)."""
    from .teach.items.write import FORMATS, write

    if args.format not in FORMATS:
        raise CommandError(f"there is no format {args.format!r}; the formats: {', '.join(FORMATS)}.")
    try:
        text = write(args.format, args.lesson or "", args.seed)
    except ValueError as error:
        raise CommandError(error) from None
    if not args.out:
        print(text, end="")
        return 0
    path = Path(args.out)
    if not path.parent.is_dir():
        raise CommandError(f"there is no folder {path.parent}; make it first.")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} is there already; name another file, or move it away.") from None
    print(f"wrote    {path}")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Say what works here and what does not; exit code 1 if a lesson could not run."""
    from .doctor import examine

    findings = examine()
    for finding in findings:
        print(finding)
    return 0 if all(finding.ok for finding in findings if finding.needed) else 1


def add_lab(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "lab", lab)
    parser.add_argument("--work", default="work", metavar="DIR", help="your copies of the lessons (default: work)")
    parser.add_argument("--update", action="store_true", help="bring newer versions of lessons into your copies")
    parser.add_argument("--port", type=int, help="JupyterLab's port (default: the first free one from 8888)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.add_argument("jupyter", nargs="*", metavar="-- OPTION", help="what follows -- goes to JupyterLab as it is")


def add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "check", check)
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a notebook, a Python file with the answers, or a folder of them"
    )
    parser.add_argument("--lesson", metavar="NAME", help="04_nelbo or 04; default: what the file says")
    parser.add_argument("--exercise", metavar="NAME", help="this one alone, as kl_normal or VAE.loss")
    parser.add_argument("--seed", type=int, metavar="N", help="draw the inputs of an earlier check again")
    parser.add_argument("--json", action="store_true", help="for programs: a list with an object for each file")


def add_grade(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "grade", grade)
    parser.add_argument("path", metavar="PATH", help="notebooks, folders of students, or what a platform hands out")
    parser.add_argument("--out", required=True, metavar="DIR", help="where marks.csv and the reports go")
    parser.add_argument("--roster", metavar="FILE", help="a table of everybody, of your own or a platform's (.csv)")
    parser.add_argument("--layout", metavar="NAME", help="how hand-ins lie there, where their names do not tell")
    parser.add_argument("--name-pattern", metavar="PATTERN", help="such as '{student}_{lesson}.ipynb'; * is anything")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="how many students at the same time (1)")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="mark on a Dask cluster that is there, as tls://head:8786"
    )
    for what in ("ca", "cert", "key"):
        parser.add_argument(f"--tls-{what}", metavar="FILE", help=f"of the cluster's TLS: the {what}")
    parser.add_argument("--only", metavar="STUDENT[/EXERCISE]", help="mark this again, and nothing else")
    parser.add_argument("--lesson", metavar="NAME", help="04_nelbo or 04; default: every lesson that was handed in")
    parser.add_argument("--changed", action="store_true", help="mark again where the checks have changed since")
    parser.add_argument(
        "--with",
        dest="packages",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="let answers import it too: its name, or a folder/ of packages; may be repeated",
    )
    parser.add_argument(
        "--no-sandbox", action="store_true", help="for one notebook of your own: run its code unguarded"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="that of an earlier run, for the same draws")


def add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "report", report)
    parser.add_argument("marks", metavar="DIR", help="the folder of the marks, as grade's --out")
    parser.add_argument("--roster", metavar="FILE", help="a newer one, in the place of that which grade was given")
    parser.add_argument("--dry-run", action="store_true", help="say whose marks would move, and write nothing")


def add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "export", export)
    parser.add_argument("format", metavar="FORMAT", help="canvas, moodle, nbgrader, csv or json")
    parser.add_argument("marks", metavar="DIR", help="the folder of the marks, as grade's --out")
    parser.add_argument("--into", metavar="FILE", help="the platform's own table, which is filled in")
    parser.add_argument("--lesson", metavar="NAME", action="append", default=[], help="only this one; may be repeated")
    parser.add_argument(
        "--column",
        metavar="LESSON=TITLE",
        action="append",
        default=[],
        help="which of Canvas' columns is the lesson's, by how its name begins; all=TITLE for the sum; may be repeated",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        help="a new file (Moodle's feedback beside it, as .zip), or the address of nbgrader's database",
    )


def add_gradescope(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "gradescope", gradescope)
    parser.add_argument("--to", required=True, metavar="FILE", help="the zip, such as autograder.zip")
    parser.add_argument("--lesson", metavar="NAME", action="append", default=[], help="only this one; may be repeated")


def add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "train", train, passes_on=True)


def add_build(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "build", build, passes_on=True)


def add_bundle(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "bundle", bundle, passes_on=True)


def add_release(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "release", release, passes_on=True)


def add_site(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "site", site, passes_on=True)


def add_items(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "items", items)
    parser.add_argument("--format", required=True, metavar="FORMAT", help="gift, for Moodle, or markdown, to print")
    parser.add_argument("--lesson", metavar="NAME", help="04 or 04b (a lesson in two parts has two); default: all")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other numbers in the short questions (0)")
    parser.add_argument("--out", metavar="FILE", help="default: the terminal")


def add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "doctor", doctor)


LEARNERS = (add_lab, add_check, add_doctor)
TEACHERS = (add_release, add_grade, add_report, add_export, add_gradescope, add_items)
AUTHORS = (add_train, add_build, add_bundle, add_site)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a usage error or a `CommandError`, told in one sentence."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
    parser = argparse.ArgumentParser(prog="vae-course", description="The course, from the command line.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    here = (*LEARNERS, *TEACHERS, *AUTHORS) if find_spec(f"{__package__}.teach") else LEARNERS
    for add in here:
        add(commands)
    args, rest = parser.parse_known_args(arguments)
    if rest and not args.passes_on:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    os.environ.update({} if WAITING.keys() & os.environ.keys() else WAITING)
    try:
        return args.run(args)
    except BrokenPipeError:  # the reader of a pipe has seen enough, as in `vae-course doctor | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes what is left when it ends
        return 0
    except (CommandError, OSError) as error:
        print(f"vae-course: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(f"{__package__}.checks"):
            raise
        print(f"vae-course: {unchecked.SAID}", file=sys.stderr)
        return 2


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    passes_on: bool = False,
) -> argparse.ArgumentParser:
    """A subparser for `run`. With `passes_on`, options that it does not know (--help too) go on to the tool behind it."""
    summary = (run.__doc__ or "").strip()
    parser = commands.add_parser(name, help=summary, description=summary, add_help=not passes_on, allow_abbrev=False)
    parser.set_defaults(run=run, passes_on=passes_on)
    return parser


def _count(text: str) -> int:
    """A number of jobs."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"a number from 1 to 256 was expected, not {text!r}")
    return int(text)


def _yes(question: str) -> bool:
    """Ask at the terminal; where there is none, the answer is no."""
    if not sys.stdin.isatty():
        raise CommandError(f"this question needs a terminal: {question}")
    try:
        return input(f"{question} Type yes: ").strip().lower() == "yes"
    except EOFError:
        return False


def _lesson(name: str | None) -> str:
    """The full name of a lesson that was typed, or an empty string."""
    from .checks.lessons import full_name

    try:
        return full_name(name) if name else ""
    except ValueError as error:
        raise CommandError(error) from None


def _become(command: list[str]) -> int:
    """Run `command` in this process's place, so that Ctrl-C reaches it alone; where that cannot be, wait for it."""
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


def _author_tool(module: str, argv: Sequence[str]) -> int:
    """Call `main(argv)` of a module of `vae_course.teach.authoring`, which the student edition does not have."""
    name = f"{__package__}.teach.authoring.{module}"
    try:
        return import_module(name).main(list(argv)) or 0
    except ModuleNotFoundError as error:
        told = (
            f"the Python package {error.name} is missing; install what authors need: {workspace.installing('author')}"
        )
        if workspace.clone() is None:
            told = (
                f"authors' commands are for a clone of the repository, which this is not; and {error.name} is missing."
            )
        if name.startswith(error.name or " "):
            told = "this edition of the course has no authoring tools; use a clone of the full repository."
        raise CommandError(told) from None


if __name__ == "__main__":
    sys.exit(main())
