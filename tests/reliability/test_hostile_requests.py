"""
Whatever one request or one file holds, readers leave and join, and providers report, meanwhile.

`make hostile-requests` sends every method of every route a small body, and 1, 8 and 32 MB, in five
or six shapes, and judges by the clock: what was late is tried again, because the machine may have
been late. Otherwise a few of them are sent, and judged by what is answered, and by the memory that
they took.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import make_installation
from command_tree import command_of, every_command
from hostile_requests import FORM, KB, MB, Attack, Attacked, Target, documents, forms
from serving import command

from newsletter.web.api.application import document

ALL = os.environ.get("HOSTILE") == "all"
# Of bodies: within the limit of every route, and just within those of larger ones.
SIZES_KB = (60, 1_022, 8_190, 32_766) if ALL else (60, 32_766)
# What a request costs at most, in time of the processor: about 1 s, where it was 8 to 40 s.
MOST_S = 3.0
MOST_MB = 700
# How long those beside wait at most. A machine that is busy with others is late too, for its disk
# as for its processors, but seldom each time.
MOST_WAIT_S, TRIES = 0.25, 4
SAMPLE = {
    "/admin/login", "/admin/imports/new", "/admin/issues/1/preview", "/admin/new-segment",
    "/api/v1/imports", "/api/v1/import-trials", "/api/v1/lists", "/join/daily",
}  # fmt: skip
# Another field is looked at before.
REFUSED_EARLIER = {"POST /api/v1/issues /briefs/0"}
METHODS = {"get", "post", "put", "patch", "delete"}
WELL = {"health": 200, "leave": 200, "join": 200, "hook": 200}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with Attacked(tmp_path_factory.mktemp("attacked")) as attacked:
        yield attacked


@pytest.mark.ci
def test_no_request_keeps_readers_from_leaving_and_joining(attacked: Attacked) -> None:
    targets = [each for each in attacked.targets() if ALL or each.path in SAMPLE]
    # What is loaded by the first of them is loaded now.
    attacked.quiet(5)
    faults = []
    for target in targets:
        attacked.stay_logged_in()
        for size in SIZES_KB:
            for shape, (body, kind) in target.shapes(size * KB).items():
                where = f"{target.method} {target.path}, {shape}, {size:,} KB"
                faults += [f"{where}: {each}" for each in faults_of(attacked, target, body, kind)]
    assert not faults, "\n".join(faults)
    assert attacked.peak_mb() < MOST_MB
    states = attacked.changed()
    assert states["ended"], states
    assert states["pending"], states


@pytest.mark.ci
def test_every_route_of_pages_and_api_is_attacked(attacked: Attacked) -> None:
    targets = list(attacked.targets())
    assert len({each.path for each in targets}) > 300
    named = {(each.template, each.method.lower()) for each in targets}
    for path, methods in document().content["paths"].items():
        assert {(path, method) for method in methods if method in METHODS} <= named
    assert {each.path for each in targets} >= SAMPLE


def faults_of(attacked: Attacked, target: Target, body: bytes, kind: str) -> list[str]:
    """
    Return what was wrong during one request. What was late is sent again.
    """
    tried: list[Attack] = []
    while len(tried) < (TRIES if ALL else 1):
        tried.append(attacked.attack(target, body, kind))
        if tried[-1].used_s <= MOST_S and max(tried[-1].beside.slowest_s.values()) <= MOST_WAIT_S:
            break
    faults = [
        f"answered {each.status}" for each in tried if each.status >= 500 and each.status != 503
    ]
    faults += [
        f"{name} was answered {answer}"
        for each in tried
        for name, answer in each.beside.answers
        if answer != WELL[name]
    ]
    if ALL:
        used_s = min(each.used_s for each in tried)
        faults += [f"{used_s:.1f} s of the processor"] if used_s > MOST_S else []
        least_s = {name: min(each.beside.slowest_s[name] for each in tried) for name in WELL}
        faults += [f"{n} took {s:.3f} s" for n, s in least_s.items() if s > MOST_WAIT_S]
    return faults


@pytest.mark.ci
def test_each_field_of_the_api_is_refused_at_one_beyond_its_limit(attacked: Attacked) -> None:
    faults, count = [], 0
    for target, place, body in attacked.too_long():
        count += 1
        answer = attacked.browser.request(
            target.method, target.path, json=body, headers=target.headers
        )
        if answer.status_code in (404, 413):
            # Larger than any body, or of a brief that there is not.
            continue
        where = f"{target.method} {target.path} {place}"
        named = [each.get("pointer") or "" for each in answer.json().get("errors", ())]
        is_named = any(each.startswith(place) or place.startswith(each) for each in named if each)
        if answer.status_code != 422 or not (is_named or where in REFUSED_EARLIER):
            faults.append(f"{where}: {answer.status_code} {named}")
    assert count > 200
    assert not faults, "\n".join(faults)


# Each command that reads a file, and an ending by which it knows the kind.
_CHOSEN = ("--file", "{}", "--dry-run")
COMMANDS = (
    (".csv", ("subscriber", "import", "{}", "--list", "daily", "--consent", "c")),
    (".csv", ("subscriber", "tag", *_CHOSEN, "--add", "press")),
    (".csv", ("subscriber", "confirm", *_CHOSEN, "--evidence", "e")),
    (".csv", ("subscriber", "erase", *_CHOSEN)),
    (".csv", ("subscriber", "move", *_CHOSEN, "--list", "daily", "--to", "other")),
    (".csv", ("subscriber", "suppress", *_CHOSEN)),
    (".csv", ("subscriber", "unsubscribe", *_CHOSEN)),
    (".csv", ("suppression", "import", "{}")),
    (".md", ("brief", "read", "{}")),
    (".html", ("brief", "add", "{}")),
    (".md", ("brief", "edit", "1", "--body-file", "{}")),
    (".docx", ("render", "{}", "--out", "rendered", "--force")),
    (".md", ("issue", "new", "--list", "daily", "--intro-file", "{}")),
    (".md", ("issue", "edit", "1", "--intro-file", "{}")),
    (".md", ("issue", "correct", "1", "--intro-file", "{}")),
    (".eml", ("check", "{}")),
    (".html", ("check", "{}")),
    (".eml", ("bounces", "read", "{}")),
    (".xml", ("source", "archive", "site", "{}")),
    (".toml", ("apply", "{}")),
    (".zip", ("move-in", "{}", "--yes")),
    (".db", ("restore", "{}", "--yes")),
    (".log", ("resume", "--only-copy", "--departures", "{}", "--yes")),
)
# Of address space, of which a Python with its libraries takes a third.
MOST_COMMAND_KB = 2_000_000


def test_every_command_that_reads_a_file_is_given_a_hostile_one() -> None:
    reading = {
        " ".join((*words, *(() if option.param_type_name == "argument" else option.opts[:1])))
        for words in every_command()
        for option in command_of(words).params
        if "standard input" in (option.help or "") or option.opts == ["--departures"]
    }
    given = {" ".join(_reading(words)) for _, words in COMMANDS}
    assert given == reading


def _reading(words: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return the words of a command, and the option that names the file if it is one.
    """
    count = 1 if words[:1] in every_command() else 2
    option = words[words.index("{}") - 1]
    return (*words[:count], option) if option.startswith("--") else words[:count]


@pytest.mark.ci
def test_no_file_and_no_standard_input_is_a_bug_to_a_command(tmp_path: Path) -> None:
    make_installation(tmp_path)
    command(tmp_path, "source", "add", "site", "wordpress", "https://example.org")
    command(tmp_path, "list", "add", "other", "--name", "Other")
    (tmp_path / "brief.md").write_text("# Ferries\n\nThe ferries stay in the harbour today.\n")
    command(tmp_path, "brief", "add", "brief.md")
    command(tmp_path, "issue", "new", "--list", "daily", "--subject", "Hello")
    faults = []
    for size in (1, 8, 32) if ALL else (1,):
        bodies = {
            name: body.removeprefix(b"a=1&") if kind == FORM else body
            for shapes in ((forms, documents) if ALL else (forms,))
            for name, (body, kind) in shapes(size * MB).items()
        }
        # In CI some commands are given one shape, every other one by standard input.
        for number, (ending, words) in enumerate(COMMANDS if ALL else COMMANDS[::2]):
            shapes_of_it = list(bodies) if ALL else [list(bodies)[number % len(bodies)]]
            for shape in shapes_of_it:
                file = tmp_path / f"hostile{ending}"
                file.write_bytes(bodies[shape])
                for is_piped in (False, True) if ALL else (number % 2 == 1,):
                    said = fault_of_command(tmp_path, words, file, is_piped=is_piped)
                    given = "-" if is_piped else file.name
                    if said:
                        faults.append(f"{' '.join(words)} {given}, {shape}, {size} MB: {said}")
    assert not faults, "\n".join(faults)


def fault_of_command(folder: Path, words: tuple[str, ...], file: Path, *, is_piped: bool) -> str:
    """
    Return what was wrong with how a command ended that read the file; it has little memory.
    """
    given = "-" if is_piped else str(file)
    limited = f'ulimit -v {MOST_COMMAND_KB}; exec "$@"'
    with file.open("rb") as opened:
        ran = subprocess.run(
            ["sh", "-c", limited, "sh", sys.executable, "-m", "newsletter",
             *(given if word == "{}" else word for word in words)],
            cwd=folder,
            stdin=opened if is_piped else subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )  # fmt: skip
    lines = ran.stderr.decode().strip().splitlines()
    is_bug = any("Traceback" in line or "this is a bug" in line for line in lines)
    if ran.returncode not in (0, 1, 2, 3) or is_bug:
        return f"{ran.returncode} {lines[-2:]}"
    return f"{len(lines)} lines: {lines[:3]}" if ran.returncode and len(lines) > 1 else ""
