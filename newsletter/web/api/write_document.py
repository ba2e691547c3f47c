"""
Write the OpenAPI document to a file: `python -m newsletter.web.api.write_document FILE`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from newsletter.web.api.application import document

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(document().text)
