"""Sphinx's settings of the site. Nothing here may need a network, to build or to read."""

project = "Learn the variational autoencoder by writing it"
html_title = project
language = "en"
author = "the authors of vae_course"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

nb_execution_mode = "off"  # the lessons come with their outputs
nb_ipywidgets_js: dict = {}  # they would come from a network, and the lessons have none
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
napoleon_use_ivar = True
mathjax_path = "mathjax/tex-svg.js"

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_extra_path = ["as-it-is"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False  # 20 MB of notebooks
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "navbar_persistent": [],
}
templates_path: list[str] = []
