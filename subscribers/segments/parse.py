"""
Parse the text of a rule, such as `country = "DE" and not tag has "press"`.
"""

from __future__ import annotations

from dataclasses import replace

from subscribers.errors import RuleError
from subscribers.fields.model import Field
from subscribers.model import SubscriptionState
from subscribers.segments.advice.subjects import did_you_mean, subject_advice
from subscribers.segments.comparisons import parse_comparison, parse_days
from subscribers.segments.model import (
    MAX_DEPTH,
    MAX_TESTS,
    MAX_VALUES,
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Known,
    Mailed,
    Not,
    OnList,
    Rule,
)
from subscribers.segments.narrow import of_list
from subscribers.segments.token_reader import TokenReader
from subscribers.segments.tokens import TokenKind, split_rule
from subscribers.text.phrases import phrase

_STATES = {state.value: state for state in SubscriptionState}
_PLAIN = {each.value: each for each in Attribute if each is not Attribute.CONSENT}


def parse_rule(text: str, known: Known) -> Rule:
    """
    Return the rule in *text*, which may name what is *known*.

    Raises:
        RuleError: it is not a rule; the error has the column and what was expected there.
    """
    parser = _RuleParser(TokenReader(split_rule(text)), known)
    if parser.tokens.is_at_end:
        raise RuleError(1, phrase('the rule is empty: write one such as country = "DE"'))
    slug = parser.whole_list()
    rule = parser.any_of(0)
    parser.tokens.require_end()
    return rule if slug is None else of_list(slug, rule)


class _RuleParser:
    """
    Reads a rule from left to right. `and` binds closer than `or`, and `not` closer than both.
    """

    def __init__(self, tokens: TokenReader, known: Known) -> None:
        self.tokens = tokens
        self.known = known
        self.tests = 0
        self.values = 0

    def whole_list(self) -> str | None:
        """
        Read the list about which the whole rule is: `of list daily and`. A segment with a list is
        such a rule.
        """
        if not self.tokens.take_all(("of", "list")):
            return None
        slug = self._slug()
        self.tokens.require("and", phrase("and what else the rule asks"))
        self.tests += 1
        return slug

    def any_of(self, depth: int) -> Rule:
        parts = [self.all_of(depth)]
        while self.tokens.take("or"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts))

    def all_of(self, depth: int) -> Rule:
        parts = [self.part(depth)]
        while self.tokens.take("and"):
            parts.append(self.part(depth))
        return parts[0] if len(parts) == 1 else AllOf(parts=tuple(parts))

    def part(self, depth: int) -> Rule:
        here = self.tokens.next
        if depth > MAX_DEPTH:
            raise RuleError(
                here.column,
                phrase("the rule is nested too deeply: at most {limit} levels", limit=MAX_DEPTH),
            )
        if self.tokens.take("not"):
            return Not(part=self.part(depth + 1))
        if self.tokens.take("("):
            inner = self.any_of(depth + 1)
            self.tokens.require(")", phrase("for the ( in column {column}", column=here.column))
            return inner
        self.tests += 1
        if self.tests > MAX_TESTS:
            raise RuleError(
                here.column, phrase("the rule has more than {limit} tests", limit=MAX_TESTS)
            )
        return self._test()

    def _test(self) -> Rule:
        word = self.tokens.take_word(phrase("what the rule asks about, such as tag or a field"))
        name = word.keyword
        if name == "on":
            return self._on_list(SubscriptionState.ACTIVE)
        if name in _STATES and self.tokens.take("on"):
            return self._on_list(_STATES[name])
        if name == "field" and self.tokens.next.kind is TokenKind.WORD:
            return self._of_field()
        if name == "consent":
            self.tokens.require("source", phrase("as in: consent source = form"))
            return self._compare(Attribute.CONSENT)
        if name == "joined":
            at_list = self._slug() if self.tokens.take("list") else None
            return self._compare(Attribute.JOINED, at_list)
        if name in _PLAIN:
            return self._compare(_PLAIN[name])
        if name in self.known.mailed:
            return self._mailed(name)
        if name in self.known.fields:
            return self._compare(self.known.fields[name])
        advice = subject_advice(self.tokens, self._subjects())
        raise RuleError(
            word.column,
            phrase("a rule cannot ask about {text!r}: {advice}", text=word.text, advice=advice),
        )

    def _subjects(self) -> list[str]:
        return [*_PLAIN, "on", "field", "consent", *self.known.mailed, *self.known.fields]

    def _of_field(self) -> Comparison:
        word = self.tokens.take_word(phrase("the name of a field"))
        if word.keyword not in self.known.fields:
            advice = did_you_mean(
                word.keyword, self.known.fields, phrase("see `newsletter field list`")
            )
            raise RuleError(
                word.column,
                phrase("there is no field {text!r}: {advice}", text=word.text, advice=advice),
            )
        return self._compare(self.known.fields[word.keyword])

    def _on_list(self, state: SubscriptionState) -> OnList:
        self.tokens.require("list", phrase("as in: on list daily"))
        return OnList(slug=self._slug(), state=state)

    def _slug(self) -> str:
        token = self.tokens.take_value(phrase("the slug of a list"))
        if token.text not in self.known.lists:
            advice = did_you_mean(
                token.text, self.known.lists, phrase("see `newsletter list list`")
            )
            raise RuleError(
                token.column,
                phrase("there is no list {text!r}: {advice}", text=token.text, advice=advice),
            )
        return token.text

    def _compare(self, subject: Attribute | Field, at_list: str | None = None) -> Comparison:
        here = self.tokens.next
        found = parse_comparison(self.tokens, subject)
        self.values += len(found.values)
        if self.values > MAX_VALUES:
            raise RuleError(
                here.column, phrase("the rule has more than {limit} values", limit=MAX_VALUES)
            )
        return replace(found, list_slug=at_list)

    def _mailed(self, name: str) -> Mailed:
        words = self.known.mailed[name]
        if self.tokens.take("within"):
            return Mailed(name=name, words=words, days=parse_days(self.tokens))
        if self.tokens.take("issue"):
            token = self.tokens.take_value(phrase("the number of an issue"))
            if not (token.text.isascii() and token.text.isdigit() and len(token.text) <= 15):
                raise RuleError(
                    token.column,
                    phrase(
                        "{token} is not the number of an issue: write one such as 41",
                        token=token.as_words,
                    ),
                )
            issue_id, column = int(token.text), token.column
            return Mailed(name=name, words=words, issue_id=issue_id, column=column)
        if self.tokens.next.kind in (TokenKind.WORD, TokenKind.TEXT) and not self._is_joining():
            raise RuleError(
                self.tokens.next.column,
                phrase("write {name} issue 41, {name} within 30 days, or {name} alone", name=name),
            )
        return Mailed(name=name, words=words)

    def _is_joining(self) -> bool:
        return self.tokens.next.keyword in ("and", "or")
