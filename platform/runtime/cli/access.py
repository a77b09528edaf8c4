"""`formloom user`, `token` and `explain`: who may come in, and why somebody may or may not do something."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...metadata import changesets, wording
from ...metadata.catalog import Catalog
from ...metadata.drafts import Edit
from ...metadata.errors import InvalidInput
from ...metadata.wording import say
from ...rbac import accounts, tokens
from ...rbac.accounts import NewUser
from ...rbac.explain import explain
from ...rbac.failures import refused
from ...rbac.logins import canonical
from ...rbac.tokens import NewToken
from ..settings import Settings
from ..site import Site, open_site
from . import Commands, language
from .metadata import actor

wording.register(Path(__file__).parents[1] / "wording" / "accounts")

ADMIN = {
    "kind": "role",
    "key": "admin",
    "label": {"zh": "系统管理员", "en": "Administrator"},
    "administrator": True,
}
"""The role `--admin` gives where no package has brought one that administers."""


def add_commands(commands: Commands[Any]) -> None:
    """Add `user`, `token` and `explain`."""
    lang = language()
    _add_user(commands.add_parser("user", help=say("cli.user", lang)), lang)
    making = commands.add_parser("token", help=say("cli.token", lang))
    creating = making.add_subparsers(required=True, metavar="ACTION").add_parser(
        "create", help=say("cli.token.create", lang)
    )
    creating.add_argument("login", metavar="LOGIN")
    creating.add_argument("--name", default="cli")
    creating.add_argument("--expires", metavar="DATE|DAYS", help=say("cli.token.expires", lang))
    creating.add_argument("--scope", default="", metavar="SCOPE", help=say("cli.token.scope", lang))
    creating.set_defaults(run=create_token)
    explaining = commands.add_parser("explain", help=say("cli.explain", lang))
    explaining.add_argument("login", metavar="LOGIN")
    explaining.add_argument("entity", metavar="ENTITY")
    explaining.add_argument("asked", nargs="*", metavar="FIELD|ID", help=say("cli.explain.asked", lang))
    explaining.add_argument("--json", action="store_true")
    explaining.set_defaults(run=run_explain)


def _add_user(parser: argparse.ArgumentParser, lang: str) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    creating = actions.add_parser("create", help=say("cli.user.create", lang))
    creating.add_argument("login", metavar="LOGIN")
    creating.add_argument("--name", required=True)
    creating.add_argument("--admin", action="store_true", help=say("cli.user.admin", lang))
    creating.add_argument("--department", metavar="KEY")
    creating.add_argument("--superior", metavar="LOGIN")
    creating.add_argument("--role", action="append", default=[], metavar="KEY")
    creating.add_argument("--password-stdin", action="store_true", help=say("cli.user.password_stdin", lang))
    creating.set_defaults(run=create_user)
    for name, run in (("disable", disable_user), ("enable", enable_user), ("password", set_password)):
        action = actions.add_parser(name, help=say(f"cli.user.{name}", lang))
        action.add_argument("login", metavar="LOGIN")
        action.set_defaults(run=run)
        if name == "password":
            action.add_argument("--password-stdin", action="store_true", required=True)


def create_user(args: argparse.Namespace, settings: Settings) -> int:
    """Make an account and print its login as it is stored."""
    site = open_site(settings)
    password = _read_password() if args.password_stdin else None
    roles = tuple(args.role)
    if args.admin:
        roles += (_administrator_role(site),)
    new = NewUser(
        login=args.login,
        name=args.name,
        password=password,
        department=args.department,
        superior=args.superior,
        roles=roles,
        lang=settings.language,
        zone=settings.time_zone,
    )
    with site.database.writing() as conn:
        accounts.create(conn, new, site.catalog(conn), shortest_password=1)
    print(say("cli.user.created", language(), login=canonical(args.login)))
    return 0


def _administrator_role(site: Site) -> str:
    """The key of a role that administers; the first one is made where there is none."""
    with site.database.reading() as conn:
        catalog = site.catalog(conn)
    found = sorted(key for key, role in catalog.roles.items() if role.administrator)
    if found:
        return "admin" if "admin" in found else found[0]
    changesets.apply(site.database, [Edit.put(ADMIN)], actor(), say("cli.user.role_made", language()))
    return str(ADMIN["key"])


def _read_password() -> str:
    line = sys.stdin.readline()
    if not line:
        raise refused("password", "required")
    return line.rstrip("\r\n")


def disable_user(args: argparse.Namespace, settings: Settings) -> int:
    """Let nobody sign in with the account any more."""
    site = open_site(settings)
    with site.database.writing() as conn:
        accounts.disable(conn, accounts.find(conn, args.login), site.catalog(conn))
    print(say("cli.user.disabled", language(), login=args.login))
    return 0


def enable_user(args: argparse.Namespace, settings: Settings) -> int:
    """Let a disabled account in again."""
    site = open_site(settings)
    with site.database.writing() as conn:
        accounts.update(conn, accounts.find(conn, args.login), {"is_active": True}, site.catalog(conn))
    print(say("cli.user.enabled", language(), login=args.login))
    return 0


def set_password(args: argparse.Namespace, settings: Settings) -> int:
    """Give an account another password; its sessions end."""
    site = open_site(settings)
    password = _read_password()
    with site.database.writing() as conn:
        accounts.set_password(conn, accounts.find(conn, args.login), password)
    print(say("cli.user.password_set", language(), login=args.login))
    return 0


def create_token(args: argparse.Namespace, settings: Settings) -> int:
    """Make an API token and print its secret, the only time it can be seen."""
    site = open_site(settings)
    new = NewToken(args.name, parse_scope(args.scope), _expiry(args.expires))
    with site.database.writing() as conn:
        _, secret = tokens.create(conn, accounts.find(conn, args.login), new, site.catalog(conn))
    print(secret)
    return 0


def parse_scope(raw: str) -> dict[str, Any]:
    """A scope as the API has it (JSON), or `read,account,deal`: read only, these entities only."""
    if raw.lstrip().startswith("{"):
        try:
            scope = json.loads(raw)
        except ValueError:
            raise refused("scope", "token_scope") from None
        return dict(scope)
    words = [word.strip() for word in raw.split(",") if word.strip()]
    entities = [word for word in words if word not in ("read", "write")]
    return {"read_only": "read" in words, **({"entities": entities} if entities else {})}


def _expiry(raw: str | None) -> datetime | None:
    """A moment of `2027-01-31`, `2027-01-31T08:00+08:00`, or a number of days from now."""
    if raw is None:
        return None
    try:
        if raw.isdigit():
            return datetime.now(UTC) + timedelta(days=int(raw))
        moment = datetime.fromisoformat(raw)
    except (ValueError, OverflowError):
        raise refused("expires", "not_a_date") from None
    return moment if moment.tzinfo else moment.astimezone()


def run_explain(args: argparse.Namespace, settings: Settings) -> int:
    """Print which grants give or withhold what."""
    site = open_site(settings)
    fields = [word for word in args.asked if not word.isdigit()]
    records = [int(word) for word in args.asked if word.isdigit()]
    if len(fields) > 1 or len(records) > 1:
        raise InvalidInput("explain.asked")
    with site.database.reading() as conn:
        catalog: Catalog = site.catalog(conn)
        explained = explain(
            conn,
            catalog,
            args.login,
            args.entity,
            field=fields[0] if fields else None,
            record=records[0] if records else None,
        )
    lang = language()
    if args.json:
        print(json.dumps(explained.as_json(lang), ensure_ascii=False, indent=2))
    else:
        print("\n".join(explained.lines(lang)))
    return 0
