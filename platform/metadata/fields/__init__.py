"""The field types, one file each. Importing this package fills `FIELD_TYPES`; this is the only list of them."""
