"""Writes what a plan says, through Records and nothing else, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from formloom.runtime.records import ABSENT, Records, Written

from .plan import Plan
from .verdict import Verdicts

if TYPE_CHECKING:
    from formloom.runtime.context import Context

BATCH_ROWS = 2_000
"""Rows written between two looks at progress and cancellation."""

Progress = Callable[[int, int], None]


def verdicts_of(plan: Plan) -> Verdicts:
    """What is already known before anything is written: skips, refusals and warnings."""
    columns = plan.columns
    return Verdicts(
        plan.size, skipped=dict(plan.skip), refused=dict(columns.refused), warnings=dict(columns.warnings)
    )


def write(ctx: Context, plan: Plan, verdicts: Verdicts, progress: Progress, only: range | None = None) -> None:
    """Create and update the plan's rows, those at the positions `only` if given, and note each result.

    A row Records refuses is noted as refused and not written; whether the others may stay is the caller's choice.
    """
    create = [p for p in plan.create if only is None or p in only]
    update = [p for p in plan.update if only is None or p in only]
    total, done = len(create) + len(update), 0
    for positions in _batches(create):
        _create(ctx, plan, positions, verdicts)
        done += len(positions)
        progress(done, total)
    for positions in _batches(update):
        _update(ctx, plan, positions, verdicts)
        done += len(positions)
        progress(done, total)


def _batches(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(positions), BATCH_ROWS):
        yield positions[start : start + BATCH_ROWS]


def _create(ctx: Context, plan: Plan, positions: Sequence[int], verdicts: Verdicts) -> None:
    # An empty cell says nothing, so that the field's default applies.
    given = _columns(plan, positions)
    written = Records(ctx, confirmed=None).create_many(plan.entity, given, source="typed", mode="each")
    _note(written, positions, verdicts.created, verdicts)


def _update(ctx: Context, plan: Plan, positions: Sequence[int], verdicts: Verdicts) -> None:
    # An empty cell leaves what the record holds: a sheet that lacks a value must not blank it.
    given = _columns(plan, positions)
    ids = [plan.update[position] for position in positions]
    written = Records(ctx, confirmed=None).update_many(plan.entity, ids, given, source="typed", mode="each")
    _note(written, positions, verdicts.updated, verdicts)


def _columns(plan: Plan, positions: Sequence[int]) -> dict[str, list[Any]]:
    every = len(positions) == plan.size
    return {
        key: [ABSENT if v is None else v for v in (values if every else [values[p] for p in positions])]
        for key, values in plan.columns.values.items()
    }


def _note(
    written: Written,
    positions: Sequence[int],
    into: dict[int, int],
    verdicts: Verdicts,
) -> None:
    for position, identity in zip(positions, written.ids, strict=True):
        if identity is not None:
            into[position] = identity
    for index, refusals in written.errors.items():
        verdicts.refused[positions[index]] = list(refusals)
    for index, warnings in written.warnings.items():
        # What a rule warns of does not keep a row out: nobody sits there to confirm it.
        known = verdicts.warnings.setdefault(positions[index], [])
        known.extend(warning for warning in warnings if warning not in known)
