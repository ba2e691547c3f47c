"""
Split the text of a rule into words, texts in quotes and signs.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from subscribers.errors import RuleError
from subscribers.segments.model import MAX_LENGTH
from subscribers.text.phrases import phrase

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*')
    |(?P<sign><=|>=|!=|[=<>(),])
    |(?P<word>[^\s"'()=<>!,&|]+)""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OTHER_QUOTES = "“”„‟‘’‚‹›«»`´"
_TWO_SIGNS = {"==": "=", "=!": "!=", "<>": "!=", "=>": ">=", "=<": "<=", ">>": ">", "<<": "<"}
_ADVICE = {
    '"': phrase("the text in quotes does not end: write a second quote"),
    "'": phrase("the text in quotes does not end: write a second quote"),
    "!": phrase("write != or not"),
    "&": phrase("write and"),
    "|": phrase("write or"),
}


class TokenKind(enum.Enum):
    WORD = "word"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """
    A word, a text without its quotes or a sign; the column where it begins, from 1, and how many
    characters it has there.
    """

    kind: TokenKind
    text: str
    column: int
    length: int = 0

    @property
    def keyword(self) -> str:
        """
        Return a word in lower case or a sign, for comparisons; empty for a text in quotes.
        """
        return "" if self.kind is TokenKind.TEXT else self.text.lower()

    @property
    def as_words(self) -> str:
        """
        Return the token as a message names it.
        """
        return phrase("the end") if self.kind is TokenKind.END else repr(self.text)


def split_rule(text: str) -> list[Token]:
    """
    Return the tokens of a rule, with an END behind them.

    Raises:
        RuleError: it is too long, a text in quotes does not end, or a character has no meaning.
    """
    if len(text) > MAX_LENGTH:
        raise RuleError(
            MAX_LENGTH + 1,
            phrase(
                "the rule has {number} characters: write at most {limit}",
                number=len(text),
                limit=MAX_LENGTH,
            ),
        )
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise RuleError(place + 1, _advice(text, place))
        if found.lastgroup != "space":
            tokens.append(_token(found))
        place = found.end()
    return [*tokens, Token(TokenKind.END, "", len(text) + 1)]


def _advice(text: str, place: int) -> str:
    if text[place] in "'\"" and place and text[place - 1].isalpha():
        return phrase('put the whole text in quotes, as in "O\'Hara"')
    return _ADVICE.get(text[place], phrase("{text!r} has no meaning here", text=text[place]))


def _token(found: re.Match[str]) -> Token:
    kind, text, column = TokenKind(found.lastgroup), found.group(), found.start() + 1
    if kind is TokenKind.TEXT:
        text = _ESCAPED.sub(r"\1", text[1:-1])
    elif text[0] in _OTHER_QUOTES or text[-1] in _OTHER_QUOTES:
        place = column if text[0] in _OTHER_QUOTES else column + len(text) - 1
        quote = found.string[place - 1]
        raise RuleError(
            place, phrase('write straight quotes, as in "press", instead of {quote}', quote=quote)
        )
    elif kind is TokenKind.SIGN:
        both = text + found.string[found.end() : found.end() + 1]
        if both in _TWO_SIGNS:
            raise RuleError(
                column,
                phrase("write {two_sign}, instead of {both}", two_sign=_TWO_SIGNS[both], both=both),
            )
    return Token(kind, text, column, len(found.group()))
