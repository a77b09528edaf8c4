"""Home: the dashboard of the reader's role, or links to what he may see."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.model import Role
from ..context import Context
from ..http.call import Call
from ..http.serve import page
from ..render import render
from ..shell import entity_links
from .dashboard import show_dashboard


def home_dashboard(ctx: Context) -> str | None:
    """The key of the dashboard that is home for the reader: that of his first role that names one."""
    roles = sorted((role for key in ctx.actor.roles if (role := ctx.catalog.roles.get(key))), key=_rank)
    return next((role.home for role in roles if role.home in ctx.catalog.dashboards), None)


def _rank(role: Role) -> tuple[int, str]:
    return role.position, role.key


def home(ctx: Context, call: Call) -> Response:
    """The home screen."""
    dashboard = home_dashboard(ctx)
    if dashboard is not None:
        return show_dashboard(ctx, call, dashboard)
    return render(ctx, "home.html", links=list(entity_links(ctx)), administrator=ctx.access.administrator)


routes = [Route("/", page(home))]
