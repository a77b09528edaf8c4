"""The field types, one file each. Importing this package fills `FIELD_TYPES`; this is the only list of them."""

from pathlib import Path

from ..wording import register
from . import (  # noqa: F401
    autonumber,
    boolean,
    date,
    datetime,
    decimal,
    department,
    email,
    file,
    formula,
    image,
    integer,
    money,
    multiselect,
    percent,
    phone,
    relation,
    rollup,
    select,
    signature,
    stage,
    subtable,
    text,
    textarea,
    url,
    user,
)

register(Path(__file__).parent.parent / "wording" / "fields")
