"""What comparing a password costs, whom it holds up, and what it tells of the users."""

import asyncio
import gc
import threading
from pathlib import Path

import bcrypt
import pytest
from test_web_passwords import GOOD, USERS, basic
from web_clients import HASH, Files, get, listening, said, status

from exporter.web.access.passwords import MOST_OF_ONE, Passwords, nobodys
from exporter.web.making import MOST_WAITING


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder for the file."""
    return Files(tmp_path)


async def test_right_password_costs_bcrypt_once_and_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = list[bytes]()
    real = bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    passwords = Passwords()
    header = GOOD.removeprefix("Authorization: ")
    assert [await passwords.allow(USERS, header, "prometheus") for _ in range(5)] == [True] * 5
    assert len(compared) == 1
    gc.collect()
    kept = [held for held in gc.get_referents(passwords.right) if isinstance(held, bytes)]
    assert len(kept) == 1
    assert not any(b"secret" in held for held in kept)


@pytest.mark.parametrize("user", ["cheap", "middling", "dear", "nobody"])
async def test_wrong_password_costs_as_much_with_any_user(
    user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = {
        "cheap": HASH,
        "middling": HASH.replace("$04$", "$06$"),
        "dear": HASH.replace("$04$", "$08$"),
    }
    rounds, real = list[int](), bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        rounds.append(2 ** int(hashed.split(b"$")[2]))
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    header = basic(user, "wrong").removeprefix("Authorization: ")
    assert not await Passwords().allow(users, header, "client")
    assert sum(rounds) == 2**8


async def test_right_password_costs_its_own_hash_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, real = list[bytes](), bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    users = USERS | {"dear": HASH.replace("$04$", "$08$")}
    header = GOOD.removeprefix("Authorization: ")
    assert await Passwords().allow(users, header, "client")
    assert compared == [HASH.encode()]


async def test_even_the_password_of_nobodys_hash_opens_nothing() -> None:
    # It is a real hash: comparing with it takes its time instead of failing at once.
    assert bcrypt.checkpw(b"fakepassword", nobodys(10).encode())
    users = {"a": HASH.replace("$04$", "$10$"), "b": HASH}
    for user in ("nobody", "b"):
        header = basic(user, "fakepassword").removeprefix("Authorization: ")
        assert not await Passwords().allow(users, header, "client")


async def test_password_whose_comparing_takes_too_long_is_503_and_no_bug(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    go = threading.Event()
    monkeypatch.setattr("exporter.web.making.PATIENCE", 0.1)
    monkeypatch.setattr(bcrypt, "checkpw", lambda _password, _hashed: go.wait(5))
    async with listening(files.write(basic_auth_users=USERS)) as port:
        answer = await said(port, get("/", GOOD))
        go.set()
    assert status(answer) == 503
    assert b"\r\nRetry-After: " in answer
    assert b"Checking passwords takes too long" in answer
    assert "answer not made" not in capsys.readouterr().out


async def test_comparing_passwords_neither_holds_the_loop_nor_those_who_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords, begun, go = Passwords(), threading.Event(), threading.Event()
    header, wrong = (one.removeprefix("Authorization: ") for one in (GOOD, basic("x", "y")))
    assert await passwords.allow(USERS, header, "prometheus")
    running, most = [0], [0]

    def slow(_password: bytes, _hashed: bytes) -> bool:
        running[0] += 1
        most[0] = max(most[0], running[0])
        begun.set()
        go.wait(5)
        running[0] -= 1
        return False

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    crowd = [
        asyncio.create_task(passwords.allow(USERS, wrong, str(n))) for n in range(MOST_WAITING)
    ]
    await asyncio.to_thread(begun.wait, 5)
    assert await passwords.allow(USERS, header, "prometheus")
    with pytest.raises(Exception, match="Service Unavailable"):
        await passwords.allow(USERS, wrong, "another")
    go.set()
    assert await asyncio.gather(*crowd) == [False] * MOST_WAITING
    assert most == [1]


async def test_guesses_from_one_address_keep_no_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, go = Passwords(), threading.Event()
    right, wrong = (one.removeprefix("Authorization: ") for one in (GOOD, basic("x", "y")))
    real = bcrypt.checkpw

    def slow(password: bytes, hashed: bytes) -> bool:
        go.wait(5)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    guesses = [asyncio.create_task(passwords.allow(USERS, wrong, "guesser")) for _ in range(100)]
    await asyncio.sleep(0)
    scrape = asyncio.create_task(passwords.allow(USERS, right, "prometheus"))
    await asyncio.sleep(0)
    go.set()
    assert await scrape
    found = await asyncio.gather(*guesses, return_exceptions=True)
    assert found.count(False) == MOST_OF_ONE
    assert not await passwords.allow(USERS, wrong, "guesser")
    assert not passwords.asking
