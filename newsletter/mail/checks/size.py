"""
Rules 1 and 2: the size of the page and of its style blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.mail.html.css import COMMENT, deepest_at_rule, style_blocks
from newsletter.mail.size.budget import HTML_AIM_BYTES, HTML_LIMIT_BYTES, merged_bytes
from newsletter.model.check import Finding, Level

# Gmail keeps 16 KB of styles a message; it drops the whole block that passes it.
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
            f"{size:,} bytes of HTML for the reader with the longest values, of "
            f"{HTML_LIMIT_BYTES:,} that may leave: Gmail cuts near 102 KB; show fewer in full",
            "HTML",
        )


def head_styles(checked: CheckedMail) -> Iterator[Finding]:
    blocks = [css for _, css in style_blocks(checked.html)]
    for problem in _problems(checked.html, blocks):
        yield Finding("head-css", Level.ERROR, problem, "<style>")


def _problems(html: str, blocks: list[str]) -> Iterator[str]:
    size = sum(len(css.encode("utf-8", "replace")) for css in blocks)
    if size > HEAD_CSS_BYTES:
        yield f"{size:,} bytes of style blocks, of {HEAD_CSS_BYTES:,}: Gmail drops what is more"
    outside = COMMENT.sub("", html).lower()
    if outside.count("<style") != outside.count("</style") or any("<" in css for css in blocks):
        yield "a style block that does not end where it seems to: write no < in it"
    for css in blocks:
        if deepest_at_rule(css) > 1:
            yield "an at-rule inside an at-rule: Gmail drops the whole block; write two rules"
        if (
            css.count("{") != css.count("}")
            or css.count('"') % 2
            or css.count("(") != css.count(")")
        ):
            yield "a bracket or quote that is not closed: mail programs drop the whole block"
        if "@import" in css.lower():
            yield "@import: hardly a mail program follows it; write the rules themselves"
