"""
How much of an answer is taken, and unpacking what came compressed, within the same limit: a few
kilobytes may hold gigabytes of nothing, and whoever answers may be anybody. Pure.
"""

import zlib
from collections.abc import AsyncIterator, Mapping

MEBIBYTE = 1 << 20

WINDOW_BITS: Mapping[str, tuple[int, ...]] = {
    "gzip": (zlib.MAX_WBITS | 16,),
    "x-gzip": (zlib.MAX_WBITS | 16,),
    # As RFC 9110 has it, then as many servers do.
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}
"""How zlib is told the codings; no other one is asked for."""

SHOWN = 20


class OddAnswerError(Exception):
    """An answer that is too large, or not packed as it says; the message quotes none of it."""


async def collected(pieces: AsyncIterator[bytes], most: int) -> bytes:
    """The pieces as one; raises OddAnswerError as soon as they are more than `most` bytes."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > most:
            raise too_large(most)
    return bytes(body)


def unpacked(body: bytes, coding: str, most: int) -> bytes:
    """A body by its Content-Encoding, of at most `most` bytes; raises OddAnswerError."""
    name = coding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name not in WINDOW_BITS:
        raise OddAnswerError(f"it is packed as {name[:SHOWN]!r}, which was not asked for")
    for bits in WINDOW_BITS[name]:
        found = inflated(body, bits, most)
        if found is not None:
            return found
    raise OddAnswerError(f"it says that it is {name}, and is not, or not to its end")


def inflated(body: bytes, bits: int, most: int) -> bytes | None:
    """What is packed; None when it is not packed so, or cut short."""
    unpacker = zlib.decompressobj(bits)
    try:
        found = unpacker.decompress(body, most + 1)
    except zlib.error:
        return None
    if len(found) > most:
        raise too_large(most)
    return found if unpacker.eof else None


def too_large(most: int) -> OddAnswerError:
    """More than anybody needs to say."""
    return OddAnswerError(f"it is larger than {most / MEBIBYTE:g} MiB")
