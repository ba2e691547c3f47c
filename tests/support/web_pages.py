"""
A page of an unknown theme: what is around its text, and the text.
"""

from __future__ import annotations

TITLE = "The Lantern Tax"
PARAGRAPHS = (
    "The council of Orrin taxed every lantern that burns past midnight, by nine votes to two, and "
    "sent its criers through the lower streets before the ink was dry.",
    "Merchants along the quay gathered for three days. They asked who would count the lights, who "
    "would pay the counters, and what became of a lantern that a storm had put out.",
    "A clerk named Tessel answered that each house would keep a book. The books were to be read "
    "aloud on the first morning of the month, in the yard behind the salt mill.",
    "By autumn the streets were dark, the treasury no fuller, and the council voted to pay for a "
    "single large lamp on the tower, which burned until the spring floods.",
)
TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
MENU = (
    "<header><a href=/>The Orrin Post</a><nav><ul><li><a href=/news>News</a></li>"
    "<li><a href=/town>Town</a></li><li><a href=/sea>Harbour</a></li></ul></nav></header>"
)
ASIDE = (
    "<div class=side><h4>Most read</h4><ul><li><a href=/1>Bridge closed until Friday</a></li>"
    "<li><a href=/2>Seven ways to smoke an eel</a></li><li><a href=/3>Letters</a></li></ul></div>"
)
FOOTER = (
    "<footer><p>All rights reserved by the Orrin Post company. <a href=/imprint>Imprint</a> "
    "<a href=/privacy>Privacy</a></p></footer>"
)


def page(body: str, head: str = f"<title>{TITLE} | The Orrin Post</title>") -> str:
    """
    Return a page with *body* below its menu.
    """
    return (
        f"<!doctype html><html lang=en><head>{head}</head><body class=home>{MENU}"
        f"<h1>{TITLE}</h1>{body}</body></html>"
    )
