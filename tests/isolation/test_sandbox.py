"""
The sandboxed child process, tested with functions of the standard library.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from newsletter.errors import SandboxError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from subscribers.text.phrases import Phrase

MODULES = (
    "builtins",
    "json",
    "math",
    "operator",
    "os",
    "socket",
    "sys",
    "time",
    "newsletter.mail.html.inline_css",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(MODULES, cpu_s=1, wall_s=60, max_output_bytes=100_000) as running:
        yield running


def assert_it_still_works(sandbox: Sandbox) -> None:
    assert sandbox.call("operator:add", "a", "b") == "ab"


def is_alive(pid: int) -> bool:
    """
    Return False also for a process that has ended and waits for its parent to ask why.
    """
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True)
    return shown.stdout.strip()[:1] not in ("", "Z")


def children_of(parent: int) -> set[int]:
    shown = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    pairs = [line.split() for line in shown.stdout.splitlines()]
    return {int(pid) for pid, of in pairs if int(of) == parent}


def wait_until_gone(pid: int) -> None:
    """
    Wait for a process that is ending; the time limit of the test ends a wait in vain.
    """
    while is_alive(pid):
        time.sleep(0.01)


def test_a_value_is_passed_and_returned(sandbox: Sandbox) -> None:
    value = {"word": "Grüße \u2028 \ud800", "list": [1, None, True]}
    assert sandbox.call("operator:getitem", {"x": value}, "x") == value


def test_no_file_can_be_opened_inside(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"builtins:open failed: OSError:.*Too many open files"):
        sandbox.call("builtins:open", "/etc/passwd")
    assert_it_still_works(sandbox)


def test_no_socket_can_be_opened_inside(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"socket:socket failed: OSError:.*Too many open files"):
        sandbox.call("socket:socket")


def test_no_secret_of_this_process_is_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", "canary")
    with Sandbox(("os",)) as fresh:
        assert fresh.call("os:getenv", "NEWSLETTER_SECRET") is None
        assert fresh.call("os:getenv", "LANG") == "C.UTF-8"


def test_a_memory_hog_ends_in_one_line_and_the_next_call_works(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.call("operator:mul", "a", 2 * 10**9)
    assert str(caught.value) == "operator:mul needed more than 512 MB of memory"
    assert_it_still_works(sandbox)


def test_a_busy_loop_ends_by_its_cpu_time_and_the_next_call_works(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.call("math:factorial", 3_000_000)
    assert str(caught.value) == "math:factorial used more than 1 s of CPU time and was stopped"
    assert_it_still_works(sandbox)


def test_a_sleeper_ends_by_the_clock_and_the_next_call_works() -> None:
    with Sandbox(("time", "operator"), wall_s=0.3) as sandbox:
        with pytest.raises(SandboxError) as caught:
            sandbox.call("time:sleep", 30)
        assert str(caught.value) == "time:sleep took longer than 0.3 s and was stopped"
        assert_it_still_works(sandbox)


def test_a_call_that_was_stopped_is_tried_again_in_a_new_child() -> None:
    with Sandbox(("os",), tries=2) as sandbox:
        pid = sandbox.call("os:getpid")
        # In the new child, the number of the first one belongs to no process.
        with pytest.raises(SandboxError, match="os:kill failed: ProcessLookupError"):
            sandbox.call("os:kill", pid, signal.SIGXCPU)
        assert sandbox.call("os:getpid") != pid


def test_the_second_try_of_a_call_has_twice_the_time() -> None:
    with Sandbox(("math", "operator"), cpu_s=1, tries=2) as sandbox:
        with pytest.raises(SandboxError) as caught:
            sandbox.call("math:factorial", 3_000_000)
        assert str(caught.value) == "math:factorial used more than 2 s of CPU time and was stopped"
        assert_it_still_works(sandbox)


def test_cpu_time_is_counted_for_each_call(sandbox: Sandbox) -> None:
    numbers = list(range(200_000))
    used = time.monotonic()
    while time.monotonic() - used < 2.5:
        assert sandbox.call("builtins:max", numbers) == 199_999


def test_a_huge_result_is_refused_and_the_next_call_works(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.call("operator:mul", "a", 200_000)
    assert str(caught.value) == "the result of 200010 bytes is larger than 100000"
    assert_it_still_works(sandbox)


def test_a_child_that_exits_is_started_again(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"os:abort crashed \(signal 6\)"):
        sandbox.call("os:abort")
    assert_it_still_works(sandbox)


def test_leaving_the_interpreter_is_only_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="sys:exit failed: SystemExit: 3"):
        sandbox.call("sys:exit", 3)
    assert_it_still_works(sandbox)


def test_a_private_name_may_not_be_called(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="builtins:__import__ must not be called here"):
        sandbox.call("builtins:__import__", "os")


def test_an_error_of_ours_is_raised_again_as_the_same_class(sandbox: Sandbox) -> None:
    with pytest.raises(TemplateError) as caught:
        sandbox.call("newsletter.mail.html.inline_css:inline_css", "<p>no doctype</p>")
    assert type(caught.value) is TemplateError
    assert str(caught.value).startswith("the HTML must start with <!DOCTYPE html>")
    said = str(caught.value)
    assert isinstance(said, Phrase)
    assert said.template.startswith("the HTML must start with {doctype}")


def test_only_modules_named_at_the_start_may_be_called(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.call("shutil:rmtree", "/nowhere")
    assert str(caught.value) == "shutil:rmtree must not be called here"


def test_a_module_that_cannot_be_imported_says_so() -> None:
    with Sandbox(("no_such_module",)) as sandbox:
        for _ in range(2):
            with pytest.raises(SandboxError, match="no_such_module"):
                sandbox.call("no_such_module:x")


def test_threads_take_turns(sandbox: Sandbox) -> None:
    answers: list[str] = []

    def ask(letter: str) -> None:
        answers.extend(sandbox.call("operator:mul", letter, 3) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(letter,)) for letter in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["aaa"] * 20 + ["bbb"] * 20 + ["ccc"] * 20


def test_a_child_is_started_again_without_loading_the_modules_again(sandbox: Sandbox) -> None:
    first, server = sandbox.call("os:getpid"), sandbox.call("os:getppid")
    with pytest.raises(SandboxError):
        sandbox.call("os:abort")
    assert sandbox.call("os:getpid") != first
    assert sandbox.call("os:getppid") == server


def test_sandboxes_with_the_same_modules_load_them_once() -> None:
    with Sandbox(("os", "operator")) as one, Sandbox(["os", "operator"]) as other:
        assert one.call("os:getppid") == other.call("os:getppid")
        assert one.call("os:getpid") != other.call("os:getpid")


def test_one_sandbox_may_have_other_limits_than_another_with_the_same_modules() -> None:
    with Sandbox(("operator",), memory_bytes=2**26) as small, Sandbox(("operator",)) as large:
        with pytest.raises(SandboxError, match="operator:mul needed more than 64 MB of memory"):
            small.call("operator:mul", [1], 2**24)
        assert large.call("operator:not_", large.call("operator:mul", [], 2**24))


def test_a_sandbox_that_is_prepared_loads_its_modules_before_the_first_call() -> None:
    with Sandbox(("os", "math")) as sandbox:
        sandbox.prepare()
        started = children_of(os.getpid())
        assert sandbox.call("os:getppid") in started


def test_a_child_has_no_descriptors_but_its_two_pipes(sandbox: Sandbox) -> None:
    for number in range(4, 300):
        with pytest.raises(SandboxError, match="Bad file descriptor"):
            sandbox.call("os:get_inheritable", number)


def test_modules_are_loaded_again_after_the_process_that_did_has_ended() -> None:
    with Sandbox(("os", "cmath")) as sandbox:
        child, server = sandbox.call("os:getpid"), sandbox.call("os:getppid")
        os.kill(server, signal.SIGKILL)
        wait_until_gone(server)
        assert sandbox.call("os:getppid") != server
        wait_until_gone(child)


def test_a_call_that_is_interrupted_leaves_no_result_for_the_next() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Sandbox(("operator", "time")) as sandbox:
            assert_it_still_works(sandbox)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                sandbox.call("time:sleep", 1)
            assert_it_still_works(sandbox)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_no_process_survives_a_main_process_that_is_killed() -> None:
    code = (
        "import threading, time\n"
        "from newsletter.isolation.sandbox import Sandbox\n"
        "idle, busy = Sandbox(('os', 'time')), Sandbox(('os', 'time'))\n"
        "print(idle.call('os:getppid'), idle.call('os:getpid'), busy.call('os:getpid'))\n"
        "print(flush=True)\n"
        "threading.Thread(target=busy.call, args=('time:sleep', 600)).start()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as main_process:
        assert main_process.stdout is not None
        processes = [int(word) for word in main_process.stdout.readline().split()]
        assert all(is_alive(pid) for pid in processes)
        main_process.kill()
    for pid in processes:
        wait_until_gone(pid)


def test_a_sandbox_that_was_not_closed_leaves_no_process_behind() -> None:
    code = (
        "from newsletter.isolation.sandbox import Sandbox\n"
        "s = Sandbox(('os',))\n"
        "print(s.call('os:getpid'), flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    wait_until_gone(int(done.stdout))
