"""
A process that has imported everything once and forks a child for each thing to be run: a cycle
costs no imports. `ForkServer` is the outside; run as a program it is the inside.

One JSON object a line: {"start": "module:function", "with": {...}} answers {"pid": n}, and
{"wait": n} answers {"status": code or minus the signal}.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LONGEST_S = 600.0
HERE = Path(__file__).resolve().parent
PRELOADED = (
    "draft",
    "hard_draft",
    "sending",
    "as_set_up",
    "bad_senders",
    "failing",
    "nights",
    "simulation",
    "newsletter.cli.issues.recipients",
    "newsletter.mail.render",
    "newsletter.store.migrate",
    "newsletter.issues.corrections",
    "newsletter.delivery.freeze",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
)


class ForkServer:
    """
    `with ForkServer() as server:` runs one until the block ends; one thread uses it.
    """

    def __enter__(self) -> Self:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
        self._process = subprocess.Popen(
            [sys.executable, HERE / "fork_server.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONWARNINGS": "ignore"},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def start(self, function: str, told: dict[str, Any]) -> int:
        """
        The process id of a new child that runs "module:function" with *told*.
        """
        return int(self._ask({"start": function, "with": told})["pid"])

    def wait(self, pid: int) -> int:
        """
        The exit status of a child once it has ended; minus the signal that ended it.
        """
        return int(self._ask({"wait": pid})["status"])

    def run(self, function: str, told: dict[str, Any]) -> int:
        return self.wait(self.start(function, told))

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def main() -> None:
    for module in PRELOADED:
        importlib.import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    # What children print is no answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            answer = {"pid": _fork(question["start"], question["with"])}
        else:
            _, status = os.waitpid(question["wait"], 0)
            answer = {"status": os.waitstatus_to_exitcode(status)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    # Nothing here is worth an orderly end.
    os._exit(0)


def _fork(function: str, told: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    # Whatever hangs says where, and ends.
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    try:
        module, _, name = function.partition(":")
        getattr(importlib.import_module(module), name)(told)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
