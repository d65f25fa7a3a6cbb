"""The site, built from this clone and opened from the disk in a real browser: it is searched, unfolded, narrowed, darkened, and looked over by axe."""

import filecmp
import html
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from playwright.sync_api import Page

from vae_course.teach.authoring.site.slides import MINUTES

from .driver import browser_page, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "build" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LESSON = "notebooks/02_kl_divergence.html"
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb"))
PAGES = [
    *"index learner teacher host author slides results api search genindex py-modindex CONTRIBUTING CHANGELOG".split(),
    *sorted(f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")),
    *(f"{kind}/{lesson}" for kind in ("notebooks", "slides") for lesson in LESSONS),
]

pytestmark = pytest.mark.slow


def built(out: Path, *options: str) -> Path:
    command = [sys.executable, "-m", "vae_course.cli", "site", "--out", str(out), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    return out


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site") / "html")


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that may ask for files of this machine only."""
    with browser_page() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        yield page
        elsewhere = {url for url in asked if urlsplit(url).scheme not in ("file", "data", "blob")}
        assert asked and not elsewhere


class Links(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors |= {value for value in (found.get("id"), found.get("name")) if value}
        self.links += [value for value in (found.get("href"), found.get("src")) if value]


def test_it_is_small_and_built_twice_it_is_the_same(site: Path, tmp_path: Path):
    again = built(tmp_path / "again")
    names = sorted(str(path.relative_to(site)) for path in site.rglob("*") if path.is_file())
    assert sorted(str(path.relative_to(again)) for path in again.rglob("*") if path.is_file()) == names
    _, differing, unreadable = filecmp.cmpfiles(site, again, names, shallow=False)
    assert not differing and not unreadable
    assert sum((site / name).stat().st_size for name in names) < 40 * 2**20


def test_every_link_and_every_anchor_leads_somewhere(site: Path):
    pages = {
        path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts
    }
    assert len(pages) > 20
    lost = []
    for path, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                lost.append(f"{path.name}: {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                lost.append(f"{path.name}: {link}, of which there is no anchor")
    assert not lost


def test_a_search_finds_the_lesson_and_leads_there(site: Path, page: Page):
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("reparameterization")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a", has_text="01 · The reparameterization trick").first
    found.wait_for()
    found.click()
    page.locator("main h1", has_text="01 · The reparameterization trick").filter(visible=True).wait_for()


def test_a_solution_is_folded_until_it_is_asked_for_with_the_keyboard_too(site: Path, page: Page):
    page.goto((site / LESSON).as_uri())
    fold = page.locator("details.hide", has_text="Show one solution").first
    assert "BEGIN SOLUTION" not in page.locator("main").inner_text()
    assert not fold.locator("pre").is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    fold.locator("pre").wait_for()
    assert "torch.log(v)" in fold.inner_text()


def test_formulas_are_drawn(site: Path, page: Page):
    page.goto((site / LESSON).as_uri())
    page.locator("mjx-container svg").first.wait_for()
    wait_for(lambda: page.locator("span.math:not(:has(mjx-container))").count() == 0, "all formulas", page)
    assert page.locator("[data-mjx-error]").count() == 0


def test_without_solutions_no_page_and_no_slide_has_one(site: Path, tmp_path: Path):
    """A line that only the solved cells have stands in the whole site, and nowhere in the one for an exam."""
    exam = built(tmp_path / "exam", "--without-solutions")
    secret: dict[str, set[str]] = {}
    for lesson in LESSONS:
        solved, untouched = (
            nbformat.read(ROOT / kind / f"{lesson}.ipynb", 4).cells for kind in ("solutions", "notebooks")
        )
        answers = [cell.source for cell in solved if cell.metadata.get("nbgrader", {}).get("solution")]
        handed_out = "\n".join(cell.source for cell in untouched)
        lines = {line.strip() for answer in answers for line in answer.splitlines()}
        secret[lesson] = {
            line for line in lines if len(line) > 30 and line not in handed_out and "SOLUTION" not in line
        }
        assert secret[lesson]
    for out, kept in ((site, True), (exam, False)):
        for lesson, lines in secret.items():
            found = {line for line in lines if line in words_of(out / f"notebooks/{lesson}.html")}
            assert found == (lines if kept else set()), lesson
        everywhere = "".join(words_of(path) for path in sorted((out / "slides").glob("*.html")))
        assert ("return m + torch.sqrt(v)" in everywhere) == kept == ("One solution" in everywhere)
    assert "Exercise 2.2" in words_of(exam / LESSON)


def words_of(path: Path) -> str:
    """What a page says, without its markup."""
    return html.unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8")))


def test_a_word_leads_to_the_glossary_where_a_lesson_first_uses_it(site: Path, page: Page):
    page.goto((site / LESSON).as_uri())
    links = page.locator("main a:has(.std-term)", has_text="KL divergence")
    assert links.count() == 1
    links.click()
    term = page.locator("#term-KL-divergence")
    term.wait_for()
    assert "Never negative" in page.locator("main dl").inner_text()
    assert page.locator("main table tr", has_text="our guess of the posterior").count() == 1


def test_slides_move_by_the_keyboard_fit_the_screen_and_have_notes(site: Path, page: Page):
    page.set_viewport_size({"width": 1280, "height": 720})
    for lesson in LESSONS:
        page.goto((site / f"slides/{lesson}.html").as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        whole = page.evaluate("Reveal.getTotalSlides()")
        assert 12 <= whole <= 34
        for number in range(whole):
            assert page.evaluate("Reveal.getIndices().h") == number
            size = page.evaluate("(({scrollWidth: w, scrollHeight: h}) => [w, h])(Reveal.getCurrentSlide())")
            assert size[0] <= 1280 and size[1] <= 720, f"{lesson}: slide {number + 1} is {size}"
            assert page.evaluate("Reveal.getSlideNotes()")
            page.keyboard.press("ArrowRight")
        assert page.locator("[data-mjx-error]").count() == 0
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth && image.alt)")
        assert "Minute" in page.evaluate("Reveal.getSlideNotes()") and f"to {MINUTES}." in page.evaluate(
            "Reveal.getSlideNotes()"
        )


def test_the_speaker_sees_the_notes_in_a_window_of_their_own(site: Path, page: Page):
    page.goto(f"{(site / 'slides/02_kl_divergence.html').as_uri()}#/2")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    opened.value.locator(".speaker-controls-notes", has_text="The logarithm turns products into sums").wait_for()


def test_lessons_are_printed(tmp_path: Path):
    out = built(tmp_path / "printed", "--pdf")
    assert sorted(path.stem for path in (out / "pdf").glob("*.pdf")) == LESSONS
    for lesson in LESSONS:
        pages = re.findall(rb"/Type\s*/Page\b", (out / "pdf" / f"{lesson}.pdf").read_bytes())
        assert len(pages) > 8, f"{lesson}: {len(pages)} pages"
        assert f'href="../pdf/{lesson}.pdf"' in (out / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) < 40 * 2**20


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("my own page")
    for folder in ("mine", "mine/index.html"):
        command = [sys.executable, "-m", "vae_course.cli", "site", "--out", str(tmp_path / folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2 and f"{folder} is no site of ours" in done.stderr
    assert (tmp_path / "mine" / "index.html").read_text() == "my own page"


def test_all_pages_are_known_here(site: Path):
    found = {path for path in site.rglob("*.html") if "_static" not in path.parts}
    assert found == {site / f"{name}.html" for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_no_page_is_wider_than_the_screen(site: Path, name: str):
    with browser_page(width=390, height=844) as page:
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(site: Path, page: Page, name: str):
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    page.add_script_tag(path=AXE)
    told = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        for one in page.evaluate("axe.run()")["violations"]:
            if one["impact"] in ("serious", "critical"):
                first = one["nodes"][0]["html"][:200]
                told.append(f"{theme}: {one['impact']}: {one['id']}: {first} ({len(one['nodes'])})")
    assert not told
