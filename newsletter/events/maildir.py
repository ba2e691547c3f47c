"""
Read the unread mails of a Maildir and mark each as read (https://cr.yp.to/proto/maildir.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsletter.errors import NotFound


def unread_mails(folder: Path, *, max_bytes: int) -> Iterator[bytes]:
    """
    Yield the first *max_bytes* of each mail in `new`. A mail is moved to `cur`, as read, when the
    next one is requested; after a failure in between it is yielded again.

    Raises:
        NotFound: *folder* is not a Maildir, or cannot be read.
    """
    try:
        for path in sorted((folder / "new").iterdir()):
            with path.open("rb") as file:
                yield file.read(max_bytes)
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
    except OSError as error:
        raise NotFound(
            f"{folder}: {error.strerror or error}: a Maildir has the folders new and cur, which "
            "this user must be able to read and write"
        ) from error
