"""Basic authentication, the rate limit and the headers of the web configuration file."""

import base64
from pathlib import Path

import bcrypt
import httpx
import pytest
from web_clients import HASH, Files, get, listening, said, status

from exporter.web.access.rate import Bucket

USERS = {"prometheus": HASH}
PATHS = [
    "/",
    "/metrics",
    "/runbooks",
    "/runbooks/",
    "/runbooks/EntraCredentialExpired",
    "/api/v1/credentials",
    "/api/v1/verifications",
    "/static/style.css",
    "/-/healthy",
    "/-/ready",
    "/-/reload",
    "/nothing",
    "/..%2f",
]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder for the file."""
    return Files(tmp_path)


def basic(user: str | bytes, password: str | bytes) -> str:
    """An Authorization header."""
    both = b":".join(
        part if isinstance(part, bytes) else part.encode() for part in (user, password)
    )
    return f"Authorization: Basic {base64.b64encode(both).decode()}"


GOOD = basic("prometheus", "secret")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
async def test_nothing_at_all_is_answered_without_the_password(
    files: Files, path: str, method: str
) -> None:
    asked = get(path).replace(b"GET", method.encode())
    right = get(path, GOOD).replace(b"GET", method.encode())
    async with listening(files.write(basic_auth_users=USERS)) as port:
        without = await said(port, asked)
        known = await said(port, right)
    assert status(without) == 401
    assert b"\r\nWWW-Authenticate: Basic\r\n" in without
    assert without.endswith(b"\r\n\r\nUnauthorized\n")
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in without
    assert status(known) not in {401, 500}


@pytest.mark.parametrize(
    "header",
    [
        basic("prometheus", "wrong"),
        basic("prometheus", ""),
        basic("nobody", "secret"),
        basic("", ""),
        basic("prometheus", "secret" + "x" * 67),
        basic("prometheus", "s" * 5000),
        basic("prometheus", "secret\0"),
        basic("prometheus", "\0"),
        basic(b"\xff\xfe", b"\xff"),
        basic("Prometheus", "secret"),
        "Authorization: Basic",
        "Authorization: Basic ====",
        "Authorization: Basic !!!!",
        "Authorization: Basic cHJvbWV0aGV1cw==",  # a name without a colon
        "Authorization: Bearer secret",
        "Authorization: \x80\xff",
        GOOD.replace("Basic ", "Basic  "),
        GOOD + "=",
    ],
)
async def test_wrong_passwords_of_every_shape_are_401_and_never_an_error(
    files: Files, header: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = get("/metrics").replace(b"\r\n\r\n", b"\r\n" + header.encode("latin-1") + b"\r\n\r\n")
    async with listening(files.write(basic_auth_users=USERS)) as port:
        assert status(await said(port, request)) == 401
    assert capsys.readouterr().out == ""


async def test_password_of_72_bytes_is_compared_whole_and_a_longer_one_not_at_all(
    files: Files,
) -> None:
    longest = "x" * 71 + "y"
    users = {"prometheus": bcrypt.hashpw(longest.encode(), bcrypt.gensalt(4)).decode()}
    given = [longest, longest[:-1], longest[:-1] + "z", longest + "z"]
    async with listening(files.write(basic_auth_users=users)) as port:
        found = [status(await said(port, get("/", basic("prometheus", one)))) for one in given]
    assert found == [200, 401, 401, 401]


async def test_unknown_user_is_compared_as_often_as_a_known_one(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, real = list[bytes](), bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    async with listening(files.write(basic_auth_users=USERS)) as port:
        for user in ("prometheus", "nobody"):
            assert status(await said(port, get("/", basic(user, "wrong")))) == 401
    assert [hashed[:7] for hashed in compared] == [b"$2b$04$"] * 2


async def test_scheme_is_read_in_any_case_and_names_may_be_unicode(files: Files) -> None:
    users = USERS | {"Jürgen": HASH}
    async with listening(files.write(basic_auth_users=users)) as port:
        assert status(await said(port, get("/", GOOD.replace("Basic", "bAsIc")))) == 200
        assert status(await said(port, get("/", basic("Jürgen", "secret")))) == 200


async def test_users_change_with_the_file_at_the_next_request(files: Files) -> None:
    other = bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()
    found = []
    async with listening(files.write(basic_auth_users=USERS)) as port:
        found.append(status(await said(port, get("/", GOOD))))
        files.write(basic_auth_users={"prometheus": other})
        found.append(status(await said(port, get("/", GOOD))))
        found.append(status(await said(port, get("/", basic("prometheus", "other")))))
        files.write(basic_auth_users={"somebody": HASH})
        found.append(status(await said(port, get("/", GOOD))))
        files.write()
        found.append(status(await said(port, get("/"))))
    assert found == [200, 401, 200, 401, 200]


def test_bucket_lets_a_burst_through_and_then_one_each_interval() -> None:
    bucket = Bucket(10.0, 3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(9.9), bucket.take(10.0), bucket.take(10.0)] == [False, True, False]
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


async def test_rate_limit_counts_before_the_password_and_for_every_path(files: Files) -> None:
    limit = {"interval": "1h", "burst": 2}
    file = files.write(rate_limit=limit, basic_auth_users=USERS)
    async with listening(file) as port:
        answers = [await said(port, get(path)) for path in ("/", "/nothing", "/-/healthy")]
        files.write(basic_auth_users=USERS)  # stays as it was at the start
        answers.append(await said(port, get("/", GOOD)))
        files.config.write_text("{")  # a broken file comes first
        answers.append(await said(port, get("/", GOOD)))
    assert [status(answer) for answer in answers] == [401, 401, 429, 429, 500]
    assert answers[2].endswith(b"Too Many Requests\n")


async def test_headers_of_the_file_replace_the_usual_ones_on_every_answer(files: Files) -> None:
    wanted = {
        "Content-Security-Policy": "default-src 'self'",
        "Strict-Transport-Security": "max-age=5",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "sameorigin",
        "X-XSS-Protection": "1; mode=block",
    }
    file = files.write(http_server_config={"headers": wanted}, basic_auth_users=USERS)
    async with (
        listening(file) as port,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", auth=("prometheus", "secret")
        ) as one,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as nobody,
    ):
        answers = [await one.get(path) for path in ("/", "/metrics", "/nothing")]
        answers.append(await nobody.get("/"))
        files.write(http_server_config={"headers": {"X-Frame-Options": "deny"}})
        changed = await nobody.get("/")
    assert [answer.status_code for answer in answers] == [200, 200, 404, 401]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert changed.headers["x-frame-options"] == "deny"
    assert "strict-transport-security" not in changed.headers
