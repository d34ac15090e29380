"""
The steps that read a stored value back, with the real jq (Debian: package jq), and those that find
a certificate in its file, with the real openssl.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from test_remedy import VAULT, subject
from test_remedy_commands import quoted_for_bash, run

from exporter.model import Cause, CredentialKind
from exporter.remedy import Place, remedy

MAKE = """
set -e
for name in authority leaf; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \\
    -subj /CN=$name -keyout $name.key -out $name.crt
done
cat authority.crt leaf.crt leaf.key > chain.pem
cat authority.crt leaf.key > wrong.pem
openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile authority.crt -passout pass: \\
  -out chain.pfx
"""


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A chain whose leaf comes second, a pair that does not match, and PKCS#12."""
    assert shutil.which("openssl"), "install openssl"
    subprocess.run(["bash", "-c", MAKE], cwd=tmp_path, check=True, capture_output=True)  # noqa: S607
    return tmp_path


def shown(where: Path, name: str, file: str) -> str:
    """What one of the steps about a certificate says."""
    about = subject(Place("file", file=file), kind=CredentialKind.CERTIFICATE)
    causes = (Cause.CERTIFICATE_NOT_REGISTERED, Cause.SOURCE_UNREADABLE)
    step = next(s for cause in causes for s in remedy(cause, about) if s.name == name)
    given = "pkcs12 -in"
    # It asks for a password, here for none.
    command = step.command.replace(given, f"pkcs12 -passin pass: {given[7:]}")
    run([f"unset -f openssl; {{ {command}; }} > said 2>&1"], where)
    return (where / "said").read_text()


@pytest.mark.parametrize("file", ["chain.pem", "chain.pfx"])
@pytest.mark.parametrize("name", ["show_certificate", "read_certificate"])
def test_of_a_chain_the_certificate_of_the_private_key_is_shown(
    certificates: Path, name: str, file: str
) -> None:
    text = shown(certificates, name, file)
    assert "leaf" in text
    assert "authority" not in text


@pytest.mark.parametrize("file", ["chain.pem", "chain.pfx"])
def test_of_a_chain_the_certificate_of_the_private_key_is_registered(
    certificates: Path, file: str
) -> None:
    shown(certificates, "register_certificate", file)
    public = (certificates / "new-certificate.pem").read_text()
    assert public == (certificates / "leaf.crt").read_text()


def test_pair_that_does_not_match_is_named(certificates: Path) -> None:
    assert "matches private key" in shown(certificates, "read_certificate", "wrong.pem")


def test_what_the_vault_holds_is_tried_byte_for_byte(tmp_path: Path) -> None:
    assert shutil.which("jq"), "install jq"
    stored = "with a line break\n"
    step = next(s for s in remedy(Cause.REVOKED, subject(VAULT)) if s.name == "prove_key_vault")
    run([f"az() {{ echo {quoted_for_bash(json.dumps(stored))}; }}\n{step.command}"], tmp_path)

    assert (tmp_path / "piped").read_text() == stored
