"""The plain YAML reader of these tests: what it reads, and what it refuses rather than guesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support_deploy import documents, series


def read(tmp_path: Path, text: str) -> list[object]:
    """The documents of a file with this text."""
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return documents(path)


def test_what_manifests_are_written_in(tmp_path: Path) -> None:
    """Nested mappings and lists, scalars of every kind, comments, literal blocks, two documents."""
    text = """# a comment
a: 1
b:
  - name: x  # why
    deep:
      on: true
  - name: "y: # no comment"
c: [ALL, 2]
d: |
  one = 1
    two

e: 192Mi
---
f:
- 0.5
- null
"""
    assert read(tmp_path, text) == [
        {
            "a": 1,
            "b": [{"name": "x", "deep": {"on": True}}, {"name": "y: # no comment"}],
            "c": ["ALL", 2],
            "d": "one = 1\n  two\n",
            "e": "192Mi",
        },
        {"f": [0.5, None]},
    ]


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "a: &x 1\n", "a: {b: 1}\n", "a: 1\n  b: 2\n", "a: >-\n  b\n", "?\n"]
)
def test_what_it_does_not_know_is_refused(tmp_path: Path, text: str) -> None:
    """A key twice, anchors, flow mappings, a wrong step to the right, folded blocks."""
    with pytest.raises(ValueError, match=r"left over|not plain|no key"):
        read(tmp_path, text)


def test_series_of_an_expression() -> None:
    """Names of ours; not those of labels, functions or words in quotes."""
    expression = (
        'histogram_quantile(0.95, sum by (le, kabarbot_label) (rate(kabarbot_a_bucket{x="kabarbot_no"}[5m])))'
        ' / on (process_label) process_b > 1 unless up{job="kabarbot"} == 0'
    )
    assert series(expression) == {"kabarbot_a_bucket", "process_b"}
