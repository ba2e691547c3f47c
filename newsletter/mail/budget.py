"""
How many bytes of HTML a mail may have. `check` and whatever shortens a long issue read them here.

Gmail clips a message near 102 KB of HTML, and with it the link that unsubscribes. All three count
UTF-8 bytes after merging with the reader whose values are longest.
"""

from __future__ import annotations

# Above it an issue is not sent.
HTML_LIMIT_BYTES = 95_000
# What an issue that is shortened is brought down to: room is left for a typed intro.
HTML_AIM_BYTES = 85_000
# Above it a person is told.
HTML_WARN_BYTES = 80_000
