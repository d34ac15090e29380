"""
Basic authentication: whether a request names a user and that user's password. Passwords are
compared in a thread of their own, one at a time, and none is kept.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import bcrypt

from exporter.web.access.settings import cost_of
from exporter.web.making import Queue

LONGEST = 72
"""Bytes of a password that bcrypt can tell apart."""

MOST_KEPT = 100
MOST_OF_ONE = 8
"""Passwords from one address that wait for being compared: who guesses keeps nobody else out."""

BUSY = "Checking passwords takes too long, or too many are to be checked: try again soon.\n"
NOBODYS = "$2b${cost}$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
"""What a password is compared with so that it takes longer, and that of an unknown user at all."""

Given = tuple[bytes, bytes]


class Passwords:
    """Remembers which were right, by a keyed hash, so that bcrypt does not cost each scrape."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bcrypt")
        self.queue = Queue(BUSY)
        self.key = secrets.token_bytes(32)
        self.right = set[bytes]()
        self.asking = Counter[str]()

    async def allow(self, users: Mapping[str, str], authorization: str, client: str) -> bool:
        """
        Whether an Authorization header opens the door; `users` are hashes by name, `client` is the
        address it comes from.
        """
        given = read(authorization)
        if given is None:
            return False
        name, password = given
        if len(password) > LONGEST or b"\0" in password:
            return False
        hashed = users.get(name.decode("utf-8", "surrogateescape"))
        mark = self.mark(hashed or "", password)
        if hashed is not None and mark in self.right:
            return True
        costliest = max(map(cost_of, users.values()))
        with self.share(client):
            matches = await self.compare(password, hashed or nobodys(costliest), costliest)
        if not matches or hashed is None:
            return False
        self.remember(mark)
        return True

    @contextmanager
    def share(self, client: str) -> Iterator[None]:
        """One of those that an address may have compared at once."""
        if self.asking[client] >= MOST_OF_ONE:
            raise self.queue.sent_away()
        self.asking[client] += 1
        try:
            yield
        finally:
            self.asking[client] -= 1
            if not self.asking[client]:
                del self.asking[client]

    async def compare(self, password: bytes, hashed: str, costliest: int) -> bool:
        """What bcrypt says; a crowd is sent away, and so is who waits for too long."""
        loop = asyncio.get_running_loop()
        try:
            async with self.queue.turn():
                return await loop.run_in_executor(self.thread, matches, password, hashed, costliest)
        except TimeoutError:
            raise self.queue.sent_away() from None

    def mark(self, hashed: str, password: bytes) -> bytes:
        """What is remembered of a password; another hash in the file is another mark."""
        return hmac.digest(self.key, hashed.encode() + b"\0" + password, hashlib.sha256)

    def remember(self, mark: bytes) -> None:
        """There is one right password a user: more are left from earlier files."""
        if len(self.right) >= MOST_KEPT:
            self.right.clear()
        self.right.add(mark)


def read(authorization: str) -> Given | None:
    """User and password of an Authorization header, or None when there are none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    name, colon, password = decoded.partition(b":")
    return (name, password) if colon else None


def matches(password: bytes, hashed: str, costliest: int) -> bool:
    """
    Whether a password is that of a hash. Each cost is twice the work of the one below, so a wrong
    one takes with every hash as long as with the costliest: from the time, nobody knows the user.
    """
    if bcrypt.checkpw(password, hashed.encode()):
        return True
    for cost in range(cost_of(hashed), costliest):
        bcrypt.checkpw(password, nobodys(cost).encode())
    return False


def nobodys(cost: int) -> str:
    """A hash that no user's password has."""
    return NOBODYS.replace("{cost}", f"{cost:02}")
