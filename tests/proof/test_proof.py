"""
What `make proof` prints, and that it says when a goal is missed or a tool is not installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from proof.__main__ import run, samples_of
from proof.page import write_page
from proof.samples import Sample
from proof.table import Proofs
from proof.verdict import Cell, Tool, ToolFailed, Verdict, count_of

SAMPLE = Sample(
    template="weekly", case="no image", subject="s", raw="", inlined="", html="<p>x</p>", eml=b""
)
KEY = ("weekly", "no image")


def tool_of(*cells: Cell, missing: str | None = None, error: str = "") -> Tool:
    """
    A tool that says *cells* of each sample.
    """

    def look(samples: Sequence[Sample], folder: Path) -> Iterable[Verdict]:
        if error:
            raise ToolFailed(error)
        said = {f"column {number}": cell for number, cell in enumerate(cells)}
        return [Verdict(sample, said) for sample in samples]

    return Tool("looker", ("column 0",), lambda: missing, look)


def test_the_table_names_what_is_missed_and_what_is_wrong(tmp_path: Path) -> None:
    proofs = Proofs([KEY])
    run(tool_of(Cell("fine"), count_of(["too wide <b>"])), [SAMPLE], proofs, tmp_path)
    assert proofs.as_text().splitlines() == [
        "template  case      column 0  column 1",
        "weekly    no image  fine      1 !",
        "! weekly, no image, column 1: 1",
        "    too wide <b>",
    ]
    assert not proofs.are_met
    page = write_page(proofs, tmp_path).read_text("utf-8")
    assert "<li>too wide &lt;b&gt;</li>" in page


def test_a_tool_that_is_not_there_misses_no_goal(tmp_path: Path) -> None:
    proofs = Proofs([KEY])
    run(tool_of(missing="apt-get install looker"), [SAMPLE], proofs, tmp_path)
    assert proofs.as_text().endswith("looker: not run; apt-get install looker")
    assert proofs.are_met


def test_a_tool_that_breaks_down_does(tmp_path: Path) -> None:
    proofs = Proofs([KEY])
    run(tool_of(error="it ended early"), [SAMPLE], proofs, tmp_path)
    assert proofs.as_text().endswith("! looker failed: it ended early")
    assert not proofs.are_met


def test_a_folder_that_is_no_template_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is no template: name a folder such as"):
        samples_of(tmp_path, None)


def test_an_own_template_is_taken_out_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "notice" / "welcome"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Our own welcome")
    samples = samples_of(folder, None)
    assert {sample.subject for sample in samples} == {"Our own welcome"}
    assert [sample.case for sample in samples] == ["single", "rtl", "cjk"]
