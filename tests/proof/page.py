"""
Write the page of `make proof`: the table, and each sample's pictures side by side.
"""

from __future__ import annotations

from pathlib import Path

import jinja2
from proof.table import Proofs

_HERE = Path(__file__).parent


def write_page(proofs: Proofs, folder: Path) -> Path:
    """
    Write the page into *folder* and return its path.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = folder / "index.html"
    text = environment.get_template("page.html").render(proofs=proofs, folder=folder)
    page.write_text(text, encoding="utf-8")
    return page
