"""
The files of a job: recognise them later, copy them, delete the copies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from subscribers.errors import ImportBlocked, ImportRefused
from subscribers.import_export.jobs.model import FileJob, JobFile
from subscribers.import_export.text_file import require_file
from subscribers.text.phrases import phrase


def describe_file(path: Path, *, is_copy: bool = False) -> JobFile:
    """
    Return the file with its size and hash, to recognise it later.

    Raises:
        ImportRefused: it cannot be read.
    """
    try:
        require_file(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return JobFile(path.resolve(), file.tell(), digest, is_copy)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImportRefused(
            phrase("{path}: {reason}; check its path and permissions", path=path, reason=reason)
        ) from error


def require_unchanged(job: FileJob) -> None:
    """
    Check that the files of a job are those that it began with.

    Raises:
        ImportBlocked: one has changed or is gone.
    """
    for file in job.files:
        try:
            is_same = describe_file(file.path).sha256 == file.sha256
        except ImportRefused as error:
            raise ImportBlocked(str(error)) from error
        if not is_same:
            raise ImportBlocked(
                phrase(
                    "{path}: this file has changed since import {job} began: put it back as "
                    "it was, or import it again",
                    path=file.path,
                    job=job.id,
                )
            )


def delete_copies(files: Sequence[JobFile]) -> None:
    """
    Delete those files that were made for their job.
    """
    for file in files:
        if file.is_copy:
            file.path.unlink(missing_ok=True)
