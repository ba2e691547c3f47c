"""
Settle what Word writes around a text: comments and tracked changes are left out, footnotes become
those of a brief.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

_COMMENTS = 'div[style*="mso-element:comment-list"], .MsoCommentReference, a[href^="#_msocom"]'
_NOTES = 'div[style*="mso-element:footnote-list"], div[style*="mso-element:endnote-list"]'
_NOTE = 'div[id^="ftn"], div[id^="edn"]'
_COMMENT = "the comments beside the text"
_MOST_CHARS = 200


def settle_notes(body: LexborNode) -> list[str]:
    """
    Remove comments and tracked deletions from *body*, turn its footnotes into a list that is
    recognised, and return what was left out.
    """
    left_out = []
    if comments := body.css(_COMMENTS):
        left_out.append(_COMMENT)
        for node in comments:
            node.decompose()
    for deleted in body.css("del[datetime], del[cite]"):
        left_out.append(html_tree.text_of(deleted)[:_MOST_CHARS])
        html_tree.remove_inline(deleted)
    for inserted in body.css("ins"):
        inserted.unwrap()
    for listed in body.css(_NOTES):
        _settle_footnotes(listed)
    return list(filter(None, left_out))


def _settle_footnotes(listed: LexborNode) -> None:
    notes = []
    for note in listed.css(_NOTE):
        for marker in note.css('a[href^="#_ftnref"], a[href^="#_ednref"]'):
            marker.decompose()
        notes.append(f"<li>{re.sub(r'</?p[^<>]*>', ' ', html_tree.inner(note))}</li>")
    made = html_tree.body_of(f'<ol class="footnotes">{"".join(notes)}</ol>').first_child
    if made is not None:
        listed.replace_with(made)
