"""
Make the material of the benchmarks: a page of a given size, the mail made of it, and its readers.
"""

from __future__ import annotations

from premailer import Premailer

# Private on purpose there; a copy here would drift, and the floor would measure something else.
from newsletter.mail.html.inline_css import _OPTIONS
from newsletter.mail.merge.fields import find_fields, mark_fields, marks_for
from newsletter.model.mail import Mail, MergeField, Recipient, Sender

NONCE = "0123456789ab"
VIEW_URL = "https://news.example.org/v/A4Jd8sKq2mZx7Lp0Vn5Rt9Wb"
TEXT_BYTES = 6_000
# Source that comes out as 60 KB once its styles are inlined.
SOURCE_OF_60_KB = 31_000

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The Harbor Weekly</title>
<style>
body { margin: 0; padding: 0; background-color: #f4f4f1; }
table.frame { width: 640px; border-collapse: collapse; }
td.cell { padding: 12px 24px; font-family: Georgia, serif; }
h2 { margin: 0 0 8px 0; font-size: 22px; line-height: 28px; color: #14213d; }
p.body { margin: 0 0 16px 0; font-size: 16px; line-height: 24px; color: #2b2b2b; }
p.small { font-size: 12px; line-height: 18px; color: #6b6b6b; }
a { color: #8a1c1c; text-decoration: underline; }
</style>
<style data-premailer="ignore">
@media (max-width: 640px) { .frame { width: 100% !important; } }
</style></head><body><table class="frame" role="presentation">
<tr><td class="cell"><p class="body">Dear %%first_name|reader%%,</p></td></tr>
"""
_BRIEF = """<tr><td class="cell"><h2>Number {number}: the ferries stay</h2>
<p class="body">Nobody left the quay on Monday, and the pilots went home without a word to the
harbor master, who had asked them twice. The toll stays where it is until the council meets.</p>
<p class="body"><a href="https://example.org/briefs/{number}">Read the brief</a></p></td></tr>
"""
_FOOT = """<tr><td class="cell"><p class="small">For %%name%% at %%email%%.
<a href="%%view_url%%">In the browser</a> <a href="%%unsubscribe_url%%">Leave</a></p></td></tr>
</table></body></html>
"""
_TEXT = "Dear %%first_name|reader%%,\n\n{body}\n\nFor %%name%%, %%email%%: %%unsubscribe_url%%\n"


def page(size: int) -> str:
    """
    Return a page of about *size* bytes before inlining, with five merge fields.
    """
    rows: list[str] = []
    left = size - len(_HEAD) - len(_FOOT)
    while left > 0:
        rows.append(_BRIEF.format(number=len(rows) + 1))
        left -= len(rows[-1])
    return _HEAD + "".join(rows) + _FOOT


def inlined(html: str) -> str:
    """
    Inline *html* with premailer in this process, with exactly the options the product uses.
    """
    return str(Premailer(html, **_OPTIONS).transform(pretty_print=False))


def mail_of(source: str) -> Mail:
    """
    Render *source* once: inlined, with marks for its merge fields.
    """
    text = _TEXT.format(body="The ferries stay. " * (TEXT_BYTES // 18))
    fields = find_fields(source)
    marks = marks_for(fields, NONCE)
    unsubscribe = marks[MergeField("unsubscribe_url")]
    return Mail(
        subject="The Harbor Weekly",
        html=inlined(mark_fields(source, marks)),
        text=mark_fields(text, marks),
        sender=Sender("The Harbor Desk", "desk@example.org"),
        headers=(("List-Unsubscribe", f"<{unsubscribe}>"),),
        nonce=NONCE,
        fields=tuple(
            MergeField(field.name, VIEW_URL) if field.name == "view_url" else field
            for field in fields
        ),
    )


def readers(count: int) -> list[Recipient]:
    """
    Return *count* recipients that differ only in their numbers.
    """
    return [_reader(number) for number in range(count)]


def _reader(number: int) -> Recipient:
    first, name, email = f"Ada{number}", f"Ada{number} Byron & Son", f"ada{number}@example.org"
    leave = f"https://news.example.org/u/A{number:07d}8sKq2mZx7Lp0Vn5Rt9Wb"
    return Recipient(
        delivery_id=number,
        email=email,
        name=name,
        message_id=f"<bench-{number}@example.org>",
        unsubscribe_url=leave,
        values={
            "first_name": first,
            "name": name,
            "email": email,
            "unsubscribe_url": leave,
            "preferences_url": leave.replace("/u/", "/p/"),
        },
    )
