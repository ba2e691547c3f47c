"""
Rendering that is done once for many worlds, for they all send the same issues.
"""

from __future__ import annotations

import pickle
import re
from typing import Any, ClassVar

from reliability.processes.sender import InlineSandbox

NONCE = re.compile(rb"NL([0-9a-f]{12})[0-9]+X")
NO_NONCE = b"z" * 12


class RenderCache(InlineSandbox):
    """
    A sandbox that renders the same only once: many worlds send the same issue, each with a nonce of
    its own (`NL` + nonce + a number + `X`), which always has twelve letters.
    """

    results: ClassVar[dict[bytes, bytes]] = {}

    def call(self, function: str, *arguments: Any) -> Any:
        asked = pickle.dumps((function, arguments))
        found = NONCE.search(asked)
        nonce = found.group(1) if found is not None else NO_NONCE
        key = asked.replace(nonce, NO_NONCE)
        if key not in self.results:
            result = pickle.dumps(super().call(function, *arguments))
            self.results[key] = result.replace(nonce, NO_NONCE)
        return pickle.loads(self.results[key].replace(NO_NONCE, nonce))
