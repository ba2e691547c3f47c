"""
The headers of the pages of the newsroom.
"""

from __future__ import annotations

# Nothing is loaded from elsewhere, and no script or style stands in a page itself.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PAGE_HEADERS = {"Content-Security-Policy": POLICY, "Vary": "HX-Request"}
