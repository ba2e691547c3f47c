"""
Run every tool on every sample and print one table, and write a page with the pictures (`make
proof`). `TEMPLATE` names the folder of one template to examine instead of all that are shipped.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import SubprocessError

from playwright.sync_api import Error as PlaywrightError
from proof import chromium, rspamd, size, spamassassin, styles, thunderbird, vnu, webkit
from proof.page import write_page
from proof.samples import Sample, issue_samples, notice_samples
from proof.table import Proofs
from proof.verdict import Tool, ToolFailed
from template_samples import ISSUE_TEMPLATES

from newsletter.errors import NewsletterError
from newsletter.issues.notices import NOTICES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "templates"
TOOLS: tuple[Tool, ...] = tuple(
    each.TOOL for each in (size, chromium, styles, vnu, spamassassin, rspamd, webkit, thunderbird)
)


def main(environment: Mapping[str, str]) -> int:
    """
    Run the tools and return the exit code: 1 if a goal is missed.
    """
    try:
        samples = chosen(environment)
    except NewsletterError as error:
        sys.exit(str(error))
    out = ROOT / "proof"
    shutil.rmtree(out, ignore_errors=True)
    (out / "mails").mkdir(parents=True, exist_ok=True)
    for sample in samples:
        (out / "mails" / f"{sample.name}.eml").write_bytes(sample.eml)
    proofs = Proofs([(sample.template, sample.case) for sample in samples])
    for tool in TOOLS:
        run(tool, samples, proofs, out / "pictures")
    print(proofs.as_text())
    print(f"\nthe pictures: {write_page(proofs, out).relative_to(ROOT)}")
    return 0 if proofs.are_met else 1


def run(tool: Tool, samples: Sequence[Sample], proofs: Proofs, folder: Path) -> None:
    """
    Run *tool* on the samples and store its verdicts in *proofs*.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    if line := tool.missing():
        proofs.leave_out(tool, f"not run; {line}")
        return
    try:
        for verdict in tool.look(samples, folder):
            proofs.add(verdict)
    except (ToolFailed, SubprocessError, PlaywrightError) as error:
        proofs.fail(tool, " ".join(str(error).split()))
    print(f"{tool.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def chosen(environment: Mapping[str, str]) -> list[Sample]:
    """
    Return the samples of the template that was asked for, or of all templates.
    """
    seed = seed_file(environment)
    if named := environment.get("TEMPLATE"):
        return samples_of(Path(named).resolve(), seed)
    return [
        *issue_samples(ISSUE_TEMPLATES, seed=seed),
        *issue_samples(["mjml-digest"], folders=[EXAMPLES], seed=seed),
        *notice_samples(),
    ]


def samples_of(folder: Path, seed: Path | None) -> list[Sample]:
    """
    Return the samples of the template in *folder*, which is inside `issue/` or `notice/`.
    """
    kind, folders = folder.parent.name, [folder.parent.parent]
    if not (folder / "subject.txt").is_file() or kind not in ("issue", "notice"):
        sys.exit(f"{folder} is no template: name a folder such as templates/issue/weekly")
    if kind == "issue":
        return [*issue_samples([folder.name], folders=folders, seed=seed)]
    if folder.name not in NOTICES:
        sys.exit(f"{folder.name} is no notice: choose one of {', '.join(NOTICES)}")
    return [*notice_samples([folder.name], folders=folders)]


def seed_file(environment: Mapping[str, str]) -> Path | None:
    """
    Return the brief from outside this project that every template is tried with, if it is there.
    """
    shared = Path(environment.get("NEWSLETTER_SHARED", ROOT.parent / "shared"))
    return next((shared / "samples" / "seed").glob("*.txt"), None)


if __name__ == "__main__":
    sys.exit(main(os.environ))
