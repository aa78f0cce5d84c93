"""``python -m harness.bench``."""

from __future__ import annotations

import sys

from harness.bench.runner import main

sys.exit(main())
