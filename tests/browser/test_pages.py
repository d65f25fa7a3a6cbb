"""A student's page and the one on a class, opened from the disk: readable on a phone, in the dark, by ear, on paper, without a network."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.teach.grading.test_tables import mark
from vae_course.teach.grading.outgoing.pages.of_class import class_page
from vae_course.teach.grading.outgoing.pages.student import student_page

from .driver import browser_page
from .test_site import AXE

pytestmark = pytest.mark.slow

LONG = "def kl_normal(qm, qv, pm, pv):\n    return " + " + ".join(["torch.log(pv)"] * 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages with everything that a page may have, and words that are too long for any line."""
    finding = {"certain": ["x" * 300], "likely": "A slip.", "numbers": ["Twice."], "rows": [["entry", "-92.21"]]}
    checks = [["the value", "not passed", 0, 3], ["the gradients", "not reached", 0, 3], ["one KL", "passed", 0, 0]]
    told = {
        "findings": [finding],
        "checks": checks,
        "code": [["cell 3", 1, LONG]],
        "line": LONG.replace("def", "line 1: def").split("\n")[0],
    }
    rows = [
        mark("sample_gaussian", status="correct", points=7, comment="Well done."),
        mark("log_normal", status="not started"),
        mark("kl_normal", details=json.dumps(told), points=2, misconception="log-ratio-flipped", decided="corrected"),
    ]
    made = tmp_path_factory.mktemp("pages")
    (made / "ada.html").write_text(student_page("ada" * 40, rows, ["y" * 200], "a stamp"), encoding="utf-8")
    (made / "class.html").write_text(class_page(rows, ["zoe"], ["z" * 200], "a stamp"), encoding="utf-8")
    return made


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page(width=390) as page:
        yield page


@pytest.mark.parametrize("name", ["ada", "class"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_a_phone_or_fetched(name: str, folder: Path, page: Page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / f"{name}.html").as_uri())
    assert [url[:40] for url in asked[1:] if not url.startswith("data:image/png")] == []
    page.add_script_tag(path=AXE)
    told = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for one in page.evaluate("axe.run()")["violations"]:
            if one["impact"] in ("serious", "critical"):
                told.append(f"{scheme}: {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})")
    assert not told


@pytest.mark.parametrize("name", ["ada", "class"])
def test_on_paper_it_is_black_on_white_whatever_the_screen_was(name: str, folder: Path, page: Page, tmp_path: Path):
    page.emulate_media(color_scheme="dark", media="print")
    page.goto((folder / f"{name}.html").as_uri())
    colours = page.evaluate(
        "(() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]; })()"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
