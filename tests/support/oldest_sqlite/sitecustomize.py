"""
Put pysqlite3, which carries an old SQLite, in the place of sqlite3. Python imports this module at
its start if this folder is on its path.
"""

from __future__ import annotations

import sys

import pysqlite3  # type: ignore[import-not-found]
import pysqlite3.dbapi2  # type: ignore[import-not-found]

sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
