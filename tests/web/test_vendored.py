"""What we did not write ourselves is what its makers published, and says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor"
NAMED = json.loads((VENDOR / "vendor.json").read_text())


def test_every_vendored_script_is_named_with_its_version_licence_and_sum() -> None:
    scripts = {path.name for path in VENDOR.glob("*.js")}
    assert scripts == {one["file"] for one in NAMED}
    for one in NAMED:
        assert hashlib.sha256((VENDOR / one["file"]).read_bytes()).hexdigest() == one["sha256"], one["file"]
        assert (VENDOR / one["licence_file"]).read_text()
        assert one["version"]
        assert one["home"].startswith("https://")
