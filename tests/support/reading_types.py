"""
The type of the fixture that reads a brief.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.model.brief import Brief

Read = Callable[..., Brief]
