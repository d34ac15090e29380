"""
Which of many like things are worth a line of the log: one of a kind in a while, with the number of
those that were left out. Reads no clock, writes no log.
"""

from dataclasses import dataclass

EVERY = 60.0
"""Seconds between two lines about the same."""

MOST = 100
"""Kinds that are told apart; what comes beyond these counts as one more."""

OTHERS = ""


@dataclass(slots=True)
class Kind:
    """When it was told last, and how many came since."""

    told: float
    left_out: int = 0


class Seldom:
    """Remembers what was told."""

    def __init__(self) -> None:
        self.kinds = dict[str, Kind]()

    def left_out(self, name: str, now: float) -> int | None:
        """How many of a kind were left out before this one; None when this one is as well."""
        if name not in self.kinds and len(self.kinds) >= MOST:
            self.forget(now)
            name = name if len(self.kinds) < MOST else OTHERS
        kind = self.kinds.get(name)
        if kind is not None and now - kind.told < EVERY:
            kind.left_out += 1
            return None
        self.kinds[name] = Kind(now)
        return kind.left_out if kind else 0

    def forget(self, now: float) -> None:
        """Make room: what was told long ago is new again."""
        self.kinds = {n: kind for n, kind in self.kinds.items() if now - kind.told < EVERY}
