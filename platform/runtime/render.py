"""Pages from templates: the only door to Jinja2.

A template says `{% extends layout %}` and fills the blocks `title` and `main`. `render` chooses the layout: the
whole page in the shell, the bare page of somebody who has not signed in, or the main region alone when htmx moves
between screens. Words come from `t(key, …)`; every value is escaped, and a name that does not exist is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from ..metadata.fieldtype import FIELD_TYPES
from ..metadata.model import Field
from ..metadata.wording import LANGUAGES, register, say, text_of, texts

if TYPE_CHECKING:
    from .context import Context
    from .http.call import Call
    from .http.problem import Problem

HERE = Path(__file__).parent
DIST = HERE / "static" / "dist"
STATIC = "/static/"
UNKNOWN_ICON = "point"

register(HERE / "wording" / "ui")
register(HERE / "wording" / "widgets")

_folders = [HERE / "templates"]


def register_templates(folder: Path) -> None:
    """Let `render` find templates in `folder` too."""
    _folders.append(folder)
    _environment.cache_clear()


def render(
    ctx: Context,
    template: str,
    /,
    *,
    status: int = 200,
    fragment: bool | str | None = None,
    headers: Mapping[str, str] | None = None,
    **data: Any,
) -> HTMLResponse:
    """The page of `template`. `fragment`: True for the main region alone, a name for just that block of it.

    When `fragment` is not given, htmx gets the main region and everybody else the whole page.
    """
    wanted = ctx.htmx if fragment is None else fragment
    page = _environment(ctx.lang).get_template(template)
    surroundings = _surroundings(ctx, whole=not wanted)
    if isinstance(wanted, str):
        html = "".join(page.blocks[wanted](page.new_context({**surroundings, **data})))
    else:
        html = page.render(**surroundings, **data)
    answer = HTMLResponse(html, status, headers=dict(headers or {}))
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers["Vary"] = "HX-Request"
    return answer


def render_bare(lang: str, template: str, /, *, status: int = 200, **data: Any) -> HTMLResponse:
    """The page of `template` without the shell and without anything a Context gives."""
    page = _environment(lang).get_template(template)
    given = {"layout": "bare.html", "csrf": "", "theme": "auto", "whole": True}
    return HTMLResponse(page.render(**given, **data), status, headers={"Cache-Control": "no-store"})


def error_page(ctx: Context | None, call: Call, problem: Problem) -> HTMLResponse:
    """The page of a problem: in the shell, in the main region, or bare for somebody unknown."""
    if ctx is None or ctx.access is None:
        return render_bare(problem.lang, "error.html", status=problem.status, problem=problem)
    return render(ctx, "error.html", status=problem.status, problem=problem)


def _surroundings(ctx: Context, whole: bool) -> dict[str, Any]:
    """What every template may use: `layout`, `csrf`, and in the whole page also `frame`."""
    if ctx.access is None:
        return {"layout": "bare.html", "csrf": ctx.csrf, "theme": "auto", "whole": whole}
    found = {"layout": "fragment.html", "csrf": ctx.csrf, "theme": ctx.actor.theme, "whole": whole}
    found["when"] = _clock(ctx)
    if whole:
        from .shell import frame_of

        page = _environment(ctx.lang).get_template
        frame = frame_of(ctx, lambda part, shell: Markup(page(part).render(**found, shell=shell)))
        owed = ctx.session is not None and ctx.session.must_change_password
        found |= {"layout": "shell.html", "frame": frame, "must_change_password": owed}
    return found


def _clock(ctx: Context) -> Callable[[datetime | None], Markup]:
    """Shows instants as lists do: near ones in words, the date as tool tip."""
    show = FIELD_TYPES["datetime"].cell(_NO_FIELD, ctx.lang, ctx.zone)
    return lambda moment: Markup(show(moment, None))


_NO_FIELD = Field("", "", "datetime", "")


@lru_cache(maxsize=len(LANGUAGES))
def _environment(lang: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        lang=lang,
        t=partial(_say, lang),
        label=partial(_label, lang),
        icon=icon,
        asset=asset,
        attributes=attributes,
        states=states,
        choosing=choosing,
        initial=initial,
        device=device,
        browser_words=partial(_browser_words, lang),
    )
    environment.filters["grouped"] = "{:,}".format
    return environment


def _say(lang: str, key: str, **data: Any) -> str:
    return say(key, lang, **data)


def _label(lang: str, label: Any, default: str = "") -> str:
    return text_of(label, lang, default)


def _browser_words(lang: str) -> Markup:
    """The words the scripts use (keys `js.…`), as JSON that cannot end its script element."""
    return _written_words(lang, len(texts(lang)))


@lru_cache(maxsize=2 * len(LANGUAGES))
def _written_words(lang: str, known: int) -> Markup:
    """As above, remembered until another package brings more words."""
    words = {key[3:]: text for key, text in texts(lang).items() if key.startswith("js.")}
    return Markup(json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"))


def attributes(given: Mapping[str, Any]) -> Markup:
    """HTML attributes: `hx_post="…"` becomes hx-post, True stands alone, False and None vanish."""
    parts = [""]
    for name, value in given.items():
        if value is None or value is False:
            continue
        written = name.rstrip("_").replace("_", "-")
        parts.append(written if value is True else f'{written}="{escape(value)}"')
    return Markup(" ".join(parts))


def choosing(choice: Any) -> dict[str, Any]:
    """What a choice says of itself to scripts: what it depends on, and that something else may be written."""
    return {"data_depends": choice.field.depends, "data_other": choice.field.other}


def states(name: str, required: bool, note: str | None, error: str | None) -> dict[str, Any]:
    """What a control says of itself to assistive software."""
    described = f"err-{name}" if error else f"help-{name}" if note else None
    return {"required": required, "aria_invalid": "true" if error else None, "aria_describedby": described}


@lru_cache(maxsize=1_000)
def icon(name: str | None, css: str = "") -> Markup:
    """An icon of the sprite; decoration, so the control around it needs a name of its own."""
    known = name if name in _icon_names() else UNKNOWN_ICON
    return Markup('<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        " " + css if css else "", asset("icons.svg"), known
    )


def initial(name: str) -> str:
    """What stands in a person's circle."""
    return name.strip()[:1].upper() or "?"


def device(agent: str) -> str:
    """A browser and its system, as far as its name tells: `Firefox · Windows`."""
    browsers = ("Edg", "Firefox", "Chrome", "Safari")
    systems = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "macOS"}
    browser = next((name for name in browsers if name in agent), agent.partition("/")[0] or "?")
    system = next((name for mark, name in systems.items() if mark in agent), "Linux" if "Linux" in agent else "")
    return " · ".join(part for part in ("Edge" if browser == "Edg" else browser, system) if part)


def asset(name: str) -> str:
    """The address of a built file, with the hash of its content in it."""
    return STATIC + _manifest().get(name, name)


@lru_cache(maxsize=1)
def _manifest() -> dict[str, str]:
    path = DIST / "manifest.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


@lru_cache(maxsize=1)
def _icon_names() -> frozenset[str]:
    path = DIST / _manifest().get("icons.svg", "icons.svg")
    return frozenset(re.findall(r'id="([\w-]+)"', path.read_text())) if path.exists() else frozenset()
