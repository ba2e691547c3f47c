"""
Shorten an issue to the bytes that a mail may have.

Bodies are shortened from the last brief upwards, each with a link to the whole text; then whole
briefs become a line in the list. The result depends only on sizes, so the same content is always
shortened in the same way.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.mail.size.budget import HTML_AIM_BYTES, merged_bytes
from newsletter.mail.size.truncate import Body, read_body
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, Shortened, Shortening

# The least that is left of a body: about a paragraph, and more for the lead.
LEAST_CHARS = 300
LEAST_CHARS_OF_LEAD = 900
# Unused bytes that are accepted to avoid another rendering.
_SLACK_BYTES = 1_500
_MOST_RENDERINGS = 6
# Estimates: the bytes that a style attribute adds to an element of a body, and those that a line of
# the list saves (the table of takeaways, the heading and the link below the text).
_STYLE_BYTES = 45
_FRAME_BYTES = 1_800


@dataclass(frozen=True)
class Step:
    """
    One step of shortening an issue: the brief at *place* becomes *shorter*, which saves about
    *saved* bytes.
    """

    place: int
    shorter: ChosenBrief
    saved: float


def fit_issue(content: IssueContent, render: Callable[[IssueContent], Mail]) -> Mail:
    """
    Render *content* with the fewest steps of shortening that bring it within HTML_AIM_BYTES.

    If all steps are not enough, take all of them; if they do not make the mail smaller, take none.
    """
    whole = render(content)
    size = merged_bytes(whole)
    steps = steps_of(content) if size > HTML_AIM_BYTES else []
    if not steps:
        return whole
    search = _Search(steps, size)
    mails = {}
    for _ in range(_MOST_RENDERINGS):
        count = search.guess()
        mails[count] = _shortened(content, steps[:count], render)
        if search.is_done(count, merged_bytes(mails[count])):
            break
    if search.best is None and len(steps) not in mails:
        mails[len(steps)] = _shortened(content, steps, render)
    mail = mails[search.best or len(steps)]
    return dataclasses.replace(mail, whole=whole.html) if merged_bytes(mail) < size else whole


def steps_of(content: IssueContent) -> list[Step]:
    """
    Return every possible step, in order.

    If the issue has no page in the browser, a brief without its own page keeps all of its text. The
    first brief never becomes a line.
    """
    places = [
        place for place, chosen in enumerate(content.briefs) if chosen.reads_on or content.view_url
    ]
    cuts = [step for place in reversed(places) for step in _cuts(content.briefs[place], place)]
    shortest = {step.place: step.shorter for step in cuts}
    lines = [
        _to_line(shortest.get(place, content.briefs[place]), place)
        for place in reversed(places)
        if place and content.briefs[place].shown_as is not ShownAs.LINE
    ]
    return [*cuts, *lines]


def _cuts(chosen: ChosenBrief, place: int) -> list[Step]:
    """
    Return the steps that shorten a body shown in full, from its last possible end to the first.
    """
    if not chosen.shows_all:
        return []
    body = read_body(chosen.brief.body_html)
    least = LEAST_CHARS if place else LEAST_CHARS_OF_LEAD
    found = [each.chars for each in reversed(body.places) if each.chars >= least]
    bytes_a_char = _bytes_a_char(body)
    saved = [(a - b) * bytes_a_char for a, b in itertools.pairwise([body.chars, *found])]
    return [
        Step(place, dataclasses.replace(chosen, most_chars=chars), by)
        for chars, by in zip(found, saved, strict=True)
    ]


def _to_line(chosen: ChosenBrief, place: int) -> Step:
    saved: float = _FRAME_BYTES
    saved += sum(_bytes_of(f"<li>{takeaway}") for takeaway in chosen.brief.takeaways)
    if chosen.shows_all:
        body = read_body(chosen.brief.body_html)
        saved += (chosen.most_chars or body.chars) * _bytes_a_char(body)
    return Step(place, dataclasses.replace(chosen, shown_as=ShownAs.LINE, most_chars=0), saved)


def _bytes_a_char(body: Body) -> float:
    return _bytes_of(body.markup) / max(1, body.chars)


def _bytes_of(html: str) -> int:
    return len(html.encode()) + _STYLE_BYTES * len(re.findall(r"<\w", html))


def _shortened(
    content: IssueContent, steps: Sequence[Step], render: Callable[[IssueContent], Mail]
) -> Mail:
    briefs = list(content.briefs)
    for step in steps:
        briefs[step.place] = step.shorter
    mail = render(dataclasses.replace(content, briefs=tuple(briefs)))
    shortened = tuple(
        Shortened(brief.brief_id, brief.brief.title, _how(brief))
        for brief, before in zip(briefs, content.briefs, strict=True)
        if brief != before
    )
    return dataclasses.replace(mail, shortened=shortened)


def _how(shorter: ChosenBrief) -> Shortening:
    return Shortening.LINE if shorter.shown_as is ShownAs.LINE else Shortening.CUT


class _Search:
    """
    Search for the smallest sufficient number of steps with few renderings.

    It guesses from the estimated savings, and between two tried numbers from the actual ones.
    """

    def __init__(self, steps: Sequence[Step], size: int) -> None:
        self._saved = [0.0, *itertools.accumulate(step.saved for step in steps)]
        # The number of steps, and the bytes they lead to: too few steps, and enough steps.
        self._too_few = self._before = (0, size)
        self._enough: tuple[int, int] | None = None

    @property
    def best(self) -> int | None:
        """
        The smallest number of steps known to be enough.
        """
        return self._enough[0] if self._enough else None

    def guess(self) -> int:
        """
        Return the number of steps to try next.
        """
        least, size = self._too_few
        most = len(self._saved) - 1 if self._enough is None else self._enough[0] - 1
        wanted = self._saved[least] + (size - HTML_AIM_BYTES) * self._share()
        tried = range(least + 1, most)
        return next((count for count in tried if self._saved[count] >= wanted), most)

    def _share(self) -> float:
        """
        Return the ratio of estimated to actual savings between the last two tried numbers.
        """
        (least, size), (most, reached) = self._too_few, self._enough or self._before
        should = abs(self._saved[most] - self._saved[least])
        return should / max(1, abs(size - reached)) if least != most else 1.0

    def is_done(self, count: int, size: int) -> bool:
        """
        Record that *count* steps lead to *size* bytes, and return whether the search is over.
        """
        if size > HTML_AIM_BYTES:
            self._before, self._too_few = self._too_few, (count, size)
            return count == len(self._saved) - 1 or count + 1 == self.best
        self._enough = (count, size)
        return HTML_AIM_BYTES - size <= _SLACK_BYTES or count == self._too_few[0] + 1
