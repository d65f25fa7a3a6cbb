"""Boxes of sliders for who hears the page: ipywidgets gives a slider's handle no name (8.1)."""

from typing import Any

_NAMES = """<script>
(function name(tries) {
  for (const slider of document.querySelectorAll(".widget-slider")) {
    const label = slider.querySelector(".widget-label"), handle = slider.querySelector("[role=slider]");
    const asked = slider.closest(".widget-vbox")?.querySelector("b");
    if (label && handle)
      handle.setAttribute("aria-label", [asked, label].filter(Boolean).map(e => e.textContent).join(" "));
  }
  if (tries > 0) setTimeout(name, 500, tries - 1);
})(20);
</script>"""
"""A slider is called by the question in bold above it, if there is one, and by its label. Views come some time after their cell has run."""


def show_named(box: Any) -> None:
    """Display a box of widgets, its sliders with names."""
    from IPython.display import display

    display(box)
    display({"text/html": _NAMES, "text/plain": ""}, raw=True)
