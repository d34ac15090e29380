"""The steps that read a stored value back, with the real jq (Debian: package jq)."""

import json
import shutil
from pathlib import Path

from test_remedy import VAULT, subject
from test_remedy_commands import quoted_for_bash, run

from exporter.model import Cause
from exporter.remedy import remedy


def test_what_the_vault_holds_is_tried_byte_for_byte(tmp_path: Path) -> None:
    assert shutil.which("jq"), "install jq"
    stored = "with a line break\n"
    step = next(s for s in remedy(Cause.REVOKED, subject(VAULT)) if s.name == "prove_key_vault")
    run([f"az() {{ echo {quoted_for_bash(json.dumps(stored))}; }}\n{step.command}"], tmp_path)

    assert (tmp_path / "piped").read_text() == stored
