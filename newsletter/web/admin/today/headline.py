"""
The headline of Today: what is so, as one sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import babel.lists
import babel.numbers

from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.today.problem_texts import ProblemKind
from newsletter.web.admin.today.problems import ShownProblem

# More would not be read as one sentence.
_MOST_PARTS = 2


def headline(
    words: StaffWords, *, going_out: int, problems: Sequence[ShownProblem], drafts: int
) -> str:
    """
    Return the sentence: what goes out, what went wrong; else what waits, or that nothing does.
    """
    parts = [*_live_parts(words, going_out), *_problem_parts(words, problems)]
    if not parts and drafts:
        parts = [
            words.ngettext(
                "one draft waits for you",
                "%(n)s drafts wait for you",
                drafts,
                n=_number(words, drafts),
            )
        ]
    if not parts:
        parts = [words.gettext("nothing needs you now")]
    line = str(babel.lists.format_list(parts[:_MOST_PARTS], locale=words.locale))
    return line[:1].upper() + line[1:]


def _live_parts(words: StaffWords, going_out: int) -> list[str]:
    if not going_out:
        return []
    return [
        words.ngettext(
            "one issue is going out",
            "%(n)s issues are going out",
            going_out,
            n=_number(words, going_out),
        )
    ]


def _problem_parts(words: StaffWords, problems: Sequence[ShownProblem]) -> list[str]:
    counts = Counter(each.kind for each in problems)
    issues, sources = counts.pop(ProblemKind.ISSUE, 0), counts.pop(ProblemKind.SOURCE, 0)
    others = counts.total()
    texts = {
        words.ngettext(
            "one issue needs a decision",
            "%(n)s issues need a decision",
            issues,
            n=_number(words, issues),
        ): issues,
        words.ngettext(
            "one source has gone quiet",
            "%(n)s sources have gone quiet",
            sources,
            n=_number(words, sources),
        ): sources,
        words.ngettext(
            "one thing needs you", "%(n)s things need you", others, n=_number(words, others)
        ): others,
    }
    return [text for text, count in texts.items() if count]


def _number(words: StaffWords, number: int) -> str:
    return str(babel.numbers.format_decimal(number, locale=words.locale))
