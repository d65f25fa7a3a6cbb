"""The site, built from this clone and opened from the disk in a real browser: it is searched, unfolded, narrowed, darkened, and looked over by axe."""

import filecmp
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page

from .driver import browser_page, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "build" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LESSON = "notebooks/02_kl_divergence.html"
LOOKED_AT = (
    "index",
    "teacher",
    "host",
    "api",
    "results",
    "search",
    "docs/what-learners-get-wrong",
    "notebooks/02_kl_divergence",
)
"""What axe sees in each theme; of the lessons one, since all are made in one way."""

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


def test_without_solutions_there_is_none(tmp_path: Path):
    out = built(tmp_path / "exam", "--without-solutions")
    lesson = (out / LESSON).read_text(encoding="utf-8")
    assert "Show one solution" not in lesson and "Exercise 2.2" in lesson


@pytest.mark.parametrize("name", LOOKED_AT)
def test_on_a_phone_no_page_is_wider_than_the_screen(site: Path, name: str):
    with browser_page(width=390, height=844) as page:
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing_serious(site: Path, page: Page, name: str, theme: str):
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")["violations"]
    told = [
        f"{one['impact']}: {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not told
