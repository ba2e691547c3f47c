"""
Print the tables of `docs/explanation/scaling.md` (`python -m benchmarks.scale_tables`), made by
`scale_model` from `scale_costs`. A test keeps the page equal to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.scale_costs import INDEXES, POSTGRESQL, SQLITE, Costs
from benchmarks.scale_model import Sending, Sent, simulate

SIZES = (1_000_000, 10_000_000, 100_000_000)
RATES = (14, 100, 500, 2_000, 10_000)
BATCHES = (25, 50, 100, 500, 1_000)
WORKERS = (1, 2, 4, 8)
# Issues a year, and in the 35 days that webhooks are kept, on the working days.
YEAR, MONTH = 250, 25


def tables() -> dict[str, str]:
    """
    Return each table as Markdown, by name.
    """
    return {
        "costs": costs(),
        "rates": rates(),
        "batches": batches(),
        "workers": workers(),
        "indexes": indexes(),
        "ledger": ledger(),
        "layouts": layouts(),
    }


def costs() -> str:
    """
    Show the measured costs.
    """
    rows = [
        ["freezing 1,000 readers", *(_ms(c.freeze_s_a_reader * 1000) for c in _BOTH)],
        ["making 1,000 whole copies of 60 KB", *(_ms(c.copy_s_a_reader * 1000) for c in _BOTH)],
        [
            "submitting 1,000 readers in one batch, the sending process without copies",
            *(_ms(c.ours_s_a_batch + 1000 * c.ours_s_a_reader) for c in _BOTH),
        ],
        [
            "the same, the database server",
            *(_ms(c.server_s_a_batch + 1000 * c.server_s_a_reader) for c in _BOTH),
        ],
        [
            "of this, for a batch of any size",
            *(_ms(c.ours_s_a_batch + c.server_s_a_batch) for c in _BOTH),
        ],
        ["a person on one list, with indexes", *(f"{c.bytes_a_person:.0f} bytes" for c in _BOTH)],
        ["a delivery, with indexes", *(f"{c.bytes_a_delivery:.0f} bytes" for c in _BOTH)],
        ["its outcome, once reported", *(f"{c.bytes_an_outcome:.0f} bytes" for c in _BOTH)],
        ["a processed webhook", *(f"{c.bytes_a_webhook:.0f} bytes" for c in _BOTH)],
    ]
    return _table(["what", *(c.name for c in _BOTH)], rows)


def rates() -> str:
    """
    Show how long a send takes at a provider's rate limit.
    """
    rows = [
        [f"{rate:,}", *(_time(_sent(size, per_s=rate, workers=8)) for size in SIZES)]
        for rate in RATES
    ]
    return _table(["readers a second", *(f"{size:,} readers" for size in SIZES)], rows)


def batches() -> str:
    """
    Show what the number of readers per call does to the speed, and to a kill's uncertain readers.
    """
    return _table(
        ["readers a call", "SQLite, 4 connections", "limit",
         "PostgreSQL, 4 workers x 16 connections", "limit",
         "most readers uncertain after kill -9 of one process"],
        [_batch_row(batch) for batch in BATCHES],
    )  # fmt: skip


def _batch_row(batch: int) -> list[str]:
    small = simulate(Sending(readers=SIZES[0], costs=SQLITE, batch=batch, shares_content=True))
    large = _sent(SIZES[0], batch=batch, workers=4, shares_content=True)
    uncertain = f"{4 * batch:,} with 4 connections, {16 * batch:,} with 16"
    return [f"{batch:,}", _rate(small), small.limit, _rate(large), large.limit, uncertain]


def workers() -> str:
    """
    Show what more workers do if the provider sets no limit.
    """
    rows = []
    for count in WORKERS:
        whole = _sent(SIZES[0], workers=count)
        shared = _sent(SIZES[0], workers=count, shares_content=True)
        row = [_rate(whole), whole.limit, _rate(shared), shared.limit]
        rows.append([str(count), *row, f"{shared.busy['the database server']:.0%}"])
    return _table(
        ["workers", "whole copies of 60 KB", "limit", "content once per call", "limit",
         "database server busy"],
        rows,
    )  # fmt: skip


def indexes() -> str:
    """
    Show the bytes that each index adds to a delivery.
    """
    rows = [[what, f"`{name}`" if name else "", str(a), str(b)] for what, name, a, b in INDEXES]
    sums = [str(sum(row[place] for row in INDEXES)) for place in (2, 3)]
    return _table(["purpose", "index", "SQLite", "PostgreSQL"], [*rows, ["total", "", *sums]])


def ledger() -> str:
    """
    Show the disk space of the ledger.
    """
    rows = []
    for size in (100_000, *SIZES):
        for one in _BOTH if size < SIZES[-1] else (POSTGRESQL,):
            issue = size * one.bytes_a_delivery
            with_outcomes = issue + size * one.bytes_an_outcome
            webhooks = MONTH * size * one.bytes_a_webhook
            cells = [
                size * one.bytes_a_person,
                issue,
                with_outcomes,
                with_outcomes * YEAR,
                webhooks,
            ]
            rows.append([f"{size:,}", one.name, *map(_bytes, cells)])
    return _table(
        ["readers", "database", "people", "an issue", "with its outcomes",
         f"{YEAR} issues, a year", f"webhooks of {MONTH} issues"],
        rows,
    )  # fmt: skip


def layouts() -> str:
    """
    Show what each size of list requires.
    """
    rows = []
    for size, count, kept in zip(SIZES, (1, 4, 8), (YEAR, 60, 20), strict=True):
        one = POSTGRESQL
        issue = one.bytes_a_delivery + one.bytes_an_outcome
        webhooks = min(kept, MONTH) * one.bytes_a_webhook
        disk = size * (one.bytes_a_person + kept * issue + webhooks)
        sent = _sent(size, workers=count, shares_content=True)
        rows.append(
            [f"{size:,}", str(count), f"{size // 1000:,}", _seconds(size * one.freeze_s_a_reader),
             _time(sent), f"{kept} issues", _bytes(disk)]
        )  # fmt: skip
    return _table(
        ["readers", "workers", "batches of 1,000", "the freeze", "submitting, no rate limit",
         "deliveries kept", "disk"],
        rows,
    )  # fmt: skip


_BOTH: Sequence[Costs] = (SQLITE, POSTGRESQL)


def _sent(
    readers: int,
    *,
    batch: int = 1_000,
    workers: int = 1,
    per_s: float | None = None,
    shares_content: bool = False,
) -> Sent:
    return simulate(
        Sending(
            readers=readers,
            costs=POSTGRESQL,
            batch=batch,
            workers=workers,
            connections=16,
            per_s=per_s,
            shares_content=shares_content,
        )
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _rate(sent: Sent) -> str:
    return f"{_two_digits(sent.per_s):,} readers/s"


def _time(sent: Sent) -> str:
    return _seconds(sent.seconds)


def _seconds(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds else "none"


def _bytes(size: float) -> str:
    if size < 1e9:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.1f} GB" if size < 1e12 else f"{size / 1e12:.1f} TB"


def _two_digits(value: float) -> int:
    return int(float(f"{value:.2g}"))


if __name__ == "__main__":
    print("\n\n".join(f"{name}\n\n{text}" for name, text in tables().items()))
