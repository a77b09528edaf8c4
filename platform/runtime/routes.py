"""The URL table: every address of the program and nothing else. Each module lists its own as `routes`."""

from __future__ import annotations

from starlette.routing import BaseRoute

from .api import batches, dashboards, files, kept, me, metadata, openapi, records
from .api import packages as packages_api
from .http import health, signin
from .views import (
    bulk,
    cells,
    dashboard,
    departments,
    design,
    design_changes,
    form,
    history,
    home,
    packages,
    pick,
    record,
    search,
    settings,
    suggest,
    timeline,
    users,
)
from .views import files as contents
from .views import list as lists

ROUTES: list[BaseRoute] = [
    *health.routes,
    *signin.routes,
    *me.routes,
    *kept.routes,
    *metadata.routes,
    *packages_api.routes,
    *records.routes,
    *batches.routes,
    *dashboards.routes,
    *files.routes,
    *openapi.routes,
    *home.routes,
    *lists.routes,
    *cells.routes,
    *bulk.routes,
    *form.routes,
    *record.routes,
    *timeline.routes,
    *dashboard.routes,
    *pick.routes,
    *suggest.routes,
    *search.routes,
    *contents.routes,
    *users.routes,
    *departments.routes,
    *packages.routes,
    *settings.routes,
    *history.routes,
    *design_changes.routes,
    *design.routes,
]
"""In the order they are tried."""
