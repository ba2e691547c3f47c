"""
`newsletter subscriber`: people in files, to import and export.
"""

from __future__ import annotations

import enum
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.format_values import format_people, format_values
from newsletter.cli.input_files import is_standard_input, keep_here, or_standard_input
from newsletter.cli.options import Fields, with_options
from newsletter.cli.people.bulk.filter_options import FILTER, filter_from
from newsletter.cli.people.formats.imported import saying_where_it_stopped, words_in_lines
from newsletter.cli.progress import progress
from newsletter.cli.session import Force, Session, session_of

if TYPE_CHECKING:
    from subscribers.filters.model import PeopleFilter
    from subscribers.model import ImportReport

group = typer.Typer()


class FileFormat(enum.StrEnum):
    """
    How people are written to a file.
    """

    CSV = "csv"
    JSON_LINES = "jsonl"


class ExportPreset(enum.StrEnum):
    """
    The products for which people are written.
    """

    MAILCHIMP = "mailchimp"
    LISTMONK = "listmonk"
    GHOST = "ghost"
    BUTTONDOWN = "buttondown"
    KEILA = "keila"


@group.command(name="import")
def import_file(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="CSV, TSV, text with addresses, or a ZIP of another product; - reads standard "
            "input",
            callback=or_standard_input(".csv"),
        ),
    ],
    list_slug: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="SLUG", help="Mailing list", show_default="those in our own export"
        ),
    ] = None,
    consent: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="How all of them agreed", show_default="none"),
    ] = None,
    product: Annotated[
        str | None,
        typer.Option(
            metavar="PRODUCT",
            help="Product that wrote the files, such as mailchimp",
            show_default="recognised by its columns",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="MAPPING",
            help='Read a column as a field: "Firma=company", "Old=ignore"',
            show_default="recognised by its name",
        ),
    ] = None,
    keep_values: Annotated[
        bool,
        typer.Option("--keep-values", help="Replace no name, time zone or value of a person here"),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be imported")
    ] = False,
) -> None:
    """
    Import people from files, or from a ZIP archive, as one import. Nobody who unsubscribed, bounced
    or complained becomes active again, and pending people stay pending. A name or time zone
    replaces that of an active person, except with --keep-values.

    Examples:
        newsletter subscriber import people.csv --list daily \\
            --consent "subscribed to our old list in 2024"
        newsletter subscriber import audience_export.zip --list daily \\
            --consent "subscribed at Mailchimp" --map "Company=company"
        newsletter subscriber import all-lists.jsonl
    """
    from newsletter.actions.people import subscribers

    session = session_of(context)
    names = ", ".join(file.name for file in files)
    with (
        session.app() as app,
        saying_where_it_stopped(session),
        progress(f"importing {names}, bytes") as report,
    ):
        reports = subscribers.import_people(
            app,
            files,
            list_slug,
            by=session.actor,
            consent=consent,
            dry_run=dry_run,
            progress=report,
            product=product,
            columns=columns or (),
            keeps_values=keep_values,
        )
    reports = {slug: _with_errors_kept(context, found) for slug, found in reports.items()}
    lines = ["dry run: nothing was imported"] if dry_run else []
    # To confirm people, a file is read as detected.
    is_gone = any(is_standard_input(context, file) for file in files)
    advised = [] if product or columns or is_gone else files
    for slug, found in reports.items():
        lines += [*([] if list_slug else [f"list: {slug}"]), *_report(found, advised, slug)]
    as_json = {slug: found.as_json() for slug, found in reports.items()}
    session.show(as_json[list_slug] if list_slug else {"lists": as_json}, "\n".join(lines))


def _with_errors_kept(context: typer.Context, report: ImportReport) -> ImportReport:
    if report.errors_file is None:
        return report
    return replace(report, errors_file=keep_here(context, report.errors_file))


def _report(report: ImportReport, files: Sequence[Path], list_slug: str) -> Iterator[str]:
    """
    Yield the lines about an import for a person: the counts, the columns, and what comes next.
    """
    values = {**report.as_json(), "columns": None, "first_errors": None, "hints": None}
    values["keys_left_out"] = None
    values["words"] = words_in_lines(report.words)
    values["columns"] = [
        column if column == field else f"{column} ({field})"
        for column, field in report.columns.items()
    ]
    yield format_values({name: what for name, what in values.items() if what})
    if report.kept_active:
        stay = "stays" if report.kept_active == 1 else "stay"
        yield (
            f"{format_people(report.kept_active)} {stay} active here, although the file has an "
            "unknown status or no consent for them: see the errors file"
        )
    if not report.rows:
        yield "0 people: there are no rows below the heading"
    yield from report.hints
    if names := [name for name in map(_field_name, report.keys_left_out) if name]:
        yield f"to declare one: newsletter field add {names[0]} --type text"
    if report.errors_file is None:
        yield from report.first_errors
    pending = report.by_status.get("pending", 0) - report.kept_pending
    if pending > 0:
        are, get = ("is", "gets") if pending == 1 else ("are", "get")
        whom = [f"--file {shlex.quote(str(file))} --list {list_slug}" for file in files]
        commands = [
            f"newsletter subscriber confirm {each} --evidence TEXT"
            for each in whom or [f"ADDRESS --list {list_slug}"]
        ]
        yield (
            f"{format_people(pending)} of the file {are} pending and {get} no email. Once they "
            f"have agreed: {'; '.join(commands)}"
        )


def _field_name(key: str) -> str:
    """
    Return the name that a field may have for a key of attributes; empty if it cannot.
    """
    name = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
    return name[:40] if name[:1].isalpha() else ""


@group.command(name="export")
@with_options(FILTER, show_defaults=True)
def export_file(
    context: typer.Context,
    fields: Fields,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write", show_default="standard output"),
    ] = None,
    file_format: Annotated[
        FileFormat,
        typer.Option("--format", help="CSV, or JSON Lines with the history and all consents"),
    ] = FileFormat.CSV,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="For other programs: no apostrophe before cells like =1+1 and +1"
        ),
    ] = False,
    preset: Annotated[
        ExportPreset | None,
        typer.Option(help="Write one list for another product", show_default="none"),
    ] = None,
    notes: Annotated[
        bool, typer.Option("--notes", help="With --preset: hand on the notes of staff as well")
    ] = False,
    force: Force = False,
) -> None:
    """
    Export people, of one list or of all: everybody, or those whom all given options describe.
    `newsletter subscriber import` reads the file back; spreadsheets find no formulas
    in it. JSON Lines also has all consents, the history and who wrote notes.

    Examples:
        newsletter subscriber export --list daily --out daily.csv
        newsletter subscriber export --tag press --format jsonl --out press.jsonl
        newsletter subscriber export --list daily --preset ghost --out members.csv
    """
    from newsletter.actions.people.files.exports import export_to_file
    from newsletter.actions.people.files.subscriber_files import export_people

    session = session_of(context)
    if preset is not None:
        if raw or file_format is not FileFormat.CSV:
            raise typer.BadParameter("--preset has a format of its own: no --format and no --raw")
        if out is None or "list_slug" not in fields:
            raise typer.BadParameter("--preset needs --list SLUG and --out FILE")
        _export_preset(session, preset, filter_from(fields), out, notes=notes, force=force)
        return
    if notes:
        raise typer.BadParameter("--notes goes with --preset: other exports have the notes")
    as_json_lines = file_format is FileFormat.JSON_LINES
    if raw and as_json_lines:
        raise typer.BadParameter("--raw is about CSV: leave it out, or leave out --format jsonl")
    if session.as_json and out is None:
        raise typer.BadParameter("with --json, the people need a file of their own: add --out FILE")
    which = filter_from(fields)
    with session.app() as app:
        if out is None:
            export_people(
                app, which, sys.stdout, is_raw=raw, as_json_lines=as_json_lines, by=session.actor
            )
            return
        count = export_to_file(
            app,
            which,
            out,
            by=session.actor,
            is_raw=raw,
            as_json_lines=as_json_lines,
            force=force,
            config=session.config,
        )
    words = f"exported {format_people(count)} to {out}"
    session.show({"exported": count, "file": str(out)}, words)


def _export_preset(
    session: Session,
    preset: ExportPreset,
    which: PeopleFilter,
    out: Path,
    *,
    notes: bool,
    force: bool,
) -> None:
    from newsletter.actions.people.files.subscriber_files import export_for_product
    from newsletter.settings.output_files import output_files

    with session.app() as app:
        files = output_files(app.settings, session.config, force=force)
        with files.new_file(out) as new, new.open("wb") as file:
            done = export_for_product(
                app, which, file, product=preset, with_notes=notes, by=session.actor
            )
    words = f"exported {format_people(done.written)} to {out}"
    if done.left_out:
        words += f"; left out {done.left_out:,}, whose state {preset} has no word for"
    if done.fields_left_out:
        fields = "field" if len(done.fields_left_out) == 1 else "fields"
        words += f"; without the {fields} {', '.join(done.fields_left_out)}"
    if done.notes_left_out:
        words += "; without the notes of staff"
    value = {
        "exported": done.written,
        "left_out": done.left_out,
        "fields_left_out": list(done.fields_left_out),
        "notes_left_out": done.notes_left_out,
        "file": str(out),
    }
    session.show(value, words)
