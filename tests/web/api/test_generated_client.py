"""
A client that `openapi-python-client` generates from the API's document has all operations, and does
the whole life of a list and an issue on a real server.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from api_server import make_installation
from http_server import ScriptedServer
from receivers import allow_loopback
from serving import Served

from newsletter.web.api.application import document

pytestmark = pytest.mark.ci

PARTS = Path(__file__).parent / "generated_client"
PROGRAM = PARTS / "life.py"


def run(*words: object, **also: str) -> subprocess.CompletedProcess[str]:
    """
    Run a command, which must succeed, with *also* in its environment.
    """
    ended = subprocess.run(
        [str(word) for word in words],
        env=os.environ | also,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-8_000:] + ended.stderr[-8_000:]
    return ended


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The folder of a client that was generated without a warning.
    """
    folder = tmp_path_factory.mktemp("generator")
    programs = folder / "environment" / "bin"
    run(sys.executable, "-m", "venv", programs.parent)
    locked = ("--require-hashes", "-r", PARTS / "requirements.txt")
    run(programs / "python", "-m", "pip", "install", "-q", *locked)
    stored, made = folder / "openapi.json", folder / "client"
    stored.write_bytes(document().text)
    run(
        *(programs / "openapi-python-client", "generate", "--fail-on-warning"),
        *("--path", stored, "--output-path", made),
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    return made


def test_the_client_has_a_function_for_each_operation(client: Path) -> None:
    wanted = {
        described["operationId"]
        for methods in document().content["paths"].values()
        for described in methods.values()
    }
    modules = [each for each in client.rglob("api/*/*.py") if each.name != "__init__.py"]
    with_function = {
        module.stem
        for module in modules
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "sync_detailed"
    }
    assert with_function == wanted
    assert len(modules) == len(wanted)


def test_the_client_and_a_program_that_uses_it_are_strictly_typed(client: Path) -> None:
    run(
        *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
        *("--package", "newsletter_client", "--module", PROGRAM.stem),
        *(f"--cache-dir={client / 'types'}",),
        MYPYPATH=f"{client}:{PARTS}",
    )


def test_the_client_does_the_whole_life_of_a_list_and_an_issue(
    client: Path, tmp_path: Path
) -> None:
    token = make_installation(tmp_path)
    allow_loopback(tmp_path)
    with ScriptedServer() as receiver, Served(tmp_path) as served:
        receiver.answer("/hook", status=204)
        hook = receiver.url("/hook")
        run(sys.executable, PROGRAM, served.address, token, hook, PYTHONPATH=str(client))
        assert "Traceback" not in served.log
