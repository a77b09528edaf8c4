"""The frame around every screen, as one reader may see it: menu, what he may create, commands of the palette."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..metadata.layouts import MenuItem
from ..metadata.wording import say, text_of
from .records.kept import Kept

if TYPE_CHECKING:
    from .context import Context

_frames: Kept[Frame] = Kept(500)

ENTITY_ICON, LIST_ICON, DASHBOARD_ICON = "table", "list", "layout-dashboard"


@dataclass(frozen=True, slots=True)
class Link:
    """Something the reader may go to."""

    label: str
    icon: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Links under one heading; an empty label means none."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame as HTML: what stands before the main region and behind it."""

    before: Markup
    after: Markup


@dataclass(frozen=True, slots=True)
class Shell:
    """What the templates of the frame are filled with."""

    name: str
    note: str
    administrator: bool
    designer: bool
    menu: tuple[LinkGroup, ...]
    creatable: tuple[Link, ...]
    commands: Markup


def frame_of(ctx: Context, draw: Callable[[str, Shell], Markup]) -> Frame:
    """The frame for the reader of `ctx`, drawn once for all screens below one entry of the menu."""
    place = "/".join(ctx.path.split("/")[:3])
    key = (ctx.actor, ctx.lang, ctx.csrf, place)
    found = _frames.get(ctx.catalog, key)
    if found is None:
        shell = shell_of(ctx)
        found = Frame(draw("parts/frame_before.html", shell), draw("parts/frame_after.html", shell))
        _frames.put(ctx.catalog, key, found)
    return found


def shell_of(ctx: Context) -> Shell:
    """The frame for the reader of `ctx`. Asks no database."""
    menu, creatable = menu_of(ctx), creatable_links(ctx)
    return Shell(
        name=ctx.actor.name,
        note=_roles_of(ctx),
        administrator=ctx.access.administrator,
        designer=_designs(ctx),
        menu=menu,
        creatable=creatable,
        commands=_commands(ctx, menu, creatable),
    )


def _designs(ctx: Context) -> bool:
    """Whether there is anything the reader may shape."""
    access = ctx.access
    return access.administrator or any("design" in each.rows for each in access.decisions.values())


def _roles_of(ctx: Context) -> str:
    roles = (ctx.catalog.roles.get(key) for key in ctx.actor.roles)
    return " · ".join(text_of(role.label, ctx.lang) for role in roles if role) or ctx.actor.login


def menu_of(ctx: Context) -> tuple[LinkGroup, ...]:
    """The menu without what the reader may not see; without any menu, all he may view."""
    items = [item for menu in ctx.catalog.menus.values() for item in menu.items]
    if not items:
        return (LinkGroup("", tuple(entity_links(ctx))),)
    groups: list[LinkGroup] = []
    for item in items:
        label = text_of(item.label, ctx.lang) if item.items else ""
        links = tuple(link for child in item.items or (item,) if (link := _link(ctx, child)))
        if not links:
            continue
        if not label and groups and not groups[-1].label:
            groups[-1] = LinkGroup("", groups[-1].links + links)
        else:
            groups.append(LinkGroup(label, links))
    return tuple(groups)


def _link(ctx: Context, item: MenuItem) -> Link | None:
    """The link of a menu entry, or None when its target is absent or not the reader's to see."""
    if item.dashboard:
        return _dashboard_link(ctx, item)
    layout = ctx.catalog.lists.get(item.list) if item.list else None
    key = layout.entity if layout else item.entity
    if key is None or key not in ctx.catalog.entities or not ctx.access.may(key, "view"):
        return None
    entity = ctx.catalog.entities[key]
    label = text_of(item.label or (layout.label if layout else None), ctx.lang) or entity.text(
        ctx.lang, plural=True
    )
    href = f"/e/{key}" + (f"?list={layout.key}" if layout else "")
    return Link(label, item.icon or entity.icon or ENTITY_ICON, href, _is_current(ctx, href))


def _dashboard_link(ctx: Context, item: MenuItem) -> Link | None:
    board = ctx.catalog.dashboards.get(item.dashboard or "")
    if board is None or not any(ctx.access.may(widget.entity, "view") for widget in board.widgets):
        return None
    href = f"/d/{board.key}"
    label = text_of(item.label or board.label, ctx.lang)
    return Link(label, item.icon or DASHBOARD_ICON, href, _is_current(ctx, href))


def _is_current(ctx: Context, href: str) -> bool:
    """Whether the asked page lies at or below `href`. Saved lists are told apart in the browser."""
    path = href.partition("?")[0]
    return "?" not in href and (ctx.path == path or ctx.path.startswith(path + "/"))


def entity_links(ctx: Context) -> Iterable[Link]:
    """Every entity the reader may view that stands on its own."""
    for key in ctx.access.entities():
        entity = ctx.catalog.entities[key]
        if entity.parent is None:
            href = f"/e/{key}"
            yield Link(
                entity.text(ctx.lang, plural=True), entity.icon or ENTITY_ICON, href, _is_current(ctx, href)
            )


def creatable_links(ctx: Context) -> tuple[Link, ...]:
    """What the reader may create, in the menu's order."""
    keys = dict.fromkeys(_keys_in_menu(ctx)) or dict.fromkeys(ctx.access.entities())
    return tuple(
        Link(entity.text(ctx.lang), entity.icon or ENTITY_ICON, f"/e/{key}/new")
        for key in keys
        if (entity := ctx.catalog.entities.get(key)) and entity.parent is None and ctx.access.may(key, "create")
    )


def _keys_in_menu(ctx: Context) -> Iterable[str]:
    for menu in ctx.catalog.menus.values():
        for item in menu.items:
            for child in item.items or (item,):
                layout = ctx.catalog.lists.get(child.list) if child.list else None
                key = layout.entity if layout else child.entity
                if key:
                    yield key


def _commands(ctx: Context, menu: Iterable[LinkGroup], creatable: Iterable[Link]) -> Markup:
    """The palette's fixed entries as JSON: {label, icon, href, kind}."""

    def entry(key: str, link: Link, icon: str) -> dict[str, str]:
        return {"label": say(key, ctx.lang, name=link.label), "icon": icon, "href": link.href}

    entries = [entry("ui.command_go", link, link.icon) for group in menu for link in group.links]
    entries += [entry("ui.command_new", link, "plus") for link in creatable]
    entries.append({"label": say("ui.my_settings", ctx.lang), "icon": "settings", "href": "/me"})
    if ctx.access.administrator:
        label = say("ui.new_from_sheet", ctx.lang)
        entries.append({"label": label, "icon": "file-spreadsheet", "href": "/imports/new-app"})
        entries.append({"label": say("ui.users", ctx.lang), "icon": "users", "href": "/admin/users"})
    return Markup(json.dumps(entries, ensure_ascii=False).replace("<", "\\u003c"))
