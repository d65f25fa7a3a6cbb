"""Text that shows itself as a card in a notebook."""

from html import escape

from vae_course.checks.learning.cards import frame
from vae_course.emphasis import as_html
from vae_course.printable import printable


class Text:
    """A sentence or two for the learner: plain text anywhere, a card in a notebook."""

    def __init__(self, title: str, body: str, *, code: bool = False) -> None:
        self.title = title
        self.body = body
        self._code = code

    def __repr__(self) -> str:
        return printable(f"{self.title}\n{self.body}")

    def _repr_html_(self) -> str:
        if self._code:
            body = f"<pre style='margin:.4em 0 0'>{escape(self.body)}</pre>"
        else:
            body = "".join(f"<div style='margin-top:.3em'>{as_html(line)}</div>" for line in self.body.splitlines())
        return frame(f"<b>{escape(self.title)}</b>{body}", "#56B4E9")
