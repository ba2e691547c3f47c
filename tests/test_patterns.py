"""
Every regular expression of the project, on texts that are written to make one slow.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import pytest
from growth import LARGE, MIDDLE, SMALL, is_quadratic
from patterns import SEEDS, ProjectPattern, project_patterns, texts, uses_in

from newsletter.errors import FetchError
from newsletter.ingest.parsing.cleanup import images, shortcodes
from newsletter.ingest.parsing.fields import headline
from newsletter.ingest.sources.feeds.excerpts import is_excerpt
from newsletter.isolation.urls import origin_of
from newsletter.mail import render
from newsletter.mail.checks import css_support
from newsletter.mail.merge import fields
from newsletter.mail.mime.plaintext import wrap78
from newsletter.mail.templating import brief_html, engine
from newsletter.mail.templating.images import media_address
from newsletter.operations import log_format
from newsletter.providers import kinds
from newsletter.providers.responses import redacted_line
from newsletter.providers.smtp.verp import ReturnPaths
from subscribers.text import normal_form

NONCE = "0123456789ab"
MARK = f"NL{NONCE}0X"
MEDIA = re.escape(media_address("https://news.example.org", ""))
PATHS = ReturnPaths("bounces@example.org", lambda purpose: ("0" * 64,))
# The patterns that are built while the program runs, as they are built then, and the method that is
# called on them.
BUILT: Mapping[str, tuple[str, Iterable[re.Pattern[Any]]]] = {
    "newsletter.ingest.parsing.fields.headline:_pattern": (
        "match",
        headline._patterns(("From the desk",)),
    ),
    "newsletter.mail.checks.css_support:_patterns": (
        "fullmatch",
        [re.compile(one, re.I | re.S) for pair in css_support.CHOSEN.values() for one in pair],
    ),
    "newsletter.mail.checks.links:tracking": ("fullmatch", [re.compile(rf"NL{NONCE}[0-9]+X")]),
    "newsletter.mail.merge.fields:_mark_pattern": ("split", [fields._mark_pattern(NONCE)]),
    "newsletter.mail.mjml.compile:_fill_contents": ("split", [re.compile(rf"{NONCE}N([0-9]+)X")]),
    "newsletter.mail.mjml.parse:_with_content": ("search", [re.compile(r"</mj-text\s*>", re.I)]),
    "newsletter.mail.render:_links_to": ("sub", [render._links_to(MARK)]),
    "newsletter.mail.render:_lines_with": ("sub", [render._lines_with(MARK)]),
    "newsletter.mail.templating.engine:_written_at": ("search", [re.compile(r"\btitle\b")]),
    "newsletter.mail.templating.engine:_path_to": ("search", [engine._path_to("title")]),
    "newsletter.mail.templating.images:embed_images": ("sub", [re.compile(f"{MEDIA}([0-9a-f]+)")]),
    "newsletter.operations.webhook_check:_require_proof_form": (
        "fullmatch",
        [re.compile(kind.proof_form) for kind in (kinds.RESEND, kinds.MAILGUN, kinds.POSTMARK)],
    ),
    "subscribers.text.normal_form:_long_runs": ("sub", [normal_form._long_runs()]),
    # It is only called while the module is loaded, and the module holds what it makes.
    "newsletter.providers.refusals:_phrases": ("search", []),
    "newsletter.providers.smtp.verp:_pattern": ("finditer", [PATHS._pattern]),
}
# Functions that read what other people wrote, as a whole.
READERS: Mapping[str, Callable[[str], object]] = {
    "a provider's answer": redacted_line,
    "a source's excerpt": lambda text: is_excerpt(text, is_summary=True),
    "an image's srcset": images._srcset,
    "a line of the log": log_format._redact_text,
    "a plain text": wrap78,
    "a returned mail's return path": PATHS.label_in,
    "a table": brief_html.mail_html,
    "a video of a shortcode": shortcodes.unfold,
}
# Of about the same number of patterns, so that several processes can share the work.
PARTS = (
    "newsletter.ingest.parsing.c",
    "newsletter.ingest.parsing",
    "newsletter.ingest",
    "newsletter.mail.checks",
    "newsletter.mail",
    "newsletter.providers",
    "",
)


@cache
def found() -> tuple[list[ProjectPattern], list[str]]:
    return project_patterns(BUILT)


def part_of(pattern: ProjectPattern) -> str:
    return next(part for part in PARTS if pattern.where.startswith(part))


def test_every_regular_expression_of_the_project_is_known_to_this_test():
    patterns, missing = found()
    assert missing == []
    assert len(patterns) > 250


def test_a_pattern_is_used_as_the_loop_over_it_says_and_not_another_loop():
    module = ast.parse(
        "KNOWN = [re.compile(one) for one in TEXTS]\n"
        "is_known = any(one.fullmatch(text) for one in KNOWN)\n"
    )
    assert uses_in(module)["KNOWN"] == {"fullmatch"}


def test_a_quadratic_pattern_is_noticed():
    for careless in (r"\s+$", r"<a[^>]*>", r"[^\s@]+@x", r"(?:a?b?)*c", r"x.*?y"):
        pattern = ProjectPattern("here", re.compile(careless), frozenset())
        assert any(is_quadratic(pattern.run, *sizes) for sizes in texts(pattern.pattern)), careless


@pytest.mark.parametrize("part", PARTS)
def test_no_pattern_takes_quadratic_time(part: str):
    slow = [
        f"{pattern.where}: {pattern.pattern.pattern!r} on {sizes[0][:40]!r}…"
        for pattern in found()[0]
        if part_of(pattern) == part
        if (sizes := slow_text(pattern)) is not None
    ]
    assert slow == []


@pytest.mark.parametrize("name", READERS)
def test_no_reader_of_other_people_s_text_takes_quadratic_time(name: str):
    read = READERS[name]
    slow = [
        seed
        for seed in SEEDS
        if is_quadratic(read, *((seed * size)[:size] + " z" for size in (SMALL, MIDDLE, LARGE)))
    ]
    assert slow == []


def test_of_a_long_text_only_the_beginning_is_kept_and_no_part_of_an_address():
    assert redacted_line("550 no such user\n" + "x" * 100_000) == "550 no such user"
    long = " ".join(f"{'a' * 600}@example.org" for _ in range(99))
    assert "aaa" not in redacted_line(long)


def test_a_host_that_no_name_server_knows_makes_no_long_message():
    with pytest.raises(FetchError, match="its host name is too long") as caught:
        origin_of(f"https://{'a.' * 27_000}org/")
    assert len(str(caught.value)) < 400


def slow_text(pattern: ProjectPattern) -> tuple[str, str, str] | None:
    """
    Return the first text whose cost grows with the square of its length, in three sizes.
    """
    return next((s for s in texts(pattern.pattern) if is_quadratic(pattern.run, *s)), None)
