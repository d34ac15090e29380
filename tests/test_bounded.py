"""How much of an answer is taken, whatever it holds when it is unpacked."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from exporter.bounded import MEBIBYTE, OddAnswerError, collected, unpacked

TEXT = b'{"value": []}'
RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


async def pieces(count: int) -> AsyncIterator[bytes]:
    """Many pieces of a kibibyte."""
    for _ in range(count):
        yield bytes(1024)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        (" GZIP ", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()),
    ],
)
def test_body_is_unpacked_by_its_coding(coding: str, body: bytes) -> None:
    assert unpacked(body, coding, 100) == TEXT


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip", TEXT, "it says that it is gzip, and is not, or not to its end"),
        ("gzip", gzip.compress(TEXT)[:-9], "or not to its end"),
        ("gzip", b"", "or not to its end"),
        ("deflate", b"\xff\xff", "it says that it is deflate"),
        ("br", TEXT, "it is packed as 'br', which was not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT)), "packed as 'gzip, gzip'"),
        ("secret" * 100, TEXT, "packed as 'secretsecretsecretse', which"),
    ],
)
def test_body_that_is_packed_otherwise_is_odd(coding: str, body: bytes, said: str) -> None:
    with pytest.raises(OddAnswerError, match=said):
        unpacked(body, coding, 100)


def test_bomb_is_not_inflated_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(256 * MEBIBYTE), 1)
    tracemalloc.start()
    try:
        with pytest.raises(OddAnswerError, match="it is larger than 2 MiB"):
            unpacked(bomb, "gzip", 2 * MEBIBYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MEBIBYTE


def test_body_of_just_the_limit_is_taken() -> None:
    assert len(unpacked(gzip.compress(bytes(MEBIBYTE)), "gzip", MEBIBYTE)) == MEBIBYTE


async def test_pieces_are_taken_up_to_the_limit_and_no_further() -> None:
    assert len(await collected(pieces(1024), MEBIBYTE)) == MEBIBYTE
    endless = pieces(10**9)
    with pytest.raises(OddAnswerError, match="it is larger than 1 MiB"):
        await collected(endless, MEBIBYTE)
    await endless.aclose()  # type: ignore[attr-defined]  # it is a generator
