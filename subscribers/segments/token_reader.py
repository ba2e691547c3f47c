"""
Read the tokens of a rule one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from subscribers.errors import RuleError
from subscribers.segments.tokens import Token, TokenKind
from subscribers.text.phrases import phrase

_JOINING = ("and", "or", "not")


class TokenReader:
    """
    The tokens of a rule, the next one to read, and the `last` one that was read.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    @property
    def last(self) -> Token:
        return self._tokens[max(self._place - 1, 0)]

    @property
    def is_at_end(self) -> bool:
        return self.next.kind is TokenKind.END

    def take(self, keyword: str) -> bool:
        """
        Read the next token if it is that word or sign, and return whether it was.
        """
        if self.next.keyword != keyword or self.is_at_end:
            return False
        self._place += 1
        return True

    def coming(self, number: int) -> Sequence[Token]:
        """
        Return the next tokens, at most so many.
        """
        return self._tokens[self._place : self._place + number]

    def comes(self, keywords: Sequence[str]) -> bool:
        """
        Return whether the next tokens are those words, in that order.
        """
        return [token.keyword for token in self.coming(len(keywords))] == list(keywords)

    def take_all(self, keywords: Sequence[str]) -> bool:
        """
        Read the next tokens if they are those words, in that order, and return whether they were.
        """
        if not self.comes(keywords):
            return False
        self._place += len(keywords)
        return True

    def require(self, keyword: str, why: str) -> None:
        """
        Read that word or sign.

        Raises:
            RuleError: something else comes next.
        """
        if not self.take(keyword):
            raise RuleError(
                self.next.column,
                phrase(
                    "expected {keyword} {why}, instead of {next}",
                    keyword=keyword,
                    why=why,
                    next=self.next.as_words,
                ),
            )

    def take_word(self, what: str) -> Token:
        """
        Read a word that is not `and`, `or` or `not`. *what* says what it stands for.

        Raises:
            RuleError: something else comes next.
        """
        token = self.next
        if token.kind is not TokenKind.WORD or token.keyword in _JOINING:
            raise RuleError(
                token.column,
                phrase(
                    "expected {what}, instead of {token}{quoted}",
                    what=what,
                    token=token.as_words,
                    quoted=_quoted(token),
                ),
            )
        self._place += 1
        return token

    def take_value(self, what: str) -> Token:
        """
        Read a text in quotes, or one word.

        Raises:
            RuleError: something else comes next.
        """
        if self.next.keyword == "not":
            raise RuleError(
                self.next.column, phrase("write not before the test, as in not tag has press")
            )
        if self.next.kind is not TokenKind.TEXT:
            return self.take_word(what)
        self._place += 1
        return self.last

    def require_end(self) -> None:
        """
        Raises:
            RuleError: the rule goes on.
        """
        if self.next.keyword == ")":
            raise RuleError(self.next.column, phrase("there is no ( for this )"))
        if not self.is_at_end:
            raise RuleError(
                self.next.column,
                phrase("expected and, or, or the end, instead of {next}", next=self.next.as_words),
            )


def _quoted(token: Token) -> str:
    return phrase(": write it without quotes") if token.kind is TokenKind.TEXT else ""
