"""
The GitHub Action publishes a file as a brief of a real `newsletter serve`, once.
"""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from api_server import ApiServer, make_installation, new_token
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "github-action"
SAMPLE = FOLDER.parent / "briefs" / "2026-11-03-two-keys.md"
ACTION = yaml.safe_load((FOLDER / "action.yml").read_text("utf-8"))
SCOPES = ("briefs:read", "briefs:write", "issues:read", "issues:write")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("publish", FOLDER / "publish.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_front_matter_is_read_as_yaml_reads_it(script: ModuleType) -> None:
    text = SAMPLE.read_text("utf-8")
    values, body = script.read_front_matter(text)
    expected = yaml.load(text.split("---\n")[1], yaml.BaseLoader)
    assert values == expected
    assert body.startswith("The three towns below")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("title: x", "line 1: a file begins with ---, its title and so on, and ---"),
        ("---\ntitle: x", "the --- at the end of the front matter is missing"),
        ("---\ntitle: |\n---\n", "line 2: | is not understood here: write the text in one line"),
        ("---\nno name\n---\n", "line 2: write NAME: VALUE, or a list with - before each"),
        ("---\ntitle: x\n- one\n---\n", "line 3: title has a text and a list"),
    ],
)
def test_front_matter_that_is_not_understood_is_named_by_its_line(
    script: ModuleType, text: str, error: str
) -> None:
    with pytest.raises(script.NotPublished) as refused:
        script.read_front_matter(text)
    assert str(refused.value) == error


def test_a_token_is_never_sent_in_the_open(script: ModuleType) -> None:
    with pytest.raises(script.NotPublished, match="use https"):
        script.BriefApi("http://news.example.org", "nl_x")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder = tmp_path_factory.mktemp("action")
    with ApiServer(folder, make_installation(folder)) as started:
        yield started


def run(
    api: ApiServer, folder: Path, token: str, inputs: Mapping[str, str]
) -> tuple[dict[str, str], subprocess.CompletedProcess[str]]:
    """
    Run the step of the action as GitHub does, with nothing but Python, and return its outputs.
    """
    python = folder / "bin" / "python3"
    python.parent.mkdir(exist_ok=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    given = {"url": api.served.address, "token": token, **inputs}
    (step,) = ACTION["runs"]["steps"]
    own = {
        name: given.get(text[len("${{ inputs.") : -len(" }}")], "")
        for name, text in step["env"].items()
    }
    output = folder / "output"
    output.write_text("")
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=folder,
        env={
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "GITHUB_ACTION_PATH": str(FOLDER),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": "desk/briefs",
            **own,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pairs = (line.partition("=") for line in output.read_text().splitlines())
    return {name: value for name, _, value in pairs}, done


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 320), "navy").save(made, "PNG")
    return made.getvalue()


def brief_of(api: ApiServer, outputs: Mapping[str, str]) -> dict[str, Any]:
    return dict(api.client.get(f"/briefs/{outputs['brief']}").json())


@pytest.mark.ci
def test_a_file_is_one_brief_and_one_draft_and_an_edit_updates_it(
    api: ApiServer, tmp_path: Path
) -> None:
    token = new_token(api.folder, "action", *SCOPES)
    text = SAMPLE.read_text("utf-8").replace("series:", "image: keys.png\nseries:")
    (tmp_path / "keys.png").write_bytes(picture())
    (tmp_path / "keys.md").write_text(text)
    inputs = {"file": "keys.md", "draft-for": "daily"}
    first, done = run(api, tmp_path, token, inputs)
    assert done.returncode == 0, done.stderr
    assert set(first) == {"brief", "issue"}
    stored = brief_of(api, first)
    assert (stored["title"], stored["key"]) == ("Two Keys for the Reservoir", "desk:briefs:keys.md")
    assert stored["image"].startswith("media:")
    assert len(stored["takeaways"]) == 3
    assert stored["call_to_action"]["label"] == "Read the full agreement"

    again, _ = run(api, tmp_path, token, inputs)
    assert again == {"brief": first["brief"]}
    (tmp_path / "keys.md").write_text(text.replace("Two Keys for", "Three Keys for"))
    edited, _ = run(api, tmp_path, token, inputs)
    assert edited == {"brief": first["brief"]}
    assert brief_of(api, first)["title"] == "Three Keys for the Reservoir"
    assert len(api.client.get("/briefs").json()["items"]) == 1
    (draft,) = api.client.get("/issues").json()["items"]
    assert (str(draft["id"]), draft["state"]) == (first["issue"], "draft")


@pytest.mark.ci
def test_what_cannot_be_published_fails_the_step_with_its_reason(
    api: ApiServer, tmp_path: Path
) -> None:
    token = new_token(api.folder, "reader", "briefs:read")
    (tmp_path / "keys.md").write_text("---\ntitle: Two keys\n---\nText.\n")
    _, refused = run(api, tmp_path, token, {"file": "keys.md"})
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the newsletter refused it: the token does not have")
    (tmp_path / "keys.md").write_text("---\ntitle: Two keys\ndraft: true\n---\nText.\n")
    outputs, done = run(api, tmp_path, token, {"file": "keys.md"})
    assert (outputs, done.returncode) == ({}, 0)


def test_every_input_of_the_action_reaches_its_script() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert set(step["env"].values()) == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert "${{" not in step["run"]
    script = (FOLDER / "publish.py").read_text("utf-8")
    assert [name for name in step["env"] if f'"{name}"' not in script] == []
