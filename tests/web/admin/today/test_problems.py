"""
Every alert that the operator can get has texts in the newsroom, for those whom it concerns.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.mail.templating.files import project_templates
from newsletter.model.access import Actor, Channel, Role
from newsletter.operations import alerts
from newsletter.operations.alerts import Alert
from newsletter.web.admin.frame.words import Catalogues, StaffWords
from newsletter.web.admin.today.headline import drafts_line, headline
from newsletter.web.admin.today.problem_texts import ProblemKind
from newsletter.web.admin.today.problems import RULES, WithinReach, problems_of

VALUES = {
    "issue": 7,
    "reason": "quota exceeded",
    "first": "resend",
    "schedule": "morning letter",
    "source": "blog/en",
    "error": "403 Forbidden",
    "provider": "resend",
    "figures": "3 of 900",
    "n": 120,
    "webhook": "archive",
}
EVERY = [Alert(key=word, word=word, values=VALUES) for word in RULES]


def words_in(language: str) -> StaffWords:
    return Catalogues([project_templates()]).words(language)


def actor(role: Role, *lists: str) -> Actor:
    limits = frozenset(lists) if lists else None
    return Actor(name="x", channel=Channel.WEB, permissions=role.permissions, lists=limits)


def test_every_alert_has_a_rule_and_no_rule_is_left_over() -> None:
    source = Path(alerts.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(alert_[a-z_]+)(?<!_advice)"', source))
    named |= {f"alert_privacy_{kind}" for kind in ("access", "correction", "erasure")}
    named |= {f"alert_webhook_{cause}" for cause in ("failing", "gone")}
    assert named == set(RULES)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_problem_says_what_it_means_and_where_to_go(language: str) -> None:
    reach = WithinReach(actor=actor(Role.OWNER), titles={})
    found = problems_of(EVERY[::-1], reach, words_in(language))
    assert len(found) == len(RULES)
    levels = [each.level for each in found]
    assert levels == sorted(levels)
    for each in found:
        texts = each.texts
        assert texts.title
        assert texts.text
        assert texts.label
        assert re.fullmatch(r"/admin/[\w/%-]+", texts.path), texts.path
        assert "%(" not in texts.title + texts.text


def test_somebody_limited_to_a_list_sees_only_what_is_loaded_for_them() -> None:
    words = words_in("en")
    limited = actor(Role.EDITOR, "daily")
    nothing = WithinReach(actor=limited, titles={}, schedules=(), sources=())
    assert problems_of(EVERY, nothing, words) == []
    some = WithinReach(actor=limited, titles={7: "Two keys"}, schedules=(), sources=("blog/en",))
    kinds = {each.kind for each in problems_of(EVERY, some, words)}
    assert kinds == {ProblemKind.ISSUE, ProblemKind.SENDING, ProblemKind.SOURCE}
    people = WithinReach(actor=actor(Role.PEOPLE), titles={})
    kinds = {each.kind for each in problems_of(EVERY, people, words)}
    assert kinds == {ProblemKind.PEOPLE}


@pytest.mark.parametrize(
    ("going_out", "words", "drafts", "expected"),
    [
        (0, [], 0, "Nothing needs you now"),
        (0, [], 2, "2 drafts wait for you"),
        (1200, [], 2, "1,200 issues are going out"),
        (1, ["alert_gone_source"], 2, "One issue is going out and one source has gone quiet"),
        (0, ["alert_slot", "alert_failed_over"], 1, "2 things need you"),
    ],
)
def test_the_headline_is_one_sentence(
    going_out: int, words: list[str], drafts: int, expected: str
) -> None:
    reach = WithinReach(actor=actor(Role.OWNER), titles={})
    english = words_in("en")
    problems = problems_of([each for each in EVERY if each.word in words], reach, english)
    line = headline(english, going_out=going_out, problems=problems, drafts=drafts)
    assert line == expected


@pytest.mark.parametrize(
    ("own", "every", "is_said", "expected"),
    [
        (2, 2, True, ""),
        (2, 3, True, "One more waits for somebody else."),
        (2, 3, False, "2 drafts wait for you."),
        (0, 1, False, "One draft waits for somebody."),
        (0, 0, False, ""),
    ],
)
def test_what_the_headline_says_of_drafts_is_not_said_again(
    own: int, every: int, is_said: bool, expected: str
) -> None:
    assert drafts_line(StaffWords("en"), own=own, every=every, is_said=is_said) == expected
