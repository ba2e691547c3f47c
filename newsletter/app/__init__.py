"""
Build an `App` from settings, part by part. Nothing else wires the parts together.
"""

from newsletter.app.app import App
from newsletter.app.installation import utc_now

__all__ = ["App", "utc_now"]
