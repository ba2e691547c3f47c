"""
`inline`: styles inlined in the limited child process, beside premailer alone in this one; and once
beside the same function in this process, which shows what the child itself costs.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.html.inline_css import inline_css

NAME = "inline"
MODULE = "newsletter.mail.html.inline_css"


def run(*, full: bool = False) -> list[Row]:
    """
    Return a row for each of three sizes, and one for the last size against the same checks in this
    process.
    """
    return measure(sizes=(40_000, 60_000, 84_000), calls=5 if full else 1)


def measure(*, sizes: tuple[int, ...], calls: int, runs: int = RUNS) -> list[Row]:
    """
    Return the rows, measured with a warm child process.
    """
    pages_of = [pages.page(size) for size in sizes]
    with Sandbox([MODULE]) as sandbox:
        rows = [
            _row(sandbox, html, calls, runs, "child with checks; floor: premailer", pages.inlined)
            for html in pages_of
        ]
        last = "child with checks; floor: with checks"
        return [*rows, _row(sandbox, pages_of[-1], calls, runs, last, inline_css)]


def _row(
    sandbox: Sandbox,
    html: str,
    calls: int,
    runs: int,
    what: str,
    here: Callable[[str], str],
) -> Row:
    def there(html: str) -> str:
        return str(sandbox.call(f"{MODULE}:inline_css", html))

    assert there(html) == here(html), "the child inlines another mail"

    def ours() -> float:
        return seconds_for(lambda: [there(html) for _ in range(calls)]) / calls

    def floor() -> float:
        return seconds_for(lambda: [here(html) for _ in range(calls)]) / calls

    work = f"{len(html) // 1000} KB, {what}"
    return Row(name=NAME, work=work, seconds=interleave(runs, ours=ours, floor=floor))
