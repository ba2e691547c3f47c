"""
Find the line of a template that a place in the rendered text comes from, by rendering again with
the line number before each line. Used for errors in MJML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_OPEN, _CLOSE = "\ue000", "\ue001"
_LINE = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


class LinesInText(Extension):
    """
    Jinja extension that writes file and line before each line of a template's own text.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = [
                f"{_OPEN}{stream.filename} line {number}{_CLOSE}{line}"
                for number, line in enumerate(token.value.split("\n"), token.lineno)
            ]
            yield Token(token.lineno, "data", "\n".join(lines))


def origin_of(place: int, text: str, text_with_lines: str) -> str | None:
    """
    Return "templates/issue/mine/body.mjml line 7" for the character at *place* of *text*.

    Return None if the two texts differ in more than the line numbers, for example because of a
    filter that counts or shortens.
    """
    parts = _LINE.split(text_with_lines)
    if "".join(parts[::2]) != text or place < 0:
        return None
    length = len(parts[0])
    for origin, part in zip(parts[1::2], parts[2::2], strict=True):
        length += len(part)
        if place < length:
            return origin
    return None
