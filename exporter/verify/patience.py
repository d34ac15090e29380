"""How often a value may be tried before it is due, whatever changes or is asked for. No clock."""

from collections import deque

BURST = 3
WITHIN = 60.0


class Patience:
    """At most `BURST` early tries in `WITHIN` seconds; times are Unix seconds."""

    def __init__(self) -> None:
        self.early: deque[float] = deque(maxlen=BURST)

    def tried(self, now: float) -> None:
        """One more before it was due."""
        self.early.append(now)

    def wait(self, now: float) -> float:
        """Seconds until another early one is allowed."""
        # After a clock that went back, what was noted lies in the future.
        if len(self.early) < BURST or not 0 <= now - self.early[0] < WITHIN:
            return 0.0
        return self.early[0] + WITHIN - now
