"""
`merge`: one mail filled in for many readers, beside bare bytes joined, and beside a template
rendered and inlined for each reader.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from jinja2 import Environment, Template

from benchmarks import pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.mail.merge.fields import CompiledMail, compile_mail
from newsletter.model.mail import Mail, Recipient

NAME = "merge"


def run(*, full: bool = False) -> Row:
    """
    Measure what a copy costs; the usual way is so slow that it is tried on 50 readers.
    """
    return measure(readers=100_000 if full else 10_000, naive_readers=10)


def measure(*, readers: int, naive_readers: int, runs: int = RUNS) -> Row:
    """
    Return the row for that many readers per run.
    """
    source = pages.page(pages.SOURCE_OF_60_KB)
    mail, people = pages.mail_of(source), pages.readers(readers)
    compiled, bare = compile_mail(mail), _Bare(mail)
    template = _as_jinja(source)
    values = [_bytes_of(reader) for reader in people]
    few = people[:naive_readers]
    _require_equal(compiled, bare, template, few)

    def ours() -> float:
        return seconds_for(lambda: [len(compiled.fill(p).html) for p in people]) / readers

    def floor() -> float:
        return seconds_for(lambda: [len(bare.fill(v)[0]) for v in values]) / readers

    def naive() -> float:
        return seconds_for(lambda: [_naive(template, p) for p in few]) / len(few)

    work = f"a {len(mail.html) // 1000} KB mail, 5 fields, {readers:,} readers"
    return Row(name=NAME, work=work, seconds=interleave(runs, ours=ours, floor=floor, naive=naive))


class _Bare:
    """
    The lower bound: the same texts as bytes, split at their marks and joined with prepared values.
    """

    def __init__(self, mail: Mail) -> None:
        texts = (mail.html, mail.text, mail.subject, *(value for _, value in mail.headers))
        mark = re.compile(f"NL{mail.nonce}([0-9]+)X")
        self._cut = [
            [
                piece.encode() if place % 2 == 0 else mail.fields[int(piece)].name
                for place, piece in enumerate(mark.split(text))
            ]
            for text in texts
        ]

    def fill(self, values: Mapping[str, bytes]) -> list[bytes]:
        """
        Return the parts of one copy, HTML first.
        """
        return [
            b"".join([values[p] if isinstance(p, str) else p for p in pieces])
            for pieces in self._cut
        ]


def _bytes_of(reader: Recipient) -> dict[str, bytes]:
    defaults = {**reader.values, "view_url": pages.VIEW_URL}
    return {name: html.escape(value).encode() for name, value in defaults.items()}


def _as_jinja(source: str) -> Template:
    filled = re.sub(r"%%(\w+)(?:\|[^%]*)?%%", r"{{ \1 }}", source)
    return Environment(autoescape=True, keep_trailing_newline=True).from_string(filled)


def _naive(template: Template, reader: Recipient) -> str:
    return pages.inlined(template.render(reader.values, view_url=pages.VIEW_URL))


def _require_equal(
    compiled: CompiledMail, bare: _Bare, template: Template, people: Sequence[Recipient]
) -> None:
    for reader in people:
        ours = compiled.fill(reader).html
        assert ours == bare.fill(_bytes_of(reader))[0].decode(), "the floor fills another mail"
        assert ours == _naive(template, reader), "the usual way gives another mail"
