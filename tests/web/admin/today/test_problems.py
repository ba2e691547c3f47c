"""
Every alert that the operator can get has texts in the newsroom.
"""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.operations import alerts
from newsletter.web.admin.today.problems import RULES


def test_every_alert_has_a_rule_and_no_rule_is_left_over() -> None:
    source = Path(alerts.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(alert_[a-z_]+)(?<!_advice)"', source))
    named |= {f"alert_privacy_{kind}" for kind in ("access", "correction", "erasure")}
    named |= {f"alert_webhook_{cause}" for cause in ("failing", "gone")}
    assert named == set(RULES)
