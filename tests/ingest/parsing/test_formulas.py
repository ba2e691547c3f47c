"""
A formula leaves its text, since mail programs show no MathML.
"""

from __future__ import annotations

import pytest
from reading_types import Read

TEX = "<annotation encoding='application/x-tex'>x^{2}</annotation>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<math alttext='{\\displaystyle x^{2}}'><mi>x</mi></math>", "x^{2}"),
        (f"<math><semantics><mi>x</mi>{TEX}</semantics></math>", "x^{2}"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mn>4</mn></math>", "x^2=4"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo></mrow><mn>2</mn></mfrac></math>",
            "(a+)/2",
        ),
        ("<math><msqrt><mi>x</mi></msqrt></math>", "√x"),
        (
            "<span class='mwe-math-element'><span style='display: none'><math alttext='x'>"
            "<mi>x</mi></math></span><img src='https://a.example/x.svg' alt='x'></span>",
            "x",
        ),
        (
            f"<span class='katex'><span class='katex-mathml'><math><semantics><mi>x</mi>{TEX}"
            "</semantics></math></span><span class='katex-html'>x2</span></span>",
            "x^{2}",
        ),
    ],
)
def test_a_formula_leaves_its_text(brief_of: Read, formula: str, text: str) -> None:
    brief = brief_of(f"<p>It holds that {formula} here.</p>", title="T")
    assert brief.body_text == f"It holds that {text} here."
