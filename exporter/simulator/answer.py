"""An HTTP answer as a value, made by the pure endpoints and sent by the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers, `Content-Type` among them."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with JSON; `headers` may name another content type."""
    return Answer(
        status,
        msgspec.json.encode(body),
        {"Content-Type": "application/json; charset=utf-8"} | dict(headers or {}),
    )
