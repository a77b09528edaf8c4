"""The policy of one Catalog, held by casbin: the only file that imports it.

Two casbin facts shape this file. Its enforcer rebuilds its role links in place when it reloads, and then answers
wrongly, both ways, to whoever asks meanwhile; so a Policy is built once, aside, never reloaded, and replaced as a
whole when the Catalog is. And one `enforce` walks all rules (milliseconds), so requests never call it: `matching`
gives an actor's rules from an index, and `Access` is compiled from these once. `enforce` is the reference that
tests hold the compiled form to.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import casbin
from casbin.rbac.default_role_manager import RoleManager

from ..metadata.catalog import Catalog
from .actor import Actor
from .derived import Inputs, inputs_of
from .grants import Rule, links_of, rules_of

MODEL = """
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act, scope

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && (p.obj == "*" || r.obj == p.obj) && (p.act == "*" || r.act == p.act)
"""

DEEPEST_ROLE = 200
"""Levels of roles including roles that are followed."""

KEPT_POLICIES = 8


def subjects_of(actor: Actor) -> tuple[str, ...]:
    """What an actor is by himself, before roles include roles."""
    below = (f"department_below:{key}" for key in actor.department_path)
    own = (f"department:{key}" for key in actor.department_path[-1:])
    return (f"user:{actor.login}", *(f"role:{key}" for key in actor.roles), *own, *below, "everyone")


class Policy:
    """The rules of one Catalog. Never changes after it is built, so any number of threads may read it."""

    def __init__(self, rules: Iterable[Rule], links: Iterable[tuple[str, str]], inputs: Inputs) -> None:
        self.rules = tuple(rules)
        self.links = tuple(links)
        self.inputs = inputs
        self._by_subject: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self._by_subject.setdefault(rule.subject, []).append(rule)
        self._included: dict[str, list[str]] = {}
        for role, included in self.links:
            self._included.setdefault(role, []).append(included)

    def closure(self, subjects: Sequence[str]) -> tuple[str, ...]:
        """`subjects` and all roles they include, at any depth, each once. A circle of roles ends by itself."""
        found = dict.fromkeys(subjects)
        waiting = list(found)
        while waiting:
            for included in self._included.get(waiting.pop(), ()):
                if included not in found:
                    found[included] = None
                    waiting.append(included)
        return tuple(found)

    def matching(self, actor: Actor) -> list[Rule]:
        """The rules that speak of the actor."""
        return [rule for subject in self.closure(subjects_of(actor)) for rule in self._by_subject.get(subject, ())]

    def enforcer(self, actor: Actor) -> casbin.Enforcer:
        """A casbin enforcer of its own that knows the actor as `user:<login>`."""
        model = casbin.Enforcer.new_model(text=MODEL)
        # Appended as they are: the official loaders split values at commas and test each rule against all others.
        model["p"]["p"].policy.extend(list(rule) for rule in self.rules)
        own, *others = subjects_of(actor)
        model["g"]["g"].policy.extend([role, included] for role, included in self.links)
        model["g"]["g"].policy.extend([own, subject] for subject in others)
        enforcer = casbin.Enforcer(model)
        enforcer.set_role_manager(RoleManager(DEEPEST_ROLE))
        enforcer.build_role_links()
        return enforcer

    def enforce(self, actor: Actor, name: str, action: str) -> bool:
        """What casbin says: may the actor do `action` on `account` or `account.phone`?"""
        return bool(self.enforcer(actor).enforce(f"user:{actor.login}", name, action))


_kept: OrderedDict[int, tuple[Catalog, Policy]] = OrderedDict()
_lock = threading.Lock()


def policy_of(catalog: Catalog) -> Policy:
    """The Catalog's policy, built at its first use and kept beside it."""
    with _lock:
        known = _kept.get(id(catalog))
        if known is not None:
            return known[1]
    policy = Policy(rules_of(catalog), links_of(catalog), inputs_of(catalog))
    with _lock:
        # The Catalog is kept too: while it lives, no other object can have its id.
        _kept[id(catalog)] = (catalog, policy)
        while len(_kept) > KEPT_POLICIES:
            _kept.popitem(last=False)
    return policy
