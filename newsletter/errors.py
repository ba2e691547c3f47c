"""
The exceptions of newsletter.

    NewsletterError             one line for people: what, where, what to do
    ├── SettingsError           newsletter.toml or the environment
    ├── StoreError              the database: missing, locked, read-only, not migrated
    │   ├── StoreAway           its server cannot be reached, which may pass
    │   ├── UnreleasedDatabase  an unreleased version made it; it cannot be upgraded
    │   └── UnsafeStore         its disk lost a write; only a restart helps
    ├── NotFound                no such list, issue, schedule
    │   ├── UnknownBrief        no such brief
    │   └── UnknownSource       no such source
    ├── Forbidden               the actor may not do this
    ├── Refused                 the thing exists, but its state forbids this now
    │   └── InvalidValue        a value that is never valid there
    │       └── CommandRequired no program may set it: a command on the server can
    ├── ReadError               a file or item that cannot be read as a brief
    ├── SourceError             a source that could not be polled
    │   └── FetchError          the address was refused, or its response was not usable
    ├── ProviderError           a provider that could not be asked for its events
    ├── TemplateError           a template, field or style that cannot be rendered
    │   ├── SlowTemplate        it took most of the time that a call may take
    │   └── UnknownTemplate     no template of that name
    ├── SandboxError            the limited child process ran out of time or memory
    └── MergeError              a merge field without a value, or a mark in the content

`subscribers.errors.SubscribersError` is the root for subscribers; the command line prints both in
the same way.
"""

from __future__ import annotations

import errno

from subscribers.text.phrases import joined

# No file or memory left for this process or machine, or a disk that fails.
_TEMPORARY = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EIO, errno.ESTALE}
)


class NewsletterError(Exception):
    """
    The root of all exceptions here. `str(error)` is one line for people.
    """


class SettingsError(NewsletterError):
    """
    A setting is missing, unknown or wrong; the line names the key and the file.
    """


class StoreError(NewsletterError):
    """
    The database cannot be used as it is; the line says which and what to run.
    """


class StoreAway(StoreError):
    """
    The database's server is not running yet, or cannot be reached: it may be there later.
    """


class TransactionConflict(StoreError):
    """
    Another transaction got in the way of this one, which was rolled back: it can be repeated.
    """


class UnreleasedDatabase(StoreError):
    """
    An unreleased version made the database. It cannot be upgraded: start with an empty one.
    """


class UnsafeStore(StoreError):
    """
    The disk lost a write. A retry may succeed but proves nothing, so the process has to end.
    """


class NotFound(NewsletterError):
    """
    There is nothing with that name or number.
    """


class UnknownBrief(NotFound):
    """
    There is no brief with that number or key.
    """


class UnknownSource(NotFound):
    """
    There is no source with that name.
    """


class Forbidden(NewsletterError):
    """
    The actor lacks the permission; the line says which.
    """


class Refused(NewsletterError):
    """
    Something's state forbids the request; the line says which state, and what to do.
    """


class InvalidValue(Refused):
    """
    A value that was typed is not valid; the line says what to write instead. `field` is the field
    that it is in, if that is known.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class CommandRequired(InvalidValue):
    """
    Only somebody who can run commands on the server may set this value; the line says which.
    """


class ReadError(NewsletterError):
    """
    A file or item that does not contain a brief.
    """


class SourceError(NewsletterError):
    """
    A source could not be polled. `is_gone`: the server says that it is gone for good (410).
    """

    def __init__(
        self, message: str, *, is_gone: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.is_gone = is_gone
        self.retry_after_s = retry_after_s


class FetchError(SourceError):
    """
    An address must not be fetched, or its response exceeded a limit. `status` is the status of an
    error response.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        is_gone: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, is_gone=is_gone, retry_after_s=retry_after_s)
        self.status = status


class ProviderError(NewsletterError):
    """
    A provider did not answer a query, or not completely; the line says what to do.
    """


class TemplateError(NewsletterError):
    """
    A template cannot be rendered; the message names the file and, where known, its line.
    """


class SlowTemplate(TemplateError):
    """
    Rendering was stopped at a line of a template, shortly before the limit on its time.
    """


class UnknownTemplate(TemplateError):
    """
    There is no template of that name; the line says which there are.
    """


class SandboxError(NewsletterError):
    """
    Work in the limited child process was stopped: it took too long, became too large, or crashed.
    `reason` is the line without the name of the *function*, which means nothing to people.
    """

    def __init__(self, reason: str, *, function: str = "") -> None:
        super().__init__(joined(" ", [function, reason]) if function else reason)
        self.reason = reason


class MergeError(NewsletterError):
    """
    A recipient has no value for a merge field, or the content contains a merge mark of its own.
    `reason` is the message without the delivery.
    """

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = message if reason is None else reason


def is_temporary(error: Exception) -> bool:
    """
    Return whether *error* says nothing about what was read or sent: the database or the machine
    failed at that moment, and the next attempt may succeed.
    """
    is_from_machine = isinstance(error, OSError) and error.errno in _TEMPORARY
    return is_from_machine or isinstance(error, StoreError)
