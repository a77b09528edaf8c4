"""How the buckets of dates are called in the reader's language: in full, and in few characters for an axis."""

from __future__ import annotations

from datetime import date

from ...metadata.wording import say


def bucket_name(first: date, bucket: str, lang: str) -> str:
    """The bucket in full: `Nov 2026`, `2026年11月`."""
    return say(f"dashboard.bucket.{bucket}", lang, **_parts(first, bucket, lang))


def axis_name(first: date, bucket: str, lang: str, before: date | None) -> str:
    """The bucket on an axis after `before`: `Nov`, `11月`; where a year begins it stands below."""
    text = say(f"dashboard.axis.{bucket}", lang, **_parts(first, bucket, lang))
    year = _year(first, bucket)
    turns = before is None if bucket in ("month", "quarter", "week") else False
    if bucket != "year" and (turns or (before is not None and _year(before, bucket) != year)):
        return f"{text}\n{year}"
    return text


def _parts(first: date, bucket: str, lang: str) -> dict[str, object]:
    return {
        "year": _year(first, bucket),
        "quarter": (first.month + 2) // 3,
        "month": say(f"dashboard.month.{first.month}", lang),
        "week": first.isocalendar().week,
        "day": first.day,
    }


def _year(first: date, bucket: str) -> int:
    return first.isocalendar().year if bucket == "week" else first.year
