"""The browser that shows the website to its tests. It is no dependency: Debian's package is called chromium."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)

NO_BROWSER = f"no browser: none of {', '.join(NAMES)} is on PATH"
"""Why a test that needs a browser is skipped."""
