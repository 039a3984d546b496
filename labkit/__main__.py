"""`python -m labkit` is the `labkit` command, where its launcher is not in PATH or can't run."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
