"""`vae-course site`: the lessons and all that is written about them, to read and search in a browser, without a network.

    vae-course site [--out FOLDER] [--without-solutions] [--pdf]

Everything comes from what the clone has: the solved lessons, the README's sections, `docs/`, the package's docstrings. Sphinx makes the pages
(MyST-NB, the theme sphinx-book-theme); MathJax, which draws the formulas, and reveal.js, which shows the slides, are copied from `build/node`,
where `make site` puts them.
"""

import argparse
import importlib.util
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from vae_course import workspace
from vae_course.teach.authoring.site import glossary, slides
from vae_course.teach.authoring.site.lesson_pages import lesson_page
from vae_course.teach.authoring.site.pdf import browser, print_lessons

HERE = Path(__file__).parent
NODE = "build/node/node_modules"
MATHJAX = f"{NODE}/mathjax/es5/tex-svg.js"
REVEAL = f"{NODE}/reveal.js/dist"
OURS = ".vae-course-site"
"""The file by which a folder is known to be a site of ours, which may be written over."""
_SECTION = re.compile(r"\{\{ readme: (?P<title>.+?) \}\}")


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="vae-course site", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--out", default="build/site", metavar="FOLDER", help="where it is made (build/site)")
    parser.add_argument("--without-solutions", action="store_true", help="leave the solved stubs out")
    parser.add_argument("--pdf", action="store_true", help="print each lesson to PDF too (asks for Chromium)")
    arguments = parser.parse_args(argv)
    out, root = Path(arguments.out), workspace.clone()
    if root is None:
        parser.error("it is made of a clone of the repository, and this is an installed wheel.")
    if importlib.util.find_spec("sphinx") is None:
        parser.error(f"Sphinx is missing: {workspace.installing('author')}")
    for needed in (MATHJAX, REVEAL):
        if not (root / needed).exists():
            parser.error(f"there is no {needed}: `make site` fetches it, and calls this command.")
    if out.exists() and not (out.is_dir() and ((out / OURS).exists() or not any(out.iterdir()))):
        parser.error(f"{out} is no site of ours; name another folder, or an empty one.")
    if arguments.pdf and browser() is None:
        parser.error("--pdf: no Chromium or Chrome was found; on Debian or Ubuntu: sudo apt-get install chromium")
    try:
        return build(root, out, solutions=not arguments.without_solutions, pdf=arguments.pdf)
    except RuntimeError as error:  # the browser's
        print(f"vae-course: {error}", file=sys.stderr)
        return 1


def build(root: Path, out: Path, solutions: bool, pdf: bool = False) -> int:
    """Make the site of a clone. A warning of Sphinx's (a link that leads nowhere, say) is an error."""
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "made"
        gather(root, source, solutions, pdf)
        quiet = ["-q", "-W", "--keep-going", "-E", "-d", str(Path(folder) / "doctrees")]
        if code := build_main([*quiet, "-b", "html", str(source), str(made)]):
            return code
        if pdf:
            print_lessons(made)
        shutil.rmtree(out, ignore_errors=True)  # only now: what fails leaves the last site as it was
        shutil.move(made, out)
    print(f"{out / 'index.html'}: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 2**20:.0f} MB")
    return 0


def gather(root: Path, source: Path, solutions: bool, pdf: bool) -> None:
    """Lay out what Sphinx reads as the clone is laid out, so that relative links lead where they lead there."""
    shutil.copytree(root / "docs", source / "docs")
    for page in (source / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8").replace("](../solutions/", "](../notebooks/")  # here they are one page
        text = text.replace("](../README.md)", "](../learner.md)")
        page.write_text(text, encoding="utf-8")
    words, [first, *_] = source / glossary.PAGE, sorted((root / "solutions").glob("*.ipynb"))
    words.write_text(
        glossary.page(words.read_text(encoding="utf-8"), nbformat.read(first, as_version=4)), encoding="utf-8"
    )
    readme = (root / "README.md").read_text(encoding="utf-8")
    decks_list = lessons(root, source, solutions, pdf)
    for page in (HERE / "pages").glob("*.md"):
        text = _SECTION.sub(lambda found: section(readme, found["title"]), page.read_text(encoding="utf-8"))
        text = text.replace("{{ decks }}", decks_list)
        (source / page.name).write_text(text, encoding="utf-8")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(root / name, source)
    shutil.copy(HERE / "conf.py", source)
    shutil.copytree(HERE / "assets", source / "_static", ignore=shutil.ignore_patterns("*.html"))
    (source / "_static" / "mathjax").mkdir()
    shutil.copy(root / MATHJAX, source / "_static" / "mathjax")
    (source / "as-it-is" / OURS).touch()


def lessons(root: Path, source: Path, solutions: bool, pdf: bool) -> str:
    """A page and a deck of slides of each; returns the list of the decks."""
    pages, decks = source / "notebooks", source / "as-it-is" / "slides"
    for folder in (pages, decks / "figures", decks / "reveal" / "plugin"):
        folder.mkdir(parents=True)
    for name in ("reveal.css", "reveal.js", "plugin/notes.js"):
        shutil.copy(root / REVEAL / name, decks / "reveal" / name)
    template = (HERE / "assets" / "deck.html").read_text(encoding="utf-8")
    listed: list[str] = []
    words = glossary.entries((root / glossary.PAGE).read_text(encoding="utf-8"))
    for path in sorted((root / "solutions").glob("*.ipynb")):
        solved, untouched = (
            nbformat.read(root / kind / path.name, as_version=4) for kind in ("solutions", "notebooks")
        )
        others = {"PDF": f"../pdf/{path.stem}.pdf"} if pdf else {}
        if deck := slides.deck(solved, untouched, decks / "figures", solutions):
            (decks / f"{path.stem}.html").write_text(slides.page(deck, template), encoding="utf-8")
            others = {"Slides": f"../slides/{path.stem}.html"} | others
            listed.append(f'- <a href="slides/{path.stem}.html">{deck[0].title}</a>')
        nbformat.write(lesson_page(solved, untouched, solutions, words, others), pages / path.name)
    return "\n".join(listed)


def section(readme: str, title: str) -> str:
    """A section of the README without its heading; "the beginning" is what stands before the first one, without title and badges.

    Raises:
        KeyError: there is none of this title.
    """
    parts = re.split(r"^## (.+)\n", readme, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    found["the beginning"] = re.sub(r"<!--.*?-->\n?|^# .*\n", "", parts[0], flags=re.MULTILINE)
    return found[title].strip()
