"""
The headline of Today: what is so, as one sentence.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import babel.lists
import babel.numbers

from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.today.live_issues import LiveIssue, LiveNote
from newsletter.web.admin.today.problem_texts import ProblemKind
from newsletter.web.admin.today.problems import ShownProblem
from newsletter.web.admin.today.waiting_drafts import WaitingDraft

# More would not be read as one sentence.
_MOST_PARTS = 2


@dataclass(frozen=True, kw_only=True)
class TodayHeading:
    """
    The headline, and what the line below it says about drafts.
    """

    headline: str
    drafts: str

    def mark(self, problems: Sequence[ShownProblem]) -> str:
        """
        Return a text that changes with the heading and the problems below it.
        """
        said = [self.headline, self.drafts, *(each.texts.title for each in problems)]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def heading_of(
    words: StaffWords,
    *,
    live: Sequence[LiveIssue],
    problems: Sequence[ShownProblem],
    drafts: Sequence[WaitingDraft],
) -> TodayHeading:
    """
    Return the heading of a page that shows these issues, problems and drafts.
    """
    going_out = sum(each.note not in (LiveNote.PAUSED, LiveNote.ENDED) for each in live)
    own = sum(draft.is_mine for draft in drafts)
    is_said = bool(own) and not going_out and not problems
    return TodayHeading(
        headline=headline(words, going_out=going_out, problems=problems, drafts=own),
        drafts=drafts_line(words, own=own, every=len(drafts), is_said=is_said),
    )


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


def drafts_line(words: StaffWords, *, own: int, every: int, is_said: bool) -> str:
    """
    Return what the line below the headline says about the drafts, of which *own* wait for the
    member; empty if the headline *is_said* to name these and there are no others.
    """
    others = every - own
    if is_said:
        if not others:
            return ""
        return words.ngettext(
            "One more waits for somebody else.",
            "%(n)s more wait for somebody else.",
            others,
            n=_number(words, others),
        )
    if own:
        return words.ngettext(
            "One draft waits for you.", "%(n)s drafts wait for you.", own, n=_number(words, own)
        )
    if not every:
        return ""
    return words.ngettext(
        "One draft waits for somebody.",
        "%(n)s drafts wait for somebody.",
        every,
        n=_number(words, every),
    )


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
