"""
Remove the merge tags that the sender's program should have filled, such as `*|FNAME|*` (Mailchimp),
`{{ name }}` and `%%name%%`, so that they are neither shown nor used as a title. `message` uses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.sources.mailbox.endings import Line

_TAG = re.compile(
    r"\*\|[^|*<>\n]{1,80}\|\*|\{\{[^{}<>\n]{1,120}\}\}|\{%[^%<>\n]{1,160}%\}"
    r"|%%=?[a-z_][^%<>\n]{0,80}%%|\[\[[a-z_][^\[\]<>\n]{0,60}\]\]|<%[^%<>\n]{1,80}%>"
    r"|&lt;%[^%<>\n]{1,80}%&gt;",
    re.IGNORECASE,
)
# The first of two alternatives; the second one is for people of whom nothing is known.
_FIRST_CHOICE = re.compile(
    r"\*\|IF:[^|<>\n]{1,60}\|(?:[^|]{0,300}\|){1,7}?ELSE:?\|\*"
    r"|\{%-?\s?if\b[^%<>\n]{1,100}%\}[^%]{0,300}\{%-?\s?else\s?-?%\}",
    re.IGNORECASE,
)
_BEFORE_STOP = re.compile(r"[ \u00a0]{1,9}\ufdd0(?=[,.!?;:])")
# Tags for the address of another page: to unsubscribe, to see the mail on the web, to forward it.
_OF_LIST = re.compile(
    r"unsub|profile|preferences|archive|forward|browser|web_?(?:version|view|copy)|view_?"
    r"|opt_?out|list:|rewards|mirror",
    re.IGNORECASE,
)
_IN_LINK = re.compile(r"href=[\"']?\s{0,9}(?:https?://)?(?:\*\||\{\{|\{%|%%|\[\[)", re.IGNORECASE)
_SHORTEST = 20
_LONGEST = 400


@dataclass(frozen=True)
class TagsRemoved:
    """
    Lines without merge tags, and what was removed from them.
    """

    lines: list[Line]
    removed: list[str]


def without_tags(text: str) -> str:
    """
    Return the line *text* without merge tags.
    """
    if not _TAG.search(text):
        return text
    text = _TAG.sub("\ufdd0", _FIRST_CHOICE.sub("", text))
    return _BEFORE_STOP.sub("", text).replace("\ufdd0", "")


def remove_tags(lines: Sequence[Line]) -> TagsRemoved:
    """
    Remove merge tags from *lines*. A line that has little else is removed too, such as a greeting,
    and one that is there for a link which only the sender's program could make.
    """
    kept: list[Line] = []
    removed: list[str] = []
    for line in lines:
        tags = _TAG.findall(line.markup)
        if not tags:
            kept.append(line)
            continue
        markup = without_tags(line.markup)
        text = html_tree.plain(markup)
        is_link = len(text) <= _LONGEST and (
            _IN_LINK.search(line.markup) is not None or any(map(_OF_LIST.search, tags))
        )
        if is_link or (len(text) <= _SHORTEST and "<img" not in markup):
            removed.append(line.text.strip() or tags[0])
        else:
            removed += tags
            kept.append(Line(markup, text))
    return TagsRemoved(kept, [text[:80] for text in removed])
