"""Who may: accounts, organisation, grants and their compiled form. Knows no HTTP."""
