"""
A thread of a process that works whatever is due, until the process stops.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

IDLE_POLL_S = 2.0


class WorkLoop:
    """
    Calls *work* every two seconds. `wait` sleeps for a number of seconds and returns True if the
    process is stopping. If *work* raises, *log* gets the error, once until it works again.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        wait: Callable[[float], bool],
        log: Callable[[Exception], None],
    ) -> None:
        self.work = work
        self.wait = wait
        self.log = log
        self._thread = threading.Thread(target=self._run, name=name)
        self._is_failing = False

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """
        Wait until what is being worked is stored.
        """
        self._thread.join()

    def _run(self) -> None:
        while not self.wait(IDLE_POLL_S):
            try:
                self.work()
                self._is_failing = False
            except Exception as error:
                if not self._is_failing:
                    self.log(error)
                self._is_failing = True
