"""Sphinx reads this: MyST pages, notebooks, autodoc, and pages generated from klimaflow itself."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "klimaflow"
author = "klimaflow contributors"
copyright = author
release = version = version_of("klimaflow")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_design", "generated"]
exclude_patterns = ["_ext", "Thumbs.db", ".DS_Store"]
suppress_warnings = ["myst.strikethrough"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

# Each notebook is run from its beginning, and a cell that fails fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 900  # a notebook that hangs, not one on a busy machine
nb_merge_streams = True

default_role = "code"  # docstrings write names in single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["disk.js"]
html_favicon = "_static/icon.svg"
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#1f6f5c",
        "color-brand-content": "#1f6f5c",
        "color-brand-visited": "#1f6f5c",
        "color-api-name": "#1f6f5c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#6cc5ab",
        "color-brand-content": "#6cc5ab",
        "color-brand-visited": "#6cc5ab",
        "color-api-name": "#6cc5ab",
    },
}
html_title = f"klimaflow {release}"
html_copy_source = True
html_show_sphinx = False
html_permalinks_icon = "#"
