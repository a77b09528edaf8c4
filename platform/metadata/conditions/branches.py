"""The ids of a branch of a tree: in SQL by a recursion over what a source shows, in Python by going upwards."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..operators.branch import Branch
from .source import Source

if TYPE_CHECKING:
    from .evaluate import Fetch


def branch_ids(branch: Branch, source: Source) -> sa.Select[Any]:
    """A SELECT of the branch's ids. What lies below a record that `source` does not show is not reached.

    Raises UnknownField when the tree is hidden.
    """
    top, lower = source.records(branch.entity), source.records(branch.entity)
    lower.column(branch.tree)
    first = sa.select(top.column("id").label("id")).select_from(top.from_)
    below = first.where(top.column("id").in_(branch.tops)).cte(recursive=True)
    # UNION, not UNION ALL: each record once, whatever the data may have become.
    above = lower.column(branch.tree)
    further = sa.select(lower.column("id")).select_from(lower.from_).join(below, above == below.c.id)
    return sa.select(below.union(further).c.id)


class Upwards(Container[int]):
    """The branch as a container of ids: a record is inside when a top is met on its way up."""

    def __init__(self, branch: Branch, fetch: Fetch) -> None:
        self.branch = branch
        self.fetch = fetch

    def __contains__(self, key: object) -> bool:
        seen: set[object] = set()
        while key is not None and key not in seen:
            record = self.fetch.related(self.branch.entity, key)  # type: ignore[arg-type]
            if record is None:
                return False
            if key in self.branch.tops:
                return True
            seen.add(key)
            key = record.get(self.branch.tree)
        return False
