"""
Examine samples with those of SpamAssassin's rules that need nothing else: no network, no learning,
nothing of this machine's own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from proof.samples import Sample
from proof.verdict import Cell, Tool, ToolFailed, Verdict

# Filters call it spam at 5; many providers warn at 2.
LIMIT = 2.0
_STATUS = re.compile(
    r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(.*?)\s+autolearn=", re.M | re.S
)


def missing() -> str | None:
    """
    Return how to install the program if it is not there.
    """
    return None if shutil.which("spamassassin") else "apt-get install spamassassin"


def scores(mails: Sequence[bytes]) -> list[tuple[float, list[str]]]:
    """
    Return the score of each of *mails* and the rules that gave it; one process examines them all.

    Raises:
        ToolFailed: it did not answer for each.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.eml" for number in range(len(mails))]
        for file, mail in zip(files, mails, strict=True):
            file.write_bytes(mail)
        command = ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"]
        done = subprocess.run(
            [*command, "--prefspath=/dev/null", "--cf=use_bayes 0", *files],
            capture_output=True,
            timeout=600,
            check=False,
        )
    found = _STATUS.findall(done.stdout.decode("utf-8", "replace"))
    if len(found) != len(mails):
        line = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ToolFailed(f"{len(found)} of {len(mails)} mails were scored {line}")
    return [(float(score), re.split(r",\s*", rules)) for score, rules in found]


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return the score of each of *samples*.
    """
    found = scores([sample.eml for sample in samples])
    for sample, (score, rules) in zip(samples, found, strict=True):
        yield Verdict(sample, {"spam": Cell(f"{score:.1f}", score < LIMIT, tuple(rules))})


TOOL = Tool("SpamAssassin", ("spam",), missing, look)
