"""How many requests are answered: a bucket that fills with time. Reads no clock."""


class Bucket:
    """Holds `burst` tokens at most and gets one each `interval` seconds; a request takes one."""

    def __init__(self, interval: float, burst: int, now: float) -> None:
        self.interval = interval
        self.burst = burst
        self.tokens = float(burst)
        self.filled = now

    def take(self, now: float) -> bool:
        """Whether a request at `now` is answered."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled) / self.interval)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
