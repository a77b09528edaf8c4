"""Putting a package in force, new or in another version: first proposed, then done as one changeset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from .. import changesets, store
from ..changesets import Changeset, PackageChange, Preview
from ..checks import Finding
from ..database import Database
from ..errors import Conflict, MetadataError
from ..store import Identity, Stored
from . import versions
from .findings import PackageFinding
from .installed import Installed, installed, package_of, shipped_by
from .merging import Dispute, Merged, merge, would_change
from .reading import Package


class UndecidedConflicts(Conflict):
    """The site and the package changed the same places; `disputes` lists what nobody decided."""

    code = "package.conflicts"

    def __init__(self, disputes: Sequence[Dispute]) -> None:
        self.disputes = tuple(disputes)
        super().__init__(count=len(self.disputes))
        self.members = {"conflicts": [dispute.dump() for dispute in self.disputes]}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What putting a package in force would mean. `preview` is None where it cannot even be tried."""

    package: Package
    present: Installed | None
    version: int
    merged: Merged
    findings: tuple[PackageFinding, ...] = ()
    preview: Preview | None = None
    changes: Mapping[str, list[Identity]] = field(default_factory=dict)
    """Documents added, removed and changed against what is in force of the package now."""

    @property
    def nothing(self) -> bool:
        """Whether exactly this is in force already."""
        return self.preview is not None and not self.preview.changes and self.same_version

    @property
    def same_version(self) -> bool:
        """Whether the package is in force in this version."""
        return self.present is not None and _row(self.present) == _row(self.package)

    @property
    def refused(self) -> bool:
        """Whether it cannot be done, whatever is decided."""
        return self.preview is None or self.preview.refused or any(f.severity == "error" for f in self.findings)


def _row(package: Installed | Package | None) -> dict[str, Any] | None:
    return None if package is None else {"label": package.label, "version": package.version}


def propose(
    conn: Connection, package: Package, choices: Mapping[str, str] | None = None, *, previewed: bool = True
) -> Proposal:
    """What putting the package in force now would mean, with these choices. Changes nothing.

    Not `previewed`, what depends on the checks and the rows is left out. Raises InvalidInput for choices of what
    is no conflict.
    """
    version, rows, present = store.current_version(conn), store.read_rows(conn), installed(conn)
    merged = merge(rows, package.key, package.documents, choices or {})
    old = {i: row.document for i, row in shipped_by(rows, package.key).items() if row.document is not None}
    changes = would_change(old, {(str(d["kind"]), str(d["key"])): dict(d) for d in package.documents})
    findings = [*_requirements(package, present), *_taken(package, rows), *_notable(package, present)]
    if not previewed or any(finding.severity == "error" for finding in findings):
        found = present.get(package.key)
        return Proposal(package, found, version, merged, tuple(findings), changes=changes)
    preview = changesets.preview(conn, merged.edits, store.package_layer(package.key))
    findings += _of_documents(package, preview.findings)
    return Proposal(
        package=package,
        present=present.get(package.key),
        version=version,
        merged=merged,
        findings=tuple(findings),
        preview=preview,
        changes=changes,
    )


def _requirements(package: Package, present: Mapping[str, Installed]) -> list[PackageFinding]:
    """Packages it needs that are not in force, or not in a version that is new enough."""
    found = []
    for number, text in enumerate(package.requires):
        name, least = versions.requirement(text)
        have = present.get(name)
        path = f"/requires/{number}"
        if have is None:
            found.append(PackageFinding("missing", "formloom.json", path, {"name": text}))
        elif least and versions.rank(have.version) < versions.rank(least):
            data = {"name": name, "least": least, "have": have.version}
            found.append(PackageFinding("too_old", "formloom.json", path, data))
    return found


def _taken(package: Package, rows: Sequence[Stored]) -> list[PackageFinding]:
    """Documents that another package ships."""
    others = {i: package_of(row.layer) for i, row in shipped_by(rows).items()}
    found = []
    for document in package.documents:
        identity = (str(document["kind"]), str(document["key"]))
        owner = others.get(identity)
        if owner not in (None, package.key):
            data = {"document": "/".join(identity), "other": owner}
            found.append(PackageFinding("taken", *package.files.get(identity, ("", "")), data))
    return found


def _notable(package: Package, present: Mapping[str, Installed]) -> list[PackageFinding]:
    """What an administrator should know before he says yes."""
    found = []
    before = present.get(package.key)
    if before is not None and versions.rank(package.version) < versions.rank(before.version):
        data = {"version": package.version, "have": before.version}
        found.append(PackageFinding("older", "formloom.json", "/version", data))
    for document in package.documents:
        file, path = package.files.get((str(document["kind"]), str(document["key"])), ("", ""))
        data = {"key": document["key"]}
        if document["kind"] == "role" and document.get("administrator"):
            found.append(PackageFinding("administrator", file, f"{path}/administrator", data))
        if document["kind"] == "grant" and {"everyone": True} in document["members"]:
            found.append(PackageFinding("grants_everyone", file, f"{path}/members", data))
    return found


def _of_documents(package: Package, findings: Iterable[Finding]) -> list[PackageFinding]:
    """What the checks say, at the files it is about; the site's documents have none."""
    found = []
    for finding in findings:
        file, path = package.files.get(finding.document, ("", ""))
        found.append(PackageFinding.of(finding, file or "/".join(finding.document), path))
    return found


def install(  # noqa: PLR0913  (all but the first four are by name)
    database: Database,
    package: Package,
    actor: str,
    note: str = "",
    *,
    choices: Mapping[str, str] | None = None,
    merge_own: bool = False,
    allow_destructive: bool = False,
    expected_version: int | None = None,
) -> Changeset:
    """The changeset that puts the package in force; nothing happens when exactly this is in force already.

    A package that is in force in another version is replaced on its layer, and the site's edits are merged in.
    `merge_own`: documents of the site's own that the package ships too become the site's edit of them.
    Raises MetadataError, PlanError, UndecidedConflicts, Conflict (`package.taken`, `conflict_schema`).
    """
    with database.reading() as conn:
        proposal = propose(conn, package, choices, previewed=False)
    _refuse(proposal, merge_own, expected_version)
    before, after = _row(proposal.present), _row(package)
    changed = [PackageChange(package.key, before, after)] if before != after else []
    try:
        return changesets.apply(
            database,
            proposal.merged.edits,
            actor,
            note or f"install {package.key} {package.version}",
            layer=store.package_layer(package.key),
            allow_destructive=allow_destructive,
            packages=changed,
            expected_version=proposal.version,
        )
    except MetadataError as error:
        findings = _of_documents(package, error.findings)
        raise MetadataError("package.invalid", findings=findings, count=len(findings)) from None


def _refuse(proposal: Proposal, merge_own: bool, expected_version: int | None) -> None:
    """Nothing, where the package may be put in force as far as it can be said before trying."""
    if expected_version is not None and expected_version != proposal.version:
        raise Conflict("conflict_schema", expected=expected_version, found=proposal.version)
    errors = [finding for finding in proposal.findings if finding.severity == "error"]
    if errors:
        raise MetadataError("package.invalid", findings=errors, count=len(errors))
    if proposal.merged.taken and not merge_own:
        taken = ", ".join("/".join(identity) for identity in proposal.merged.taken[:20])
        raise Conflict("package.taken", documents=taken)
    if proposal.merged.open:
        raise UndecidedConflicts(proposal.merged.open)
