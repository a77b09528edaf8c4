"""A studio with files in it: jobs with papers, photos and a signature, some of them hidden from sellers."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.prepared import opened
from tests.runtime.world import SELLING, Visitor, put
from tests.runtime.world import furnish as furnish_world

DOCUMENTS = (
    {
        "kind": "entity",
        "key": "job",
        "label": "Job",
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name", "required": True},
            {"key": "papers", "type": "file", "label": "Papers", "max_files": 3, "max_size": 20_000},
            {"key": "sheet", "type": "file", "label": "Sheet", "multiple": False, "types": ["spreadsheet", "dwg"]},
            {"key": "photos", "type": "image", "label": "Photos"},
            {"key": "signed", "type": "signature", "label": "Signed"},
            {"key": "secret", "type": "file", "label": "Secret"},
            {"key": "lines", "type": "subtable", "label": "Lines", "target": "job_line"},
        ],
    },
    {
        "kind": "entity",
        "key": "job_line",
        "label": "Line",
        "title": "what",
        "parent": "job",
        "fields": [
            {"key": "what", "type": "text", "label": "What", "required": True},
            {"key": "photo", "type": "image", "label": "Photo", "multiple": False},
        ],
    },
    {
        "kind": "grant",
        "key": "job.seller",
        "entity": "job",
        "label": "Sellers",
        "members": [{"role": "seller"}],
        "operations": {**SELLING, "export": "own", "import": True},
        "fields": {"*": "edit", "secret": "none", "lines": "edit"},
    },
)


def furnish(url: str) -> None:
    """Make the world with the studio in it."""
    furnish_world(url)
    with opened(url) as database:
        put(database, *DOCUMENTS)


def picture(width: int = 40, height: int = 30, kind: str = "PNG", color: str = "red", **more: Any) -> bytes:
    """A picture of one colour."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), color).save(target, kind, **more)
    return target.getvalue()


def send(visitor: Visitor, content: bytes, name: str = "paper.pdf", **more: Any) -> Any:
    """The answer to an upload. `entity` and `field` say what it is for."""
    return visitor.api("POST", "/files", files={"file": (name, content)}, data=more)


def uploaded(visitor: Visitor, content: bytes = b"%PDF-1.4 x", name: str = "paper.pdf", **more: Any) -> int:
    """The id of a new upload."""
    answer = send(visitor, content, name, **more)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def job(visitor: Visitor, **values: Any) -> dict[str, Any]:
    """A new job."""
    answer = visitor.api("POST", "/records/job", {"name": "Roof", **values})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def codes(answer: Any) -> dict[str, str]:
    """What was refused, by field."""
    assert answer.status_code == 422, (answer.status_code, answer.text)
    return {error["field"]: error["code"] for error in answer.json()["errors"]}
