"""
Rules 1 and 2: the size of the page and of its style blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.mail.html.css import COMMENT, deepest_at_rule, style_blocks
from newsletter.mail.size.budget import HTML_AIM_BYTES, HTML_LIMIT_BYTES, merged_bytes
from newsletter.model.check import Finding, Level
from subscribers.text.phrases import phrase

# Gmail keeps 16 KB of styles in a message and drops the whole block that exceeds it.
HEAD_CSS_BYTES = 12_000


def too_large(checked: CheckedMail) -> Iterator[Finding]:
    size = len(checked.html.encode("utf-8", "replace"))
    if checked.mail is not None:
        size = merged_bytes(checked.mail)
    level = Level.ERROR if size > HTML_LIMIT_BYTES else Level.WARNING
    if size > HTML_AIM_BYTES:
        yield Finding(
            "size",
            level,
            phrase(
                "{size:,} bytes of HTML with the longest merge values, of at most "
                "{limit:,}: Gmail clips near 102 KB; show fewer briefs in full",
                size=size,
                limit=HTML_LIMIT_BYTES,
            ),
            "HTML",
        )


def head_styles(checked: CheckedMail) -> Iterator[Finding]:
    blocks = [css for _, css in style_blocks(checked.html)]
    for problem in _problems(checked.html, blocks):
        yield Finding("head-css", Level.ERROR, problem, "<style>")


def _problems(html: str, blocks: list[str]) -> Iterator[str]:
    size = sum(len(css.encode("utf-8", "replace")) for css in blocks)
    if size > HEAD_CSS_BYTES:
        yield phrase(
            "{size:,} bytes of style blocks, of at most {limit:,}: shorten them",
            size=size,
            limit=HEAD_CSS_BYTES,
        )
    outside = COMMENT.sub("", html).lower()
    if outside.count("<style") != outside.count("</style") or any("<" in css for css in blocks):
        yield phrase("a style block does not end where it seems to: remove the < in it")
    for css in blocks:
        if deepest_at_rule(css) > 1:
            yield phrase("a nested at-rule: Gmail drops the whole block; write two separate rules")
        if (
            css.count("{") != css.count("}")
            or css.count('"') % 2
            or css.count("(") != css.count(")")
        ):
            yield phrase(
                "an unclosed bracket or quote: mail programs drop the whole block; close it"
            )
        if "@import" in css.lower():
            yield phrase("@import is ignored by most mail programs: write the rules here")
