"""What every handler, job and command works with: one connection, one catalog, one actor's access, one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from ..metadata import fieldtype
from ..metadata.catalog import Catalog
from ..metadata.database import Database
from .settings import Settings

if TYPE_CHECKING:
    from ..metadata.conditions import Env
    from ..rbac.access import Access
    from ..rbac.actor import Actor
    from ..rbac.sessions import SignedIn
    from .site import Site


@dataclass
class Context:
    """The surroundings of one unit of work. `cause` is what the change log notes (`web`, `api`, `import`, …).

    In a request `path` is the address asked for, `htmx` says that only a part of the page was, `csrf` is the token
    forms send back, and `access` is None for somebody who has not signed in: handlers declared `anonymous` meet
    such a one. What is put into `after_commit` is called once the transaction is safe.
    """

    conn: Connection
    catalog: Catalog
    access: Access
    settings: Settings
    lang: str = "zh"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    cause: str = "web"
    request_id: str = ""
    path: str = ""
    htmx: bool = False
    csrf: str = ""
    site: Site | None = None
    session: SignedIn | None = None
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Field types read and show times of day in the zone of whoever this unit of work is done for.
        fieldtype.zone.set(self.zone)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.access.actor

    @cached_property
    def now(self) -> datetime:
        """The moment this unit of work began; the same for everything it writes."""
        return datetime.now(UTC)

    @property
    def env(self) -> Env:
        """The values conditions and formulas take from their surroundings, at this moment."""
        return self.access.env

    def own_transactions(self) -> Database:
        """The database, for what manages its own transactions; the reading one ends here, with all its locks."""
        assert self.site is not None
        reading = self.conn.get_transaction()
        if reading is not None:
            reading.rollback()
        return self.site.database

    @classmethod
    def system(cls, conn: Connection, catalog: Catalog, why: str, **more: Any) -> Context:
        """A context that may do everything; `why` is the written reason."""
        from ..rbac.access import Access

        access = Access.system(catalog, why)
        return cls(conn, catalog, access, more.pop("settings", None) or Settings(), **more)
