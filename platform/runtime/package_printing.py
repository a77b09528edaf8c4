"""What the commands about packages print: conflicts, proposals, differences, what depends on a package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..metadata.nodes import Difference
from ..metadata.nodewords import kind_in_words, path_in_words, value_in_words
from ..metadata.packages import Customised, Dispute, Proposal, Removal
from ..metadata.store import Identity
from ..metadata.wording import say
from .cli import language
from .cli.metadata import print_findings


def _document(identity: Identity) -> str:
    return f"{kind_in_words(identity[0], language())} {identity[1]}"


def _value(value: Any) -> str:
    return "; ".join(value_in_words(value, language()))


def print_disputes(disputes: Iterable[Dispute]) -> None:
    """Each conflict with what it is called in a file of choices, where it is, and the three values."""
    lang = language()
    for each in disputes:
        place = path_in_words(each.path, lang, each.base, each.theirs, each.ours)
        print(f"{each.name}  [{each.choice or say('cli.template.undecided', lang)}]")
        print(f"    {_document((each.kind, each.key))}: {place}")
        for side in ("base", "theirs", "ours"):
            print(f"    {say(f'cli.template.side.{side}', lang)}: {_value(getattr(each, side))}")


def print_differences(nodes: Iterable[Difference], *trees: Any) -> None:
    """One line per node: where, before, after."""
    for node in nodes:
        place = path_in_words(node.path, language(), *trees)
        print(f"    {node.path}  {place}: {_value(node.before)} → {_value(node.after)}")


def print_customised(changed: Sequence[Customised]) -> None:
    """The documents the site changed, node by node."""
    lang = language()
    for each in changed:
        note = "  " + say("cli.template.deleted", lang) if each.deleted else ""
        print(f"{_document(each.identity)}{note}")
        print_differences(each.differences, each.shipped, each.document)
    print(say("cli.template.changed_documents", lang, count=len(changed)))


def print_proposal(proposal: Proposal) -> None:
    """What putting a package in force would mean."""
    lang = language()
    print_findings(proposal.findings)
    for name, identities in proposal.changes.items():
        for identity in identities:
            print(f"{say(f'cli.template.{name}', lang)}  {_document(identity)}")
    for identity in proposal.merged.taken:
        print(say("cli.template.taken", lang, document=_document(identity)))
    if proposal.merged.merged:
        print(say("cli.template.merged", lang, count=len(proposal.merged.merged)))
    print_disputes(proposal.merged.disputes)
    for effect in proposal.preview.effects if proposal.preview else ():
        print(f"{effect.level}: {effect.describe(lang)}")
    print(say("cli.template.conflicts", lang, count=len(proposal.merged.open)))


def print_removal(removal: Removal) -> None:
    """What taking a package out of force would mean."""
    lang = language()
    for identity in removal.dependents:
        print(say("cli.template.dependent", lang, document=_document(identity)))
    for identity in removal.restored:
        print(say("cli.template.restored", lang, document=_document(identity)))
    for identity in removal.kept:
        print(say("cli.template.kept", lang, document=_document(identity)))
    print_findings(removal.blocking)
    for effect in removal.preview.effects:
        print(f"{effect.level}: {effect.describe(lang)}")
    print(say("cli.template.rows", lang, count=removal.rows, customised=len(removal.customised)))
