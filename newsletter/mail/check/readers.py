"""
Readers who put a mail to the test: the one whose values are longest, and those whose names are
missing, written from the right, or made to break a page.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model.mail import Recipient

# RFC 5321 section 4.5.3.1: 64 characters before the @, 254 in all.
LONGEST_EMAIL = f"{'reader-' * 9}x@{'long-name.' * 18}example"
_LONGEST_NAME = "Maximiliane & Konstantin Freiherr von und zu Hohenstein-Ludwigsburg " * 2
LONGEST_URL = f"https://{'long-name.' * 6}example.org/u/{'T0K3N' * 10}"
_NAMES = (
    "Ada Byron",
    "",
    "Plato",
    "عائشة بنت محمد",
    "שרה כהן",
    "山田 太郎",
    "Zoë Œuvrard-Ångström",
    "<script>alert(1)</script> Doe",
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
    _LONGEST_NAME.strip(),
)


def longest_reader() -> Recipient:
    """
    The reader whose copy is the largest.
    """
    return reader_named(_LONGEST_NAME.strip(), number=0, email=LONGEST_EMAIL)


def hard_readers() -> list[Recipient]:
    """
    Twenty readers whom a mail must greet without harm.
    """
    return [
        reader_named(name, number=number, email=f"{'q' * (44 + number)}@example.org")
        for number, name in enumerate(_NAMES, start=1)
    ]


def reader_named(name: str, *, number: int, email: str) -> Recipient:
    first, _, last = name.partition(" ")
    return Recipient(
        delivery_id=number,
        email=email,
        message_id=f"<check-{number}@example.org>",
        name=name,
        unsubscribe_url=LONGEST_URL,
        values=_values(email=email, name=name, first_name=first, last_name=last),
    )


def _values(**told: str) -> Mapping[str, str]:
    links = dict.fromkeys(("unsubscribe_url", "confirm_url", "review_url"), LONGEST_URL)
    return told | links
