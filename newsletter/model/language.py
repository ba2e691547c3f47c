"""
Choose the language of a mail or a page.
"""

from __future__ import annotations


def language_for(reader: str | None, mailing_list: str | None, site: str) -> str:
    """
    Return the language of a mail or a page for *reader*: the reader's own if it is known, else that
    of the mailing list, else that of the site.

    What is rendered once for everybody has no reader: the mail of an issue, and what its editors
    get, are in the language of its list.
    """
    return reader or mailing_list or site
