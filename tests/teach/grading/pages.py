"""Pages as somebody reads them."""

from html.parser import HTMLParser
from pathlib import Path

BLOCKS = frozenset("h1 h2 h3 p li tr figcaption pre title".split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._silent = tag == "style" or self._silent
        self.text += ["\n"] if tag in BLOCKS else [" "] if tag in ("td", "th") else []

    def handle_endtag(self, tag: str) -> None:
        self._silent = self._silent and tag != "style"
        self.text += ["\n"] if tag in BLOCKS else []

    def handle_data(self, data: str) -> None:
        self.text += [] if self._silent else [data]


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def lines_of(html: str) -> list[str]:
    """The lines of a page, without its title in the head."""
    body = html.partition("<body>")[2] or html
    lines = (" ".join(line.split()) for line in "".join(read(body).text).split("\n"))
    return [line for line in lines if line]


OURS = frozenset(
    "html head meta title style body main h1 h2 h3 p span div table tr th td progress a ol ul li section strong code figure "
    "figcaption pre img".split()
)
ATTRIBUTES = frozenset(
    "lang charset name content class id href max value scope tabindex role aria-label aria-hidden src alt".split()
)


def strange(html: str) -> list[str]:
    """What a page of ours never has: other tags or attributes, an address, a second heading or sum."""
    reader = read(html)
    found = [f"a tag {tag}" for tag in set(reader.tags) - OURS]
    found += [f"an attribute {name}={value}" for name, value in reader.attributes if name not in ATTRIBUTES]
    found += [f"a link to {value}" for name, value in reader.attributes if name == "href" and value[:1] != "#"]
    found += [
        f"a picture {value[:30]}"
        for name, value in reader.attributes
        if name == "src" and not value.startswith("data:image/png;base64,")
    ]
    if reader.tags.count("h1") != 1 or [v for n, v in reader.attributes if n == "class"].count("total") != 1:
        found.append("a heading or a sum that is not the grader's")
    return found


def page(marks: Path, student: str) -> str:
    """A student's page, line by line."""
    return "\n".join(lines_of((marks / "reports" / f"{student}.html").read_text(encoding="utf-8")))
