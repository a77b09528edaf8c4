"""The system tables as classes, only because the library asks for classes. Nothing else uses them.

What is secret is not mapped at all: a column that is not there cannot be shown, searched or sorted by.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry

from ...metadata import tables as metadata_tables
from ...rbac import tables as rbac_tables
from ..changelog import changes
from ..files.tables import files
from ..job_queue import jobs

MARK = 12
"""Characters of a session's fingerprint that tell sessions apart; the rest is never read."""

_registry = registry()


def _without(table: sa.Table, *secret: str) -> sa.Subquery:
    columns = [column for column in table.c if column.name not in secret]
    return sa.select(*columns).subquery(f"shown_{table.name}")


def _sessions() -> sa.Subquery:
    table = rbac_tables.sessions
    mark = sa.func.substr(table.c.token_hash, 1, MARK, type_=sa.String()).label("mark")
    shown = [column for column in table.c if column.name not in ("token_hash", "csrf")]
    return sa.select(mark, *shown).subquery("shown_fl_session")


def _mapped(name: str, source: sa.FromClause, *key: str) -> Any:
    made = type(name, (), {})
    _registry.map_imperatively(made, source, primary_key=[source.c[column] for column in key])
    return made


User: Any = _mapped("User", _without(rbac_tables.users, "password_hash"), "id")
Department: Any = _mapped("Department", _without(rbac_tables.departments), "id")
UserRole: Any = _mapped("UserRole", _without(rbac_tables.user_roles), "user_id", "role_key")
Session: Any = _mapped("Session", _sessions(), "mark")
Token: Any = _mapped("Token", _without(rbac_tables.tokens, "token_hash"), "id")
Document: Any = _mapped("Document", _without(metadata_tables.document), "id")
Package: Any = _mapped("Package", _without(metadata_tables.package), "key")
Changeset: Any = _mapped("Changeset", _without(metadata_tables.changeset), "number")
Change: Any = _mapped("Change", _without(changes), "seq")
File: Any = _mapped("File", _without(files), "id")
Job: Any = _mapped("Job", _without(jobs, "fence"), "id")
