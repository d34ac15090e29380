"""
A gzip body that is compressed ahead of time but for its end, so that a scrape compresses only the
few lines that are new. Knows nothing of metrics.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from isal import isal_zlib

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, no time, unknown system
RAW = -15  # zlib's window size for deflate without a wrapper
LEVEL = 1
PACKED_PIECE = 16 * 1024
INFLATE_PIECE = 32 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """
    The beginning of a body: `packed` is a gzip stream cut where a deflate block ends; `size` and
    `crc` are of the plain bytes.
    """

    packed: bytes | bytearray
    size: int
    crc: int

    def gzip_end(self, tail: bytes) -> bytes:
        """What follows `packed` to end the gzip stream with `tail`: its block and the trailer."""
        deflate = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
        block = deflate.compress(tail) + deflate.flush()
        crc = isal_zlib.crc32(tail, self.crc)
        return block + struct.pack("<II", crc, (self.size + len(tail)) & 0xFFFFFFFF)

    def plain(self) -> Iterator[bytes]:
        """The plain bytes in pieces: kept packed, as few scrapers ask for them."""
        inflate = isal_zlib.decompressobj(RAW)
        packed = memoryview(self.packed)[len(HEADER) :]
        for start in range(0, len(packed), PACKED_PIECE):
            # In slices: what is left of each is copied, and there may be a crowd of slow readers.
            rest: bytes | memoryview = packed[start : start + PACKED_PIECE]
            # Until nothing more comes out: it may hold output when it has taken all input.
            while piece := inflate.decompress(rest, INFLATE_PIECE):
                yield piece
                rest = inflate.unconsumed_tail


class BodyWriter:
    """Collects plain bytes and packs them as they come."""

    def __init__(self) -> None:
        self.deflate = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
        self.packed = bytearray(HEADER)
        self.size = 0
        self.crc = 0

    def write(self, plain: bytes) -> None:
        """Add to the body."""
        self.packed += self.deflate.compress(plain)
        self.size += len(plain)
        self.crc = isal_zlib.crc32(plain, self.crc)

    def finish(self) -> Body:
        """The body so far, ended at a byte and with no reference back that a tail could break."""
        self.packed += self.deflate.flush(isal_zlib.Z_FULL_FLUSH)
        return Body(self.packed, self.size, self.crc)
