"""
The form of the composer: what it says of a draft, and which button was pressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.issues.selection import shown, template_for
from newsletter.model.access import Actor
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import AudienceRule, ShownAs
from newsletter.web.typed_form import TypedForm
from subscribers.model import Cadence

_MOST_DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class DraftForm:
    """
    What was typed: the draft as it is to be, its audience rule if that is to change, the version
    that the person saw with the briefs that it had, and the button that moved a brief ("up",
    "down", "out"), if one did. `has_lists` is False if no list was chosen.
    """

    content: DraftContent
    audience: AudienceRule | None
    seen: str
    seen_briefs: tuple[int, ...] = ()
    moved: tuple[str, int] | None = None
    has_lists: bool = True


def read_form(typed: TypedForm, stored: DraftContent, *, by: Actor) -> DraftForm:
    """
    Read the form of a draft of which *stored* is known.
    """
    chosen, moved = _order(typed)
    audience = _audience(typed, stored.audience, by=by)
    content = DraftContent(
        audience=audience or stored.audience,
        template=_template(typed.one("template"), stored, len(chosen)),
        subject=typed.one("subject").strip(),
        preheader=typed.one("preheader").strip(),
        intro=typed.one("intro").replace("\r\n", "\n").strip("\n"),
        briefs=chosen,
    )
    is_same = audience is None or audience == stored.audience
    return DraftForm(
        content=content,
        audience=None if is_same else audience,
        seen=typed.one("seen"),
        seen_briefs=tuple(numbers_in(typed.many("brief"))),
        moved=moved,
        has_lists=audience is None or bool(audience.lists),
    )


def numbers_in(texts: Sequence[str]) -> list[int]:
    """
    Return the numbers among *texts*, each once.
    """
    valid = (text for text in texts if text.isascii() and text.isdecimal())
    return list(dict.fromkeys(int(text) for text in valid if len(text) <= _MOST_DIGITS))


def next_focus(form: DraftForm) -> str:
    """
    Return the id of what has the focus once the briefs are in their new order: the button that
    moved one, so that it can be pressed again, or the other way's where this one leads no further.
    """
    order = [each for each, _ in form.content.briefs]
    if form.moved is None or form.moved[1] not in order or len(order) < 2:
        return "order"
    button, number = form.moved
    ends = {order[0]: "down", order[-1]: "up"}
    return f"{ends.get(number, button)}-{number}"


def _order(typed: TypedForm) -> tuple[tuple[tuple[int, ShownAs], ...], tuple[str, int] | None]:
    """
    Return the briefs in their new order, each with how much of it is shown, and the button that
    moved one of them.
    """
    order = numbers_in(typed.many("brief"))
    order += [each for each in numbers_in(typed.many("add")) if each not in order]
    moved = None
    for button, step in (("up", -1), ("down", 1), ("out", 0)):
        for number in numbers_in(typed.many(button)):
            if number in order:
                moved = (button, number)
                order = _moved(order, number, step)
    usual = dict(shown(order))
    return tuple((each, _shown_as(typed, each) or usual[each]) for each in order), moved


def _moved(order: Sequence[int], number: int, step: int) -> list[int]:
    """
    Return the order with one brief moved by a *step*, or taken out if that is 0.
    """
    rest = [each for each in order if each != number]
    if step == 0:
        return rest
    place = max(0, order.index(number) + step)
    return [*rest[:place], number, *rest[place:]]


def _shown_as(typed: TypedForm, number: int) -> ShownAs | None:
    text = typed.one(f"show-{number}")
    return ShownAs(text) if text in list(ShownAs) else None


def _template(named: str, stored: DraftContent, count: int) -> str:
    """
    Return the template: the one named, but the usual one for the number of briefs if the draft had
    the usual one before and it was not changed.
    """
    if not named:
        return stored.template
    was_usual = stored.template == template_for(None, len(stored.briefs))
    return template_for(None, count) if was_usual and named == stored.template else named


def _audience(typed: TypedForm, stored: AudienceRule, *, by: Actor) -> AudienceRule | None:
    """
    Return the audience rule; None if the form does not ask for it. Lists that the person does not
    see are left out as before.
    """
    if stored.sent_to_issue is not None or not typed.one("asks_audience"):
        return None
    lists = tuple(dict.fromkeys(typed.many("list")))
    unseen = tuple(slug for slug in stored.minus if not by.sees(slug))
    minus = (each for each in typed.many("minus") if each not in lists)
    cadences = tuple(each for each in Cadence if each.value in typed.many("cadence"))
    return AudienceRule(
        lists=lists,
        minus=tuple(dict.fromkeys((*unseen, *minus))),
        cadences=cadences or stored.cadences,
        segment=typed.one("segment") or None,
    )
