"""
The sentences about the keys of newsletter.toml: the strings below the fields of its classes.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.extract import extract_python


def sentences_in(source: str) -> Iterator[tuple[int, str, str]]:
    """
    Yield the line, the field and the sentence of each field of each class in a module or class.
    """
    classes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
    for field, below in itertools.chain.from_iterable(itertools.pairwise(c.body) for c in classes):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield below.lineno, field.target.id, " ".join(str(below.value.value).split())


def extract(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """
    Yield the texts of a module as `make words` gathers them: of one in `newsletter/settings`, the
    sentences too.
    """
    if Path(file.name).parent.as_posix().endswith("newsletter/settings"):
        for line, _, sentence in sentences_in(file.read().decode()):
            yield line, "", sentence, []
        file.seek(0)
    yield from extract_python(file, keywords, comment_tags, options)
