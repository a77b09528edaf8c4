"""A signature, drawn with a mouse, a finger or a pen."""

from __future__ import annotations

from ..errors import ValueRefused
from ..fieldtype import Examples, InputWidget
from ..model import Field
from ..uploads import FileFacts
from .files import Files

WIDEST, HIGHEST, LARGEST = 2400, 1600, 1_000_000
"""A drawing of more pixels, or bytes, was not made by our forms."""


class Signature(Files):
    """One drawing, kept as a PNG picture."""

    name = "signature"
    picture = True
    label_words = ("签名", "签字", "signature")
    options_schema = {}
    examples = Examples(
        valid=(([7], (7,)), (["7"], (7,)), ([], None), ("", None)),
        invalid=(("x", "not_files"), ([1, 2], "too_many_files")),
        invalid_json=("7", [1, 2]),
    )

    def most(self, field: Field) -> int:
        return 1

    def largest(self, field: Field) -> int | None:
        return LARGEST

    def endings(self, field: Field) -> tuple[str, ...]:
        return ("png",)

    def judge(self, field: Field, file: FileFacts) -> None:
        if file.media_type != "image/png" or file.width is None or file.height is None:
            raise ValueRefused("not_a_signature")
        if file.width > WIDEST or file.height > HIGHEST or file.size > LARGEST:
            raise ValueRefused("not_a_signature")

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("signature", {"most": 1, "largest": LARGEST, "accept": ".png", "picture": True})
