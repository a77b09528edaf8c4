"""Names of what a filter mentions by id: people, departments, records the reader may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...metadata.model import Field
from ...rbac.tables import departments, users
from ..records import ListRequest, Records
from .fields import source_of

if TYPE_CHECKING:
    from ..context import Context

UNSEEN = "—"


class Names:
    """Asked for names, it notes what it does not know; `fetch` then looks it all up at once."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.known: dict[tuple[str, int], str] = {}
        self.missing: set[tuple[str, int]] = set()

    def title(self, field: Field, key: int) -> str | None:
        """The name of what a reference field points at; None while it is not known."""
        wanted = (source_of(field) or "", key)
        if wanted not in self.known:
            self.missing.add(wanted)
        return self.known.get(wanted)

    def fetch(self) -> None:
        """Look up what is missing; what the reader may not see gets a dash. Queries: 1 for each kind of thing."""
        for source in sorted({source for source, _ in self.missing}):
            ids = sorted(key for each, key in self.missing if each == source)
            found = self._titles(source, ids)
            self.known.update({(source, key): found.get(key, UNSEEN) for key in ids})
        self.missing.clear()

    def _titles(self, source: str, ids: list[int]) -> dict[int, str]:
        if source == "user":
            return self._column(users.c.id, users.c.name, ids)
        if source == "department":
            name = departments.c.name_zh if self.ctx.lang == "zh" else departments.c.name_en
            return self._column(departments.c.id, name, ids)
        return self._records(source, ids)

    def _column(self, key: sa.Column[int], name: sa.Column[str], ids: list[int]) -> dict[int, str]:
        return dict(self.ctx.conn.execute(sa.select(key, name).where(key.in_(ids))).all())

    def _records(self, entity: str, ids: list[int]) -> dict[int, str]:
        if not self.ctx.access.may(entity, "view"):
            return {}
        rights = self.ctx.access.entity(entity)
        title = rights.entity.all_fields[rights.entity.title]
        if title.key not in rights.readable:
            return {}
        request = ListRequest(
            entity, (title.key,), filter={"field": "id", "op": "in", "value": ids}, limit=len(ids)
        )
        show = title.behaviour.plain
        return {
            record["id"]: show(title, record[title.key], self.ctx.lang, record.labels.get(title.key))
            for record in Records(self.ctx).list(request).items
        }
