"""Sessions of TLS, offered again by OpenSSL's own client."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from test_prometheus import tool
from test_web_client_certificates import VERIFY
from web_clients import PATIENCE, Files, get, listening


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with a certificate of the server, the authority and a client."""
    made = Files(tmp_path)
    made.renew()
    (tmp_path / "ca.pem").write_text(made.authority.pem)
    made.authority.sign().write(tmp_path, "client")
    return made


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize(("more", "resumed"), [({}, True), (VERIFY, False)], ids=["any", "known"])
async def test_session_that_openssl_keeps_is_taken_up_only_without_certificates(
    files: Files, version: str, more: dict[str, object], *, resumed: bool
) -> None:
    kept = str(files.folder / "session")
    async with listening(files.tls(**more)) as port:
        said = [
            await asyncio.to_thread(s_client, files, port, version, *arguments)
            for arguments in (["-sess_out", kept], ["-sess_in", kept])
        ]
    assert ["New, TLS" in said[0], "Reused, TLS" in said[0]] == [True, False]
    assert ["New, TLS" in said[1], "Reused, TLS" in said[1]] == [not resumed, resumed]


async def test_client_that_connects_again_and_again_is_verified_each_time(files: Files) -> None:
    async with listening(files.tls(**VERIFY)) as port:
        said = await asyncio.to_thread(s_client, files, port, "-tls1_2", "-reconnect")
    assert [said.count("New, TLS"), said.count("Reused, TLS")] == [6, 0]


def s_client(files: Files, port: int, *arguments: str) -> str:
    """What OpenSSL's own client says of a request and the connection it made."""
    pair = ["-cert", str(files.folder / "client.pem"), "-key", str(files.folder / "client.key")]
    place = ["-connect", f"127.0.0.1:{port}"]
    command = [tool("openssl"), "s_client", *place, *pair, "-ign_eof", *arguments]
    done = subprocess.run(command, input=get(), capture_output=True, timeout=PATIENCE, check=False)
    return done.stdout.decode(errors="replace")
