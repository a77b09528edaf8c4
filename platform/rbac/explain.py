"""Why: which grant gives or withholds an operation, a field or a record, to whom and on which rows.

An Explanation is data; `lines` words it. It is read from the same decisions that secure every SELECT, so it cannot
tell another story than the one that holds. Only administrators may ask about others: the caller has required that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.catalog import Catalog
from ..metadata.conditions import sentence
from ..metadata.errors import NotFound, UnknownField
from ..metadata.model import Entity
from ..metadata.wording import say, text_of
from . import accounts
from .access import Access, access_for
from .actor import Actor, load_actor
from .decisions import Allowance, Decisions
from .derived import Input
from .grants import OPERATIONS, OWNERSHIP, Rule, is_entered
from .policy import Policy, policy_of, subjects_of
from .scope import NOTHING, PARTS, Scope, parse_scope, scope_clause
from .tables import policy_version


@dataclass(frozen=True, slots=True)
class Ground:
    """One grant in favour: the subject through which it reaches the actor, the rows, and whether the one asked
    about is among them (None when none was)."""

    grant: str
    subject: str
    scope: Scope
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one thing is allowed (`edit`, `phone:view`), by which grants, or else the code of why not."""

    name: str
    grounds: tuple[Ground, ...]
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        """Allowed on some row, or on the record asked about."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All verdicts on one person and one entity, and what could not be understood in the grants that reach him."""

    login: str
    entity: Entity
    record: int | None
    subjects: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[tuple[str, str], ...]
    catalog: Catalog

    def lines(self, lang: str) -> list[str]:
        """The explanation in sentences."""
        subjects = ", ".join(say_subject(subject, self.catalog, lang) for subject in self.subjects)
        head = say("explain.head", lang, login=self.login, entity=self.entity.text(lang), subjects=subjects)
        problems = [say("explain.problem", lang, grant=grant, problem=text) for grant, text in self.problems]
        return [head, *(self._line(verdict, lang) for verdict in self.verdicts), *problems]

    def _line(self, verdict: Verdict, lang: str) -> str:
        found = [self._ground(ground, lang) for ground in verdict.grounds]
        if verdict.reason is not None:
            found.insert(0, say(f"explain.{verdict.reason}", lang, **verdict.data))
        answer = say("explain.yes" if verdict.allowed else "explain.no", lang)
        return f"{verdict.name}: {answer} — {'; '.join(found)}"

    def _ground(self, ground: Ground, lang: str) -> str:
        text = say(
            "explain.ground",
            lang,
            grant=ground.grant,
            subject=say_subject(ground.subject, self.catalog, lang),
            scope=say_scope(ground.scope, self.entity, self.catalog, lang),
        )
        return text if ground.holds is None else f"{'✓' if ground.holds else '✗'} {text}"

    def as_json(self, lang: str) -> dict[str, Any]:
        """The explanation as data, with the sentences of `lang`."""
        return {
            "login": self.login,
            "entity": self.entity.key,
            "id": self.record,
            "subjects": list(self.subjects),
            "verdicts": [
                {
                    "name": verdict.name,
                    "allowed": verdict.allowed,
                    "reason": verdict.reason,
                    "text": self._line(verdict, lang),
                    "grounds": [
                        {"grant": ground.grant, "subject": ground.subject, "holds": ground.holds}
                        for ground in verdict.grounds
                    ],
                }
                for verdict in self.verdicts
            ],
            "problems": [{"grant": grant, "text": text} for grant, text in self.problems],
        }


def explain(
    conn: Connection,
    catalog: Catalog,
    login: str,
    entity: str,
    *,
    field: str | None = None,
    record: int | None = None,
) -> Explanation:
    """What the account may do with the entity, one field of it, one record of it, and why.

    Raises NotFound for an unknown account, entity or record, UnknownField for an unknown field.
    """
    chosen = catalog.entity(entity)
    if field is not None and field not in chosen.all_fields:
        raise UnknownField(field)
    user_id = accounts.find(conn, login)
    actor = load_actor(conn, user_id, policy_version(conn))
    if actor is None:
        verdicts = tuple(Verdict(name, (), "account_disabled") for name in _names(field))
        return Explanation(login, chosen, record, (), verdicts, (), catalog)
    case = _Case(catalog, actor, chosen)
    verdicts = tuple(case.field_verdicts(field) if field else case.operation_verdicts())
    if record is not None:
        verdicts = _judge_record(conn, case, verdicts, record)
    return Explanation(actor.login, chosen, record, case.subjects, verdicts, tuple(case.problems()), catalog)


def _names(field: str | None) -> tuple[str, ...]:
    return OPERATIONS if field is None else (f"{field}:view", f"{field}:edit")


class _Case:
    """One person and one entity, with the rules that meet."""

    def __init__(self, catalog: Catalog, actor: Actor, entity: Entity) -> None:
        self.catalog = catalog
        self.entity = entity
        self.policy: Policy = policy_of(catalog)
        self.access: Access = access_for(catalog, actor)
        self.subjects = self.policy.closure(subjects_of(actor))
        self.rules: list[Rule] = self.policy.matching(actor)
        self.reached_by = {rule.grant: rule.subject for rule in reversed(self.rules)}

    def decisions(self, entity: str) -> Decisions | None:
        return self.access.decisions.get(entity)

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        found = self.decisions(self.entity.key)
        return found.allowances if found else ()

    def operation_verdicts(self) -> Iterable[Verdict]:
        for name in OPERATIONS:
            grounds = self._grounds(name, self.allowances)
            yield Verdict(name, grounds, None if grounds else self._why_no_operation(name))

    def field_verdicts(self, key: str) -> Iterable[Verdict]:
        for action in ("view", "edit"):
            name = f"{key}:{action}"
            if action == "edit" and key in OWNERSHIP:
                grounds = self._grounds("assign", self.allowances)
                yield Verdict(name, grounds, None if grounds else "needs_assign")
                continue
            showing = [a for a in self.allowances if key in (a.view if action == "view" else a.edit)]
            grounds = self._grounds(action, showing)
            reason, data = (None, {}) if grounds else self._why_no_field(key, action)
            if action == "edit" and not is_entered(self.entity.all_fields[key]):
                reason, data, grounds = "never_written", {}, ()
            yield Verdict(name, grounds, reason, data)

    def _grounds(self, operation: str, allowances: Iterable[Allowance]) -> tuple[Ground, ...]:
        return tuple(
            Ground(a.grant, self.reached_by.get(a.grant, ""), a.scopes[operation])
            for a in sorted(allowances, key=lambda each: each.grant)
            if operation in a.scopes
        )

    def _why_no_operation(self, name: str) -> str:
        return "not_in_grants" if self.allowances else "no_grant"

    def _why_no_field(self, key: str, action: str) -> tuple[str, dict[str, Any]]:
        if not self.allowances:
            return "no_grant", {}
        if not any(action in a.scopes for a in self.allowances):
            return "not_in_grants", {}
        hidden = self._hidden_inputs(key) if action == "view" else []
        return ("input_hidden", {"inputs": ", ".join(hidden)}) if hidden else ("field_not_in_grants", {})

    def _hidden_inputs(self, key: str) -> list[str]:
        """Inputs of a derived field without which some grant would show it."""
        named = {rule.grant for rule in self.rules if rule.object.endswith(f".{key}") and rule.action == "view"}
        viewing = {a.grant for a in self.allowances if "view" in a.scopes} & named
        needed = self.policy.inputs.get(self.entity.key, {}).get(key, ())
        return sorted({f"{i.entity}.{i.name}" for i in needed for grant in viewing if not self._sees(i, grant)})

    def _sees(self, needed: Input, grant: str) -> bool:
        decisions = self.decisions(needed.entity)
        if decisions is None:
            return False
        by_grant = any(a.grant == grant and needed.name in a.view for a in decisions.allowances)
        return (needed.same_grant and by_grant) or decisions.shown.get(needed.name, NOTHING).everything

    def problems(self) -> Iterable[tuple[str, str]]:
        """(grant, what is wrong) for scopes that deny because they cannot be understood."""
        for allowance in dict.fromkeys(a.grant for a in self.allowances):
            grant = self.catalog.grants.get(allowance)
            if grant is None:
                continue
            entity = self.catalog.entities[grant.entity]
            for raw in grant.operations.values():
                for problem in parse_scope(raw, entity, self.catalog)[1]:
                    yield allowance, problem


def _judge_record(
    conn: Connection, case: _Case, verdicts: tuple[Verdict, ...], record: int
) -> tuple[Verdict, ...]:
    """The verdicts for one record, live or in the bin. Raises NotFound. Queries: 1."""
    scopes = list(dict.fromkeys(ground.scope for verdict in verdicts for ground in verdict.grounds))
    table, env = case.catalog.table(case.entity.key), case.access.env
    clauses = [
        sa.case((scope_clause(scope, table, case.entity, case.catalog, env), 1), else_=0).label(f"s{n}")
        for n, scope in enumerate(scopes)
    ]
    row = conn.execute(sa.select(table.c.id, *clauses).where(table.c.id == record)).first()
    if row is None:
        raise NotFound()
    holding = dict(zip(scopes, (bool(value) for value in row[1:]), strict=True))
    return tuple(_with_holding(verdict, holding) for verdict in verdicts)


def _with_holding(verdict: Verdict, holding: Mapping[Scope, bool]) -> Verdict:
    grounds = tuple(Ground(g.grant, g.subject, g.scope, holding[g.scope]) for g in verdict.grounds)
    reason = verdict.reason
    if reason is None and not any(ground.holds for ground in grounds):
        reason = "out_of_scope"
    return Verdict(verdict.name, grounds, reason, verdict.data)


def say_subject(subject: str, catalog: Catalog, lang: str) -> str:
    """A policy subject in words: role, department, person or everyone."""
    kind, _, key = subject.partition(":")
    role = catalog.roles.get(key) if kind == "role" else None
    return say(f"subject.{kind}", lang, key=text_of(role.label, lang, key) if role else key)


def say_scope(scope: Scope, entity: Entity, catalog: Catalog, lang: str) -> str:
    """A scope in words."""
    if scope.everything:
        return say("scope.all", lang)
    found = [say(f"scope.{part}", lang) for part in PARTS if part in scope.parts]
    for where in sorted(scope.conditions, key=lambda each: each.text):
        found.append(" ".join(sentence(where.condition, entity, catalog, lang)))
    if scope.inside is not None:
        parent = catalog.entity(scope.inside.parent)
        rows = say_scope(scope.inside.scope, parent, catalog, lang)
        found.append(say("scope.inside", lang, parent=parent.text(lang), rows=rows))
    return say("scope.or", lang).join(found) or say("scope.none", lang)
