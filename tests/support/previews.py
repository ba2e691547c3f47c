"""
Preview an issue with screenshots. Ask for it before `browser`: two browsers cannot run at once.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from issue_samples import NONCE
from template_samples import issue_in, site_in

from newsletter.isolation.fetcher import Fetcher
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.settings.output_files import OutputFiles
from newsletter.web.preview.folder import Preview, write_preview


def previewed(out: Path) -> Preview:
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium: install the distribution's package chromium")
    content = issue_in("ltr", ["full", "line"], intro="Dear %%name|reader%%,")
    with Sandbox(RENDER_MODULES) as sandbox:
        mail = render_mail(content, "digest", folders=(), sandbox=sandbox, nonce=NONCE)
    fetcher = Fetcher(resolve=lambda host, port: [])
    now = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
    preview = write_preview(
        mail, out, files=OutputFiles(), site=site_in("ltr"), fetcher=fetcher, now=now
    )
    fetcher.close()
    return preview
