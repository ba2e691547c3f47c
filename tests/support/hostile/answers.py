"""
What an answer of the newsroom must not have, whatever was sent.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from safe_html import runs_a_script, unsafe_html

from hostile.page_forms import links_of


def faults_of(response: httpx.Response) -> list[str]:
    """
    Return a line on each element of an answer that somebody else wrote, and on each address of
    another site that it leads to.
    """
    found = []
    location = response.headers.get("location") or response.headers.get("hx-redirect") or "/admin/"
    if not re.match(r"/admin(/|$)|/admin\?", location):
        found.append(f"leads to {location}")
    if not response.headers.get("content-type", "text/html").startswith("text/html"):
        assert response.headers["x-content-type-options"] == "nosniff"
        return found
    is_email = "style-src 'unsafe-inline'" in response.headers["content-security-policy"]
    found += (runs_a_script if is_email else unsafe_html)(response.text)
    found += [f"a link to {each}" for each in links_of(response.text) if is_elsewhere(each)]
    return found + ["a template in a text was filled in"] * ("alert('49')" in response.text)


def is_elsewhere(address: str) -> bool:
    return "evil.example" in (urlsplit(address).netloc or "")
