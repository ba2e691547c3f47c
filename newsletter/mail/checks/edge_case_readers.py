"""
Provide twenty readers whose names may break a mail because they are empty, right-to-left, or
malicious.
"""

from __future__ import annotations

from newsletter.mail.sample_readers import EDGE_CASES, reader_named

_NAMES = (
    "Ada Byron",
    "Plato",
    "עדה ביירון",
    "山田 太郎",
    "Zoë Œuvrard-Ångström",
    '"><img src=x onerror=alert(1)> Doe',
    "' onmouseover='alert(1) Doe",
    "Tom & Jerry",
    "&amp; Sons &lt;b&gt;",
    "%%email%% {{ 7*7 }}",
    "{% raw %} Doe",
    "Line\r\nBcc: victim@example.org",
    "Tab\tStop\u2028Separator",
    "--> <![endif]--> Doe",
    "</style></title></textarea> Doe",
    "javascript:alert(1) Doe",
)
EDGE_CASE_READERS = (
    *EDGE_CASES.values(),
    *(reader_named(name, email=f"{'q' * 64}@example.org") for name in _NAMES),
)
