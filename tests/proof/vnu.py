"""
Examine samples with the W3C's HTML validator, leaving out what email needs and web pages do not.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proof.samples import Sample
from proof.verdict import Tool, ToolFailed, Verdict, count_of

JAR = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"
# What mail programs need and no page has: Word's namespaces, and properties of CSS that one family
# of programs alone knows. Attributes HTML has given up (Word needs them) are no errors here.
_OF_MAIL = re.compile(
    r"Attribute “xmlns:[vo]” not allowed here|CSS: “(?:mso|-ms|-webkit)-[\w-]+”: Property "
)


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    if shutil.which("java") is None:
        return "apt-get install default-jre-headless"
    return None if JAR.is_file() else "make tests/proof/node_modules"


def faults_of(pages: Mapping[str, str]) -> dict[str, list[str]]:
    """
    Return the errors of each of *pages*, by name, that email does not need; one process reads all.

    Raises:
        ToolFailed: its answer cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, html in pages.items():
            (Path(folder) / f"{name}.html").write_text(html, encoding="utf-8")
        command = ["java", "-jar", str(JAR), "--format", "json", "--stdout", "--errors-only"]
        done = subprocess.run([*command, folder], capture_output=True, timeout=600, check=False)
    found: dict[str, list[str]] = {name: [] for name in pages}
    for each in _messages(done.stdout, done.stderr):
        if not _OF_MAIL.match(each["message"]):
            found[Path(each["url"]).stem].append(_line_of(each))
    return found


def _messages(answer: bytes, said: bytes) -> list[dict[str, Any]]:
    try:
        messages: list[dict[str, Any]] = json.loads(answer)["messages"]
    except (ValueError, KeyError):
        raise ToolFailed(said.decode("utf-8", "replace").strip()[-200:]) from None
    return messages


def _line_of(message: Mapping[str, Any]) -> str:
    extract = " ".join(str(message.get("extract", "")).split())
    return f"line {message.get('lastLine', '?')}: {message['message']} ({extract[:120]})"


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return what is wrong with the HTML of each of *samples*.
    """
    found = faults_of({sample.name: sample.html for sample in samples})
    for sample in samples:
        yield Verdict(sample, {"vnu": count_of(found[sample.name])})


TOOL = Tool("vnu", ("vnu",), missing, look)
