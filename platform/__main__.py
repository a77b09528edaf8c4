"""`python -m formloom` is the `formloom` command."""

import sys

from .runtime.cli import main

sys.exit(main())
