"""
Test which steps bring an issue within its size limit; here a rendering is only a size.
"""

from __future__ import annotations

import dataclasses

from template_samples import issue_in

from newsletter.mail.size.budget import HTML_AIM_BYTES, merged_bytes
from newsletter.mail.size.fit import LEAST_CHARS, LEAST_CHARS_OF_LEAD, fit_issue, steps_of
from newsletter.model.brief import Link
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, MergeField, Sender, Shortening

PARAGRAPH = f"<p>{'The council voted for it on Monday, and nobody left. ' * 6}</p>"


def long_issue(count: int, shown: str = "full", **brief: object) -> IssueContent:
    return issue_in("ltr", [shown] * count, brief={"body_html": PARAGRAPH * 8, **brief})


class Renderer:
    """
    Render as many letters as an issue has, times *factor*, and count the renderings.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self.calls = 0
        self._factor = factor

    def __call__(self, content: IssueContent) -> Mail:
        self.calls += 1
        size = 8_000 + self._factor * sum(_size(one) for one in content.briefs)
        return Mail(subject="s", html="x" * int(size), text="", sender=Sender("", "a@b.example"))


def _size(chosen: ChosenBrief) -> int:
    if chosen.shown_as is ShownAs.LINE:
        return 580
    return 3_000 + (chosen.most_chars or len(chosen.brief.body_html)) * 2


def test_an_issue_that_fits_is_rendered_once_and_not_changed() -> None:
    render = Renderer()
    assert fit_issue(long_issue(5), render).shortened == ()
    assert render.calls == 1


def test_the_last_briefs_are_shortened_first_and_only_as_needed() -> None:
    render = Renderer()
    mail = fit_issue(long_issue(12), render)
    assert HTML_AIM_BYTES - 4_000 < merged_bytes(mail) <= HTML_AIM_BYTES
    assert {one.how for one in mail.shortened} == {Shortening.CUT}
    assert [one.brief_id for one in mail.shortened][-1] == 11
    assert 0 not in [one.brief_id for one in mail.shortened]
    assert render.calls <= 7


def test_whole_briefs_become_lines_if_shortening_is_not_enough() -> None:
    for factor in (0.2, 1.0, 3.0):
        mail = fit_issue(long_issue(30), Renderer(factor))
        assert merged_bytes(mail) <= HTML_AIM_BYTES
    done = [one.how for one in mail.shortened]
    assert len(done) == 30
    assert done == sorted(done)
    assert done[0] is Shortening.CUT
    assert done[-1] is Shortening.LINE


def test_the_same_content_is_shortened_the_same_way() -> None:
    assert fit_issue(long_issue(20), Renderer()) == fit_issue(long_issue(20), Renderer())


def test_a_brief_without_a_url_is_shortened_only_if_the_issue_has_a_page() -> None:
    bare = {"url": None, "cta": None}
    for shown in ("full", "takeaways"):
        issue = long_issue(20, shown, **bare)
        assert steps_of(dataclasses.replace(issue, view_url="")) == []
        assert [step.place for step in steps_of(issue)][:2] == [19, 19]


def test_a_template_without_bodies_is_not_reported_as_shortened() -> None:
    def render(content: IssueContent) -> Mail:
        return Mail(subject="s", html="x" * 99_000, text="", sender=Sender("", "a@b.example"))

    assert fit_issue(long_issue(3), render).shortened == ()


def test_each_body_keeps_a_paragraph_and_the_lead_keeps_more() -> None:
    cuts = [step for step in steps_of(long_issue(2)) if step.shorter.most_chars]
    least = {step.place: step.shorter.most_chars for step in cuts}
    assert [LEAST_CHARS_OF_LEAD <= (least[0] or 0) < 1_500, LEAST_CHARS <= (least[1] or 0) < 400]


def test_the_lead_never_becomes_a_line_and_briefs_with_takeaways_do() -> None:
    cta = Link("Read more", "https://x.example/")
    steps = steps_of(long_issue(3, "takeaways", cta=cta))
    assert [(step.place, step.shorter.shown_as) for step in steps] == [
        (2, ShownAs.LINE),
        (1, ShownAs.LINE),
    ]


def test_the_longest_values_of_a_reader_are_counted() -> None:
    field = MergeField("first_name", "you")
    mail = Mail(
        subject="s",
        html="Dear NL0123456789ab0X: NL0123456789ab1X é",
        text="",
        sender=Sender("", "a@b.example"),
        nonce="0123456789ab",
        fields=(field, MergeField("unsubscribe_url")),
    )
    assert merged_bytes(mail) == len("Dear :  é".encode()) + 1_200 + 300
