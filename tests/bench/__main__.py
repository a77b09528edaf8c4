"""`python -m tests.bench [lists imports statements fields changes starting] [--quick]` prints the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from tests.bench import changes, fields, imports, lists, starting, statements
from tests.bench.table import Line, print_head

MEASURES: dict[str, Callable[[bool], Iterator[Line]]] = {
    "statements": statements.measure,
    "starting": starting.measure,
    "imports": imports.measure,
    "lists": lists.measure,
    "fields": fields.measure,
    "changes": changes.measure,
}
WIDTH = 62


def main(arguments: Sequence[str]) -> int:
    """1 when a limit is missed, else 0."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure against the budgets.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; without any, all")
    parser.add_argument("--quick", action="store_true", help="few rows: shows that the bench works, nothing else")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - MEASURES.keys()
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    print_head(WIDTH)
    missed = 0
    for name in chosen.names or MEASURES:
        for line in MEASURES[name](chosen.quick):
            print(line.text(WIDTH), flush=True)
            missed += line.ratio is not None and line.ratio > 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
