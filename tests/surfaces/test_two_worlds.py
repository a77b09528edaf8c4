"""Non-interference: two worlds that differ only in what somebody may not see tell him the same."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.surfaces.alike import listed, told
from tests.surfaces.surfaces import SURFACES, addresses
from tests.surfaces.world import World

words = st.text("abcxyz", min_size=1, max_size=6)
numbers = st.integers(1, 10**6)

UNSEEN_CELLS = {
    "secret": words,
    "phone": words,
    "secret_no": numbers,
    "secret_sum": numbers,
    "secret_kind": st.sampled_from([None, "x", "y"]),
    "secret_link": st.sampled_from([None, 1]),
    "score": numbers,
    "spent": numbers,
}
"""Fields of every firm that Rita never sees, or of which she sees no more than both ends."""

UNSEEN_IN_OTHERS = {"code": words, "size": numbers, "budget": numbers, "memo": words, "status": st.just("won")}
"""Fields she sees in her own rows only."""

UNSEEN_ROWS = {"name": words, "city": st.sampled_from(["Harbin", "Dalian"]), "owner": st.sampled_from([3, 4])}
"""What may be anything in rows she does not see, but for what would let her see them."""

changes = st.fixed_dictionaries(
    {
        "mine": st.fixed_dictionaries(UNSEEN_CELLS),
        "near": st.fixed_dictionaries({**UNSEEN_CELLS, **UNSEEN_IN_OTHERS}),
        "far": st.fixed_dictionaries({**UNSEEN_CELLS, **UNSEEN_IN_OTHERS, **UNSEEN_ROWS}),
        "lost": st.fixed_dictionaries({**UNSEEN_CELLS, **UNSEEN_IN_OTHERS, **UNSEEN_ROWS}),
    }
)


def transcript(world: World) -> list[Any]:
    """What Rita is told at the surfaces that read and at those that refuse."""
    rita, found = world.people["rita"], []
    ids = {"firm": {n: world.ids["firm"][n] for n in ("near", "mine")}, "deal": {"behind": 2}}
    for surface in SURFACES:
        if surface.path.startswith("/imports") or surface.kind or "/section/" in surface.path:
            continue
        for path in addresses(surface, ids):
            for ask in surface.asks[:3]:
                found.append((surface.method, path, ask, told(rita.ask(surface.method, path, **ask))))
    return found


def test_what_somebody_may_not_see_changes_nothing_he_is_told(world: World):
    before = transcript(world)

    @settings(
        max_examples=2, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(change=changes)
    def compare(change: dict[str, dict[str, Any]]) -> None:
        kept = perturb(world, change)
        try:
            after = transcript(world)
        finally:
            restore(world, kept)
        different = [(a[:3], a[3][0], b[3][0]) for a, b in zip(before, after, strict=True) if a != b]
        assert not different, listed(different)

    compare()


def perturb(world: World, change: dict[str, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Rewrite cells and the past beneath the program; what the rows held, by id.

    Codes stay unique, and of a masked cell both ends stay, which everybody sees.
    """
    kept = {}
    with world.database.writing() as conn:
        table = world.visitor.site.catalog(conn).table("firm")
        for name, values in change.items():
            record = world.ids["firm"][name]
            row = conn.execute(sa.select(table).where(table.c.id == record)).mappings().one()
            kept[record] = {key: row[key] for key in values}
            fitting = {"phone": f"{row['phone'][:2]}{values['phone']}{row['phone'][-2:]}"}
            if "code" in values:
                fitting["code"] = f"{values['code']}{record}"
            conn.execute(sa.update(table).where(table.c.id == record).values({**values, **fitting}))
    return kept


def restore(world: World, kept: dict[int, dict[str, Any]]) -> None:
    """Give the rows back what they held."""
    with world.database.writing() as conn:
        table = world.visitor.site.catalog(conn).table("firm")
        for record, values in kept.items():
            conn.execute(sa.update(table).where(table.c.id == record).values(values))
