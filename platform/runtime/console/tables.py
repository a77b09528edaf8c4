"""What the console shows of each table: its columns with their labels, the first of them in the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import models


@dataclass(frozen=True)
class Shown:
    """A table as shown. `listed` is how many columns the list has, a row's page has all; `structured` ones hold
    JSON. `newest` sorts the newest first; `end` names what ending a row means.
    """

    model: Any
    name: str
    plural: str
    icon: str
    columns: Mapping[str, str]
    listed: int = 6
    structured: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    newest: str | None = None
    end: str | None = None


USERS = Shown(
    models.User,
    "User",
    "Users",
    "user",
    {
        "id": "Number",
        "login": "Login",
        "name": "Name",
        "department_id": "Department",
        "is_active": "Active",
        "last_login_at": "Last sign-in",
        "superior_id": "Superior",
        "email": "E-mail",
        "phone": "Phone",
        "kind": "Kind",
        "lang": "Language",
        "zone": "Time zone",
        "theme": "Theme",
        "must_change_password": "Must change password",
        "created_at": "Created",
    },
    searched=("login", "name"),
)
DEPARTMENTS = Shown(
    models.Department,
    "Department",
    "Departments",
    "sitemap",
    {
        "id": "Number",
        "key": "Key",
        "name_zh": "Name (zh)",
        "name_en": "Name (en)",
        "parent_id": "Parent",
        "head_id": "Head",
        "path": "Path",
        "position": "Position",
        "is_active": "Active",
    },
)
USER_ROLES = Shown(
    models.UserRole, "Role of a user", "Roles of users", "user-tag", {"user_id": "User", "role_key": "Role"}
)
SESSIONS = Shown(
    models.Session,
    "Session",
    "Sessions",
    "right-to-bracket",
    {
        "mark": "Mark",
        "user_id": "User",
        "created_at": "Created",
        "seen_at": "Seen",
        "expires_at": "Expires",
        "address": "Address",
        "user_agent": "Browser",
    },
    newest="created_at",
    end="session",
)
TOKENS = Shown(
    models.Token,
    "Token",
    "Tokens",
    "key",
    {
        "id": "Number",
        "user_id": "User",
        "name": "Name",
        "created_at": "Created",
        "expires_at": "Expires",
        "last_used_at": "Last used",
        "revoked_at": "Revoked",
        "scope": "Scope",
    },
    structured=("scope",),
    newest="id",
    end="token",
)
DOCUMENTS = Shown(
    models.Document,
    "Document",
    "Documents",
    "file-code",
    {
        "id": "Number",
        "kind": "Kind",
        "key": "Key",
        "layer": "Layer",
        "changeset": "Changeset",
        "document": "Document",
        "base": "Base",
    },
    listed=5,
    structured=("document", "base"),
    searched=("key",),
)
CHANGESETS = Shown(
    models.Changeset,
    "Changeset",
    "Changesets",
    "code-commit",
    {
        "number": "Number",
        "layer": "Layer",
        "actor": "Actor",
        "note": "Note",
        "applied_at": "Applied",
        "reverts": "Reverts",
        "changes": "Changes",
        "packages": "Packages",
        "steps": "Steps",
    },
    structured=("changes", "packages", "steps"),
    newest="number",
)
PACKAGES = Shown(
    models.Package,
    "Package",
    "Packages",
    "box",
    {
        "key": "Key",
        "version": "Version",
        "installed_at": "Installed",
        "changeset": "Changeset",
        "label": "Label",
    },
    structured=("label",),
)
CHANGES = Shown(
    models.Change,
    "Change",
    "Change log",
    "clock-rotate-left",
    {
        "seq": "Number",
        "entity": "Entity",
        "record_id": "Record",
        "op": "Operation",
        "actor": "Actor",
        "at": "At",
        "cause": "Cause",
        "rev": "Revision",
        "old": "Old values",
    },
    listed=7,
    structured=("old",),
    newest="seq",
)
JOBS = Shown(
    models.Job,
    "Job",
    "Jobs",
    "gears",
    {
        "id": "Number",
        "kind": "Kind",
        "state": "State",
        "progress_done": "Progress",
        "progress_total": "Total",
        "created_at": "Created",
        "finished_at": "Finished",
        "actor": "Actor",
        "message": "Message",
        "attempts": "Attempts",
        "started_at": "Started",
        "lease_until": "Lease until",
        "cancel_requested": "Cancel requested",
        "payload": "Payload",
        "result": "Result",
    },
    listed=8,
    structured=("payload", "result"),
    newest="id",
    end="job",
)

FILES = Shown(
    models.File,
    "File",
    "Files",
    "paperclip",
    {
        "id": "Number",
        "name": "Name",
        "size": "Bytes",
        "media_type": "Media type",
        "entity": "Entity",
        "record_id": "Record",
        "field": "Field",
        "created_at": "Uploaded",
        "created_by": "By",
        "swept_at": "Given up",
        "sha256": "SHA-256",
        "width": "Width",
        "height": "Height",
    },
    listed=8,
    searched=("name",),
    newest="created_at",
)

TABLES = (
    USERS, DEPARTMENTS, USER_ROLES, SESSIONS, TOKENS, DOCUMENTS, CHANGESETS, PACKAGES, CHANGES, FILES, JOBS
)  # fmt: skip
"""In the order of the menu."""
