"""
Report on an import: its counts, and how its files were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from subscribers.import_export.run.counts import ImportCounts
from subscribers.import_export.sources import ImportSource
from subscribers.model import ImportReport
from subscribers.text.phrases import phrase

_KEYS_SHOWN = 20


def report_on(
    counts: ImportCounts,
    sources: Sequence[ImportSource],
    *,
    number: int | None,
    errors_file: Path | None,
) -> ImportReport:
    """
    Return the report on the import of that *number*; None is a dry run.
    """
    columns = {name: what for source in sources for name, what in source.layout.columns.items()}
    hints = dict.fromkeys(hint for source in sources for hint in _hints(source))
    if counts.keys_left_out:
        hints[_left_out(counts)] = None
    ignored = dict.fromkeys(name for source in sources for name in source.layout.ignored_columns)
    encodings = [source.guessed_encoding for source in sources if source.guessed_encoding]
    return ImportReport(
        number=number,
        product=", ".join(dict.fromkeys(source.layout.product for source in sources)),
        by_status=counts.statuses(),
        errors_file=errors_file,
        columns=columns,
        ignored_columns=tuple(name for name in ignored if name not in columns),
        words={word: dict(statuses) for word, statuses in sorted(counts.words.items())},
        hints=tuple(hints),
        keys_left_out=dict(counts.keys_left_out),
        first_errors=tuple(counts.first_errors),
        guessed_encoding=encodings[0] if encodings else None,
        **counts.rows(),
        **counts.remarks(),
    )


def _hints(source: ImportSource) -> Iterator[str]:
    if source.layout.hint:
        yield source.layout.hint
    for column in source.layout.undecided:
        yield phrase(
            "the column {column!r} may say who must not be emailed, so nothing is imported until "
            "it is read as status, or as ignore if it is about something else",
            column=column,
        )


def _left_out(counts: ImportCounts) -> str:
    """
    Say which values no field has.
    """
    keys = (f"{key} ({number})" for key, number in counts.keys_left_out.most_common(_KEYS_SHOWN))
    return phrase(
        "values that no field has are left out: {keys}. To keep them, declare fields of these "
        "names and import the file again",
        keys=", ".join(keys),
    )
