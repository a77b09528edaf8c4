"""What exists: documents, field types, the catalog and how it changes. Knows no users and no HTTP."""
