"""
What a source is opened with: the fetcher with its limits, the sandboxed parser, the settings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path

from newsletter.ingest.sources.sandboxed_parser import (
    MAX_ANSWER_BYTES,
    SOURCE_MODULES,
    SandboxedParser,
)
from newsletter.isolation.fetcher import Fetcher
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.source import SourceSettings
from newsletter.settings import Settings
from newsletter.settings.sections import LimitsSettings

# A poll fetches many images, and no image is worth a long wait.
IMAGE_FETCH_S = 8.0


class SourceTools:
    """
    What all sources of an installation share. *own_lists* returns the List-Ids of our own mails.
    The child process starts when the first document is parsed; it loads *modules*, among them
    SOURCE_MODULES.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        own_lists: Callable[[], Collection[str]],
        clock: Callable[[], dt.datetime],
        modules: Sequence[str] = SOURCE_MODULES,
    ) -> None:
        self.own_lists = own_lists
        self.clock = clock
        self._settings = settings
        self._modules = modules

    def close(self) -> None:
        """
        Close the fetchers and stop the child process.
        """
        for name in ("_sandbox", "fetcher", "image_fetcher"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @property
    def limits(self) -> LimitsSettings:
        return self._settings.limits

    def path(self, location: str) -> Path:
        """
        Return a location as an absolute path; a relative one starts at the settings' folder.
        """
        return self._settings.path(Path(location))

    def secret_of(self, source: SourceSettings) -> str:
        """
        Read the secret that the source's key refers to; empty if it has no key.

        Raises:
            SettingsError: it is missing.
        """
        return self._settings.secret(source.key) if source.key else ""

    @cached_property
    def fetcher(self) -> Fetcher:
        """
        Return the only fetcher used for URLs that other people wrote; it enforces the limits in the
        settings.
        """
        return self._fetcher_within(self.limits.fetch_deadline_s)

    @cached_property
    def image_fetcher(self) -> Fetcher:
        return self._fetcher_within(min(IMAGE_FETCH_S, self.limits.fetch_deadline_s))

    def _fetcher_within(self, deadline_s: float) -> Fetcher:
        return Fetcher(
            networks=self.limits.fetch_networks,
            ports=self.limits.fetch_ports,
            deadline_s=deadline_s,
            max_bytes=self.limits.fetch_max_bytes,
        )

    @cached_property
    def _sandbox(self) -> Sandbox:
        return Sandbox(self._modules, max_output_bytes=MAX_ANSWER_BYTES)

    @property
    def parser(self) -> SandboxedParser:
        return SandboxedParser(self._sandbox)
