// The theme and MyST-NB give these a label that is not what one reads on them ("Toggle hidden content"), and it is the label that is read aloud.
addEventListener("load", () => {
  for (const named of document.querySelectorAll(".search-button-field, details.hide > summary"))
    named.removeAttribute("aria-label");
  // What scrolls by itself is reached by the keyboard.
  for (const wide of document.querySelectorAll("table, pre")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
});
