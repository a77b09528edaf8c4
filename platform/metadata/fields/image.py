"""Pictures, shown as such."""

from __future__ import annotations

from ..errors import ValueRefused
from ..model import Field
from ..uploads import PICTURES, FileFacts
from .file import FILE_EXAMPLES
from .files import COUNT_SCHEMA, SIZE_SCHEMA, Files


class Image(Files):
    """Uploaded pictures that a browser can show."""

    name = "image"
    picture = True
    label_words = ("图片", "照片", "头像", "picture", "photo", "image", "logo")
    options_schema = {"multiple": {"type": "boolean"}, "max_files": COUNT_SCHEMA, "max_size": SIZE_SCHEMA}
    examples = FILE_EXAMPLES

    def endings(self, field: Field) -> tuple[str, ...]:
        return ("png", "jpg", "jpeg", "gif", "webp")

    def judge(self, field: Field, file: FileFacts) -> None:
        if file.media_type not in PICTURES or not file.is_picture:
            raise ValueRefused("not_a_picture", name=file.name)
        super().judge(field, file)
