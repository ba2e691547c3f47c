"""
How much the attacks on the newsroom try: a little in each run of the tests, and everything with
ATTACKS=all.
"""

from __future__ import annotations

import os

ALL = os.environ.get("ATTACKS") == "all"
# How many objects of each kind the walk goes to.
MOST = None if ALL else 1
