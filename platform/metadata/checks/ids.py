"""Every check by its id. An id never changes its meaning; a check that is given up leaves a gap."""

from __future__ import annotations

MEANING = {
    # One document by itself.
    "M101": "the document has no known kind, or is not an object",
    "M102": "the document is too large or nested too deeply",
    "M103": "a property is missing",
    "M104": "a property is unknown",
    "M105": "a value has the wrong JSON type",
    "M106": "a value is not one of the allowed ones",
    "M107": "a key or text does not have the required form",
    "M108": "a value is too long, too many, too large or too small",
    "M109": "a value does not fit the schema in another way",
    "M110": "the same document is given twice",
    "M111": "there are more entities than supported",
    # Entities, fields, option sets.
    "M201": "an entity has a reserved key",
    "M202": "a field has the key of a field every record has",
    "M203": "a field has a key that is a word of SQL",
    "M204": "two fields of an entity have the same key",
    "M205": "the title of an entity is not one of its fields",
    "M206": "the title of an entity is a field that cannot name a record",
    "M208": "two options have the same key",
    "M210": "a sub-table holds rows of an entity whose parent is another",
    "M211": "an entity is the child of a child",
    "M212": "entities are each other's parents",
    "M213": "a setting makes no sense for a field of this type",
    "M214": "the default is not a value of the field",
    "M215": "a field has both a default and a formula for it",
    "M216": "a required reference would be emptied on delete",
    "M217": "the smallest allowed value is greater than the largest",
    "M218": "a regular expression is invalid or could take for ever",
    "M219": "an entity has more indexed fields than supported",
    "M220": "a formula cannot be compiled",
    "M221": "a formula for a default cannot be compiled",
    "M222": "fields are computed from each other in a circle, or a stored one asks who is looking",
    "M223": "a roll-up aggregates in a way the field does not offer",
    "M224": "a condition cannot be understood",
    # What documents name.
    "M301": "an entity is named that does not exist",
    "M302": "a field is named that does not exist",
    "M303": "an option set is named that does not exist",
    "M304": "a role is named that does not exist",
    "M305": "a list is named that does not exist",
    "M306": "a dashboard is named that does not exist",
    # Layouts.
    "M310": "an entity has more than one default list",
    "M311": "two sections or cards have the same key",
    "M312": "a field stands twice in a layout",
    "M313": "a list is sorted by a field that has no order",
    "M314": "the stage of a detail layout is a field without options",
    "M315": "a related list or what is added to a record goes by a field that does not point here",
    "M316": "a measure aggregates in a way the field does not offer",
    "M317": "a period is asked of a field that is no date",
    "M318": "an entity has more than one form or detail layout",
    "M319": "a card has nothing to show",
    "M320": "a card stands out of the grid",
    "M321": "a card opens a list of another entity",
    # Roles and grants.
    "M401": "roles include each other in a circle",
    "M402": "a grant is about a sub entity, whose rights follow its parent",
    "M403": "a condition of a grant compares with nothing",
    "M404": "an operation of a grant has no scope",
    "M405": "a grant has no members",
    "M406": "a grant allows nothing",
    "M407": "a grant lets people edit a computed field",
}
"""What each finding means, for the reference page."""

WARNINGS = frozenset({"M206", "M318", "M320", "M404", "M405", "M406", "M407"})
"""Findings that do not stop a changeset."""
