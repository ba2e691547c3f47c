"""
A process that imports everything once and forks a child for each function to be run, so that no
run pays for imports. `ForkServer` is the client; run as a program, the module is the server.

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
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from reliability.processes.programs import command_for, environment_of_child

LONGEST_S = 600.0
PRELOADED = (
    "reliability.runs.draft",
    "reliability.runs.realistic_draft",
    "reliability.processes.sender",
    "reliability.processes.configured_sender",
    "reliability.processes.joining",
    "reliability.processes.departing",
    "reliability.processes.notice_sender",
    "reliability.processes.outbox_sender",
    "reliability.processes.smtp_sender",
    "reliability.processes.reader_acts",
    "reliability.known_bad.senders",
    "reliability.storage_faults.faulty_sender",
    "reliability.clock_faults.daylight_saving",
    "reliability.suites.simulation",
    "newsletter.cli.issues.recipients",
    "newsletter.mail.render",
    "newsletter.store.migrate",
    "newsletter.issues.corrections",
    "newsletter.delivery.freeze",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
)

Function = Callable[[Mapping[str, Any]], None]


def path_of(function: Function) -> str:
    """
    Return the "module:function" by which another process finds *function*.
    """
    return f"{function.__module__}:{function.__qualname__}"


def function_at(path: str) -> Function:
    """
    Import the function at a "module:function".
    """
    module, _, name = path.partition(":")
    found: Function = getattr(importlib.import_module(module), name)
    return found


def run_main(parameters: Mapping[str, Any]) -> None:
    """
    Call `main` of a module with the words of its command line.
    """
    sys.argv = [parameters["module"], *parameters["words"]]
    importlib.import_module(parameters["module"]).main()


def is_setting(name: str) -> bool:
    return name.startswith("NEWSLETTER_")


class ForkServer:
    """
    Run a fork server until the block ends (`with ForkServer() as forks:`); one thread uses it.
    """

    def __enter__(self) -> Self:
        environment = {k: v for k, v in environment_of_child().items() if not is_setting(k)}
        self._process = subprocess.Popen(
            command_for("reliability.processes.fork_server"),
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

    def start(self, function: Function, parameters: Mapping[str, Any]) -> int:
        """
        Fork a child that calls *function* with *parameters*, and return its process id.
        """
        return int(self._ask({"start": path_of(function), "with": parameters})["pid"])

    def wait(self, pid: int) -> int:
        """
        Wait until a child ends, and return its exit status, or minus the signal that ended it.
        """
        return int(self._ask({"wait": pid})["status"])

    def run(self, function: Function, parameters: Mapping[str, Any]) -> int:
        return self.wait(self.start(function, parameters))

    def run_program(self, module: str, words: Sequence[object]) -> int:
        """
        Run `main` of *module* with *words* in a process of its own, and return its exit status, or
        minus the signal that ended it. What it writes goes to standard error.
        """
        return self.run(run_main, {"module": module, "words": [str(word) for word in words]})

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


def _fork(path: str, parameters: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    # Whatever hangs says where, and ends.
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    try:
        function_at(path)(parameters)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
