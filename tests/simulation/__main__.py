"""`python build/dev.py simulate --nights N --seed S`: nights in virtual time, and what went wrong in them."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.simulation.command import main

    sys.exit(main(sys.argv[1:]))
