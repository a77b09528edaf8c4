"""Files of any kind: contracts, scans, workbooks."""

from __future__ import annotations

from ..errors import ValueRefused
from ..fieldtype import Examples
from ..model import Field
from ..uploads import LARGEST_ID, FileFacts, fits
from .files import COUNT_SCHEMA, SIZE_SCHEMA, Files

FILE_EXAMPLES = Examples(
    valid=(
        ([7, 12], (7, 12)),
        (["12", "7", "12"], (12, 7)),
        ([LARGEST_ID], (LARGEST_ID,)),
        (3, (3,)),
        (["", ""], None),
        ([], None),
        ("", None),
    ),
    invalid=(
        ("quote.pdf", "not_files"),
        ("7", "not_files"),
        ([0], "not_files"),
        ([LARGEST_ID + 1], "not_files"),
        ([True], "not_files"),
        ([1.5], "not_files"),
        ([["7"]], "not_files"),
        ({"id": 7}, "not_files"),
        ([1, 2, 3, 4], "too_many_files"),
    ),
    invalid_json=("7", 7, ["7"], [0], [7, 7], [1.5], [1, 2, 3, 4]),
    options={"max_files": 3},
)


class File(Files):
    """Uploaded files; `types` names the groups (`image`, `document`, …) and endings that are welcome."""

    name = "file"
    label_words = ("附件", "文件", "扫描件", "attachment", "file")
    options_schema = {
        "multiple": {"type": "boolean"},
        "max_files": COUNT_SCHEMA,
        "max_size": SIZE_SCHEMA,
        "types": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^\.?[A-Za-z0-9]{1,12}$"},
            "minItems": 1,
            "maxItems": 40,
            "uniqueItems": True,
        },
    }
    examples = FILE_EXAMPLES

    def judge(self, field: Field, file: FileFacts) -> None:
        endings = self.endings(field)
        if endings and not fits(file, endings):
            raise ValueRefused("file_kind", name=file.name, kinds=", ".join(endings[:12]))
        super().judge(field, file)
