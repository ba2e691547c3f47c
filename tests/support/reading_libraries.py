"""
Calls of the libraries that read other people's content, for a test that runs them in the sandbox.
"""

from __future__ import annotations

import codecs
import threading

import chardet
import dateparser
import py3langid
import quotequail
import trafilatura
import webencodings

_LANGUAGES = ["en", "de", "ru", "zh"]
_DATE_RULES = {
    "STRICT_PARSING": True,
    "REQUIRE_PARTS": ["day", "month", "year"],
    "PARSERS": ["absolute-time"],
}
_SENTENCE = "The ferry stays until March, said the mayor of the town on Tuesday. "
PAGE = (
    "<html><head><title>Ferry</title></head><body><nav><a href='/'>Home</a></nav><article>"
    f"<h1>Ferry</h1><p>{_SENTENCE * 8}</p><p>{_SENTENCE * 9}</p></article></body></html>"
)
REPLY = "Hello,\n\nsee below.\n\nOn Tue, Mar 5, 2019 at 6:00 AM A <a@example.org> wrote:\n> Words."


def warm_up() -> None:
    """
    Load what each library loads when it is first called.
    """
    for name in ("cp1251", "big5", "gbk"):
        codecs.lookup(name)
    encoding_of("Паромы остаются до марта".encode("cp1251").hex())
    decoded("iso-8859-1", "e9")
    for text in ("5. März 2019", "5 марта 2019 г.", "2019年3月5日"):
        date_in(text)
    language_of(_SENTENCE)
    text_of_page(PAGE)
    quoted(REPLY)


def encoding_of(raw: str) -> str | None:
    """
    Guess the encoding of hexadecimal bytes.
    """
    return chardet.detect(bytes.fromhex(raw))["encoding"]


def decoded(label: str, raw: str) -> str:
    """
    Decode hexadecimal bytes as a browser would.
    """
    return webencodings.decode(bytes.fromhex(raw), label)[0]


def date_in(text: str) -> str | None:
    """
    Return the date in ISO format.
    """
    found = dateparser.parse(text, languages=_LANGUAGES, settings=_DATE_RULES)
    return found.date().isoformat() if found else None


def language_of(text: str) -> str:
    """
    Return the code of the language.
    """
    return str(py3langid.classify(text)[0])


def text_of_page(page: str) -> str | None:
    """
    Return the main text of an HTML page.
    """
    return trafilatura.extract(page, favor_recall=True, include_comments=False)


def quoted(text: str) -> list[str]:
    """
    Return the kinds of the parts of a mail.
    """
    return [kind for kind, _ in quotequail.quote(text)]


def threads() -> int:
    """
    Return how many threads Python knows of.
    """
    return threading.active_count()
