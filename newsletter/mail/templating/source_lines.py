"""
Which line of a template a place in the rendered text comes from: the template is rendered once more
with the line written before each piece of it. `jinja` asks when MJML is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_OPEN, _CLOSE = "\ue000", "\ue001"
_LINE = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


class LinesInText(Extension):
    """
    Writes file and line before each line of a template's own text.
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
    "templates/issue/mine/body.mjml line 7" for the character at *place* of *text*; None when the
    two texts differ in more than the lines, as after a filter that counts or cuts.
    """
    pieces = _LINE.split(text_with_lines)
    if "".join(pieces[::2]) != text or place < 0:
        return None
    length = len(pieces[0])
    for origin, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        length += len(piece)
        if place < length:
            return origin
    return None
