"""
The only wiring: settings become an `App`, part by part; sending and events have a file each.
"""

from newsletter.app.app import App
from newsletter.app.installation import utc_now

__all__ = ["App", "utc_now"]
