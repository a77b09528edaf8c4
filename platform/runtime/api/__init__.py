"""The REST API under `/api/v1`: JSON in and out, the caller's rights and nothing beside them."""
