"""
The context that every step of the pipeline receives. `app` builds it, and the steps pass it on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.ingest.images.illustrator import Illustrator
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.links import Links
from newsletter.model.brand import Brand
from newsletter.model.delivery import Provider
from newsletter.model.issue import Site
from newsletter.model.mail import Sender
from newsletter.model.source import SourceSettings
from newsletter.store.database import Database


@dataclass(frozen=True, kw_only=True)
class PublishingContext:
    """
    What the steps of the pipeline need, built by `app`.
    """

    database: Database
    site: Site
    brand_with: Callable[[Mapping[str, Any]], Brand]
    template_folders: Sequence[Path]
    sandbox: Sandbox
    reading_sandbox: Sandbox
    illustrator: Illustrator
    links: Links
    default_sender: Sender
    default_reply_to: str | None
    default_provider: str
    fallback_provider: Callable[..., str | None]
    failover_after: dt.timedelta
    open_source: Callable[[SourceSettings], Source]
    provider_named: Callable[[str], Provider]
    reaches_people: Callable[[str], bool]
    is_on_this_machine: Callable[[str], bool]
    clock: Callable[[], dt.datetime]
    has_canary: Callable[[str], bool]
    operator: str = ""
    on_step: Callable[[str], None] = lambda step: None
