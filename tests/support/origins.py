"""
Who changes people in the tests.
"""

from __future__ import annotations

from subscribers.history.model import Origin, OriginKind

STAFF = Origin(kind=OriginKind.STAFF, name="ada", through="test")
READER = Origin(kind=OriginKind.READER, through="test page")
