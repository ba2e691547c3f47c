"""
Configure Sphinx: MyST Markdown, the Furo theme, and the reference pages that `_ext` generates.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "_ext"))

project = "newsletter"
author = "the newsletter contributors"
release = version = installed_version("newsletter")

extensions = ["myst_parser", "reference_pages"]
# Addresses of headings are made as GitHub makes them, so that one link works in both places.
myst_heading_anchors = 4
exclude_patterns = ["_ext"]
nitpicky = True

html_theme = "furo"
html_title = f"newsletter {release}"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
