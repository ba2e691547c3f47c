"""
What the searches of several providers have in common, when they are asked what they told: a page at
a time, and a line that says why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.errors import ProviderError
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.responses import object_in


@dataclass(frozen=True, kw_only=True)
class Search:
    """
    The search of the provider called *name*, of which `get` asks for what is at an address;
    `permission` is what its key needs for it, in the provider's own words.
    """

    name: str
    get: Callable[[str], HttpResponse | HttpFailure]
    permission: str

    def page(self, url: str, of: str) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
        """
        The objects that the page at *url* has under the word *of*, empty ones for what is none, so
        that they can be counted; and the whole page.

        Raises:
            ProviderError: there is no such page.
        """
        answer = self.get(url)
        if isinstance(answer, HttpFailure):
            raise ProviderError(f"{self.name} cannot be asked what it told: {answer.reason}")
        if answer.status in (401, 403):
            raise ProviderError(
                f"{self.name} does not let its api_key ask what it told (HTTP {answer.status}): "
                f"it needs {self.permission}"
            )
        whole = object_in(answer.body)
        found = whole.get(of, [])
        if answer.status != 200 or not whole or not isinstance(found, list):
            raise ProviderError(
                f"{self.name} does not say what it told (HTTP {answer.status}): ask again later"
            )
        return [entry if isinstance(entry, dict) else {} for entry in found], whole

    def too_much(self, count: int) -> ProviderError:
        """
        More to tell than is asked for at once.
        """
        return ProviderError(
            f"{self.name} has more than {count:,} reports to tell: the others are not asked for"
        )

    def lost(self) -> ProviderError:
        """
        A page whose next one is nowhere, or somewhere else.
        """
        return ProviderError(f"{self.name} does not say where more of it is: ask again later")
