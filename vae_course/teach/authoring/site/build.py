"""`vae-course site`: the lessons and all that is written about them, to read and search in a browser, without a network.

    vae-course site [--out FOLDER] [--without-solutions]

Everything comes from what the clone has: the solved lessons, the README's sections, `docs/`, the package's docstrings. Sphinx makes the pages
(MyST-NB, the theme sphinx-book-theme); MathJax, which draws the formulas, is copied from `build/node`, where `make site` puts it.
"""

import argparse
import importlib.util
import re
import shutil
import tempfile
from pathlib import Path

import nbformat

from vae_course import workspace
from vae_course.teach.authoring.site.lesson_pages import lesson_page

HERE = Path(__file__).parent
NODE = "build/node/node_modules"
MATHJAX = f"{NODE}/mathjax/es5/tex-svg.js"
OURS = "searchindex.js"
"""Every site has it: what a folder must hold to be written over."""
_SECTION = re.compile(r"\{\{ readme: (?P<title>.+?) \}\}")


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="vae-course site", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--out", default="build/site", metavar="FOLDER", help="where it is made (build/site)")
    parser.add_argument("--without-solutions", action="store_true", help="leave every answer out, for an exam")
    arguments = parser.parse_args(argv)
    out, root = Path(arguments.out), workspace.clone()
    if root is None:
        parser.error("it is made of a clone of the repository, and this is an installed wheel.")
    if importlib.util.find_spec("sphinx") is None:
        parser.error(f"Sphinx is missing: {workspace.installing('author')}")
    if not (root / MATHJAX).exists():
        parser.error(f"there is no {MATHJAX}: `make site` fetches it, and calls this command.")
    if out.is_dir() and any(out.iterdir()) and not (out / OURS).exists():
        parser.error(f"{out} is a folder with other things in it; name another, or an empty one.")
    return build(root, out, solutions=not arguments.without_solutions)


def build(root: Path, out: Path, solutions: bool) -> int:
    """Make the site of a clone. A warning of Sphinx's (a link that leads nowhere, say) is an error."""
    from sphinx.cmd.build import build_main

    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        gather(root, source, solutions)
        quiet = ["-q", "-W", "--keep-going", "-E", "-d", str(Path(folder) / "doctrees")]
        code = build_main([*quiet, "-b", "html", str(source), str(out)])
    if code:
        return code
    print(f"{out / 'index.html'}: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 2**20:.0f} MB")
    return 0


def gather(root: Path, source: Path, solutions: bool) -> None:
    """Lay out what Sphinx reads as the clone is laid out, so that relative links lead where they lead there."""
    shutil.copytree(root / "docs", source / "docs")
    for page in (source / "docs").glob("*.md"):  # on the site a lesson and its solution are one page
        page.write_text(
            page.read_text(encoding="utf-8").replace("](../solutions/", "](../notebooks/"), encoding="utf-8"
        )
    readme = (root / "README.md").read_text(encoding="utf-8")
    for page in (HERE / "pages").glob("*.md"):
        text = _SECTION.sub(lambda found: section(readme, found["title"]), page.read_text(encoding="utf-8"))
        (source / page.name).write_text(text, encoding="utf-8")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(root / name, source)
    (source / "notebooks").mkdir()
    for path in sorted((root / "solutions").glob("*.ipynb")):
        solved, untouched = (
            nbformat.read(root / kind / path.name, as_version=4) for kind in ("solutions", "notebooks")
        )
        nbformat.write(lesson_page(solved, untouched, solutions), source / "notebooks" / path.name)
    shutil.copy(HERE / "conf.py", source)
    shutil.copytree(HERE / "assets", source / "_static")
    (source / "_static" / "mathjax").mkdir()
    shutil.copy(root / MATHJAX, source / "_static" / "mathjax")


def section(readme: str, title: str) -> str:
    """A section of the README without its heading; "the beginning" is what stands before the first one, without title and badges.

    Raises:
        KeyError: there is none of this title.
    """
    parts = re.split(r"^## (.+)\n", readme, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    found["the beginning"] = re.sub(r"<!--.*?-->\n?|^# .*\n", "", parts[0], flags=re.MULTILINE)
    return found[title].strip()
