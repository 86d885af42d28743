"""Which browser is driven, and how it is started."""

from __future__ import annotations

import os
import shutil

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
MISSING = "no Chromium: get one with `apt-get install chromium`, or name one in TFEXPLAIN_CHROMIUM"


def chromium() -> str | None:
    """Where Chromium is, None where there is none."""
    return os.environ.get("TFEXPLAIN_CHROMIUM") or shutil.which("chromium")
