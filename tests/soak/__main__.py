"""`python -m tests.soak`: see --help."""

from __future__ import annotations

import sys

from tests.soak.run import main

if __name__ == "__main__":
    sys.exit(main())
