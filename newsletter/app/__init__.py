"""
The only place that wires things: make an `App` from settings, part by part.
"""

from newsletter.app.app import App
from newsletter.app.installation import utc_now

__all__ = ["App", "utc_now"]
