"""Text that shows itself as a card in a notebook."""

from html import escape

from vae_course.learning.cards import frame


class Text:
    """A sentence or two for the learner: plain text anywhere, a card in a notebook."""

    def __init__(self, title: str, body: str, *, code: bool = False) -> None:
        self.title = title
        self.body = body
        self._code = code

    def __repr__(self) -> str:
        return f"{self.title}\n{self.body}"

    def _repr_html_(self) -> str:
        tag, style = ("pre", "margin:.4em 0 0") if self._code else ("div", "margin-top:.3em")
        return frame(f"<b>{escape(self.title)}</b><{tag} style='{style}'>{escape(self.body)}</{tag}>", "#56B4E9")
