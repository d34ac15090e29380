"""How numbers, labels and their values are spelled in the exposition formats. Pure."""

import math
from collections.abc import Iterable


def number(value: float) -> bytes:
    """A sample value: whole numbers without a fraction, what is none as the formats spell it."""
    if math.isnan(value):
        return b"NaN"
    if value == math.inf:
        return b"+Inf"
    if value == -math.inf:
        return b"-Inf"
    return b"%d" % value if value == int(value) else b"%r" % value


def label_block(names: Iterable[str], values: Iterable[str]) -> bytes:
    """`{tenant="contoso",kind="secret"}` with the values escaped; empty when there is no label."""
    pairs = ",".join(f'{name}="{escape(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}".encode(errors="replace") if pairs else b""


def escape(value: str) -> str:
    r"""A label value as both formats want it: any Unicode, with `\\`, `"` and newline escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
