"""
Issues in three scripts, for looking at templates: left to right, right to left, and characters
without spaces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from newsletter.ingest.parsing.typed_text import read_typed_text
from newsletter.model.brand import Brand
from newsletter.model.brief import READ_ON, Brief, Link
from newsletter.model.issue import ChosenBrief, ShownAs, Site
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Sender

ISSUE_TEMPLATES = ("alert", "digest", "intelbrief", "letter")
_DAY = dt.date(2026, 3, 5)
_URL = "https://example.org/briefs/quay"

ENGLISH: dict[str, Any] = {
    "lang": "en",
    "series": "Coast Watch",
    "title": "Ferries keep sailing while the harbour wall waits",
    "takeaways": (
        "Both ferries sail until the end of March; the toll stays where it is.",
        "The council wants a second survey before any stone is laid.",
        "Insurers already price the old wall as gone.",
    ),
    "caption": "The old wall at dusk.",
    "paragraphs": (
        "The harbour council voted on Monday evening to keep both ferries until the end of March. "
        "The vote was close, and nobody left the room content.",
        "A second survey is to say how much of the old wall still stands under the water.",
    ),
    "heading": "What comes next",
    "quote": "We would rather measure twice than build on sand.",
    "footnotes": ("1. Minutes of the council, 3 March.",),
    "list_name": "The Coast Brief",
    "site": "Harbour Institute",
    "postal_address": "12 Quay Street, Harbourtown",
    "intro": "Dear %%first_name|reader%%,\n\nthis week the harbour had the last word.",
    "group": "Northern ports",
}
ARABIC: dict[str, Any] = {
    "lang": "ar",
    "dir": "rtl",
    "series": "مرصد الساحل",
    "title": "العبّارات تواصل الإبحار وجدار الميناء ينتظر",
    "takeaways": (
        "تبحر العبّارتان حتى نهاية مارس، ويبقى الرسم كما هو.",
        "يريد المجلس مسحًا ثانيًا قبل وضع أي حجر.",
        "شركات التأمين تعدّ الجدار القديم في حكم الزائل.",
    ),
    "caption": "الجدار القديم عند الغروب.",
    "paragraphs": (
        "صوّت مجلس الميناء مساء الاثنين على إبقاء العبّارتين حتى نهاية مارس. كان التصويت متقاربًا.",
        "سيحدّد مسح ثانٍ كم بقي من الجدار القديم تحت الماء.",
    ),
    "heading": "ما الذي يلي",
    "quote": "نفضّل أن نقيس مرتين على أن نبني فوق الرمل.",
    "footnotes": ("1. محضر المجلس، 3 مارس.",),
    "list_name": "موجز الساحل",
    "site": "معهد الميناء",
    "postal_address": "12 شارع الرصيف، مدينة الميناء",
    "intro": "عزيزي %%first_name|القارئ%%،\n\nكانت الكلمة الأخيرة هذا الأسبوع للميناء.",
    "group": "موانئ الشمال",
}
JAPANESE: dict[str, Any] = {
    "lang": "ja",
    "series": "沿岸ウォッチ",
    "title": "フェリーは運航を継続、防波堤は再調査を待つ",
    "takeaways": (
        "二隻のフェリーは三月末まで運航し、料金は据え置かれる。",
        "議会は着工前に二度目の調査を求めている。",
        "保険会社は古い防波堤をすでに無いものとして見積もっている。",
    ),
    "caption": "夕暮れの古い防波堤。",
    "paragraphs": (
        "港湾議会は月曜の夜、二隻のフェリーを三月末まで残すことを僅差で決めた。満足して席を立った者は"
        "いなかった。",
        "二度目の調査では、古い防波堤が水面下にどれだけ残っているかを確かめる。",
    ),
    "heading": "今後の予定",
    "quote": "砂の上に建てるより、二度測るほうがよい。",
    "footnotes": ("1. 議会議事録、三月三日。",),
    "list_name": "沿岸ブリーフ",
    "site": "港湾研究所",
    "postal_address": "港町 波止場通り12",
    "intro": "%%first_name|読者%%様\n\n今週は港が主役でした。",
    "group": "北の港",
}
WRITINGS = {"ltr": ENGLISH, "rtl": ARABIC, "cjk": JAPANESE}


def brief_in(writing: str, number: int = 0, **values: Any) -> Brief:
    """
    Make a brief with everything that a brief can have.
    """
    own = WRITINGS[writing]
    url = f"{_URL}-{number}"
    first, second = own["paragraphs"]
    body = (
        f'<p>{first}</p><h3>{own["heading"]}</h3><p>{second} <a href="{url}/survey">2026</a></p>'
        f"<blockquote><p>{own['quote']}</p></blockquote>"
        "<table><tr><th>A</th><th>B</th></tr><tr><th>1</th><td>2</td></tr></table>"
    )
    text = (
        f"{first}\n\n{own['heading']}\n\n{second} 2026 [1]\n\n> {own['quote']}\n\n[1] {url}/survey"
    )
    defaults: dict[str, Any] = {
        "title": own["title"] + (f" {number}" if number else ""),
        "series": own["series"],
        "date": _DAY,
        "image_url": "https://img.example.org/quay.jpg",
        "image_alt": own["caption"],
        "image_width": 1280,
        "image_height": 720,
        "caption": own["caption"],
        "credit": "A. Example",
        "takeaways": own["takeaways"],
        "body_html": body,
        "body_text": text,
        "cta": Link(READ_ON, url),
        "url": url,
        "footnotes": own["footnotes"],
        "lang": own["lang"],
        "dir": own.get("dir", "ltr"),
    }
    return Brief(**(defaults | values))


def site_in(writing: str, **values: Any) -> Site:
    own = WRITINGS[writing]
    defaults: dict[str, Any] = {
        "name": own["site"],
        "base_url": "https://news.example.org",
        "postal_address": own["postal_address"],
        "language": own["lang"],
        "brand": Brand(social=(Link("Mastodon", "https://social.example.org/@desk"),)),
    }
    return Site(**(defaults | values))


def issue_in(writing: str, shown: Sequence[str], **values: Any) -> IssueContent:
    """
    Make an issue with a brief for each of *shown*; the last but one has a heading of its own.
    """
    own = WRITINGS[writing]
    brief = values.pop("brief", {})
    chosen = tuple(
        ChosenBrief(
            brief_id=number,
            shown_as=ShownAs(how),
            brief=brief_in(writing, number, **brief),
            heading=own["group"] if len(shown) > 2 and number == len(shown) - 2 else None,
        )
        for number, how in enumerate(shown)
    )
    defaults: dict[str, Any] = {
        "site": site_in(writing),
        "briefs": chosen,
        "sender": Sender("Ada Byron", "desk@example.org"),
        "list_name": own["list_name"],
        "list_slug": "coast",
        "view_url": "https://news.example.org/v/abc",
        "date": _DAY,
        "number": 42,
        "reply_to": "desk@example.org",
        "intro": own["intro"],
    }
    given = defaults | values
    intro = given.get("intro")
    return IssueContent(**(given | {"intro": read_typed_text(intro) if intro else None}))
