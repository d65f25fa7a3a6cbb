// The theme and MyST-NB give these a label that is not what one reads on them ("Toggle hidden content"), and it is the label that is read aloud.
addEventListener("load", () => {
  for (const named of document.querySelectorAll(".search-button-field, details.hide > summary"))
    named.removeAttribute("aria-label");
});
