"""The bench runs from end to end; its figures are another matter, and not one of the tests."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import MEASURES, main


@pytest.mark.slow
def test_every_measure_prints_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--quick"])

    printed = capsys.readouterr().out
    said = {
        "statements": "statements: list",
        "imports": "import of",
        "lists": "own time",
        "fields": "adding a field",
        "changes": "rebuilding the catalog of 200",
    }
    assert [name for name, words in said.items() if words not in printed] == []
    assert "through the loopback" in printed and len(MEASURES) == len(said) + 1
