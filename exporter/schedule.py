"""
When things run: a job for ever, with the pause it asks for, through any crash of its own; and how
long to wait, after failures or because a service asks for it. Knows no job.
"""

import asyncio
import contextlib
import email.utils
import math
import random
from collections.abc import Awaitable, Callable, Mapping

from exporter import log
from exporter.errors import where

FIRST_RETRY = 15.0
LONGEST_CRASH_PAUSE = 300.0
JITTER = 0.2
START_SPREAD = 0.2
LONGEST_START_SPREAD = 60.0
LONGEST_WAIT = 86_400.0
"""A day: whatever a service says, it is not left alone for longer."""


async def forever(
    name: str,
    job: Callable[[], Awaitable[float]],
    woken: asyncio.Event | None = None,
    crashed: Callable[[], None] = lambda: None,
) -> None:
    """
    Run a job again and again; it returns the seconds until its next run, which comes at once when
    it is `woken`. A crash is a bug: `crashed` counts it, the log has it with its traceback when it
    is another one than the last time, and the job goes on, later.
    """
    crashes, place = 0, ""
    while True:
        try:
            pause = await job()
            stop_if_ended()
            if crashes:
                log.get().info("task works again", task=name, crashes=crashes)
            crashes, place = 0, ""
            await rest(pause, woken)
        except BaseException as error:
            if wanted(error):
                raise
            stop_if_ended()
            crashes += 1
            crashed()
            pause = backoff(crashes, LONGEST_CRASH_PAUSE)
            if place != (place := where(error)):
                log.get().error("task crashed", task=name, pause=round(pause, 1), exc_info=error)
            await rest(pause, woken)


def wanted(error: BaseException) -> bool:
    """
    Whether somebody has ended the present task. Anything else is a bug: a cancellation too that
    nobody asked for, and what is no Exception, which libraries and threads raise all the same.
    """
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, GeneratorExit)
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def stop_if_ended() -> None:
    """
    End the present task if somebody has asked it to: a library may have swallowed that, or made
    another error of it, and nobody asks twice.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def rest(seconds: float, woken: asyncio.Event | None) -> None:
    """Sleep for so long, or until woken."""
    if woken is None:
        await asyncio.sleep(seconds)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
    woken.clear()


def jittered(seconds: float) -> float:
    """Up to a fifth less, so that what began together does not stay together."""
    return seconds * random.uniform(1 - JITTER, 1)  # noqa: S311 - nothing secret about it


def backoff(failures: int, longest: float) -> float:
    """Seconds to wait after so many failures in a row: doubling, at most `longest`, with jitter."""
    return jittered(min(FIRST_RETRY * 2.0 ** min(failures - 1, 16), longest))


def start_delay(position: int, count: int) -> float:
    """Seconds until the first of `count` jobs at `position` runs: spread, the first one at once."""
    spread = min(START_SPREAD * count, LONGEST_START_SPREAD) / max(count, 1)
    return 0.0 if position == 0 else spread * (position + random.uniform(-0.5, 0.5))  # noqa: S311 - as above


def wait_asked(headers: Mapping[str, str], now: float) -> float:
    """
    Seconds that an answer's Retry-After asks for. A date there is of the service's clock, and so is
    the answer's own: where that is given, a wrong clock here makes the wait no longer.
    """
    sent = seconds_until(headers.get("Date", ""), now)
    return retry_after(headers.get("Retry-After", ""), now + sent)


def retry_after(header: str, now: float) -> float:
    """
    Seconds that a Retry-After header asks for, as a number or a date; 0 when it says nothing
    sensible, and at most `LONGEST_WAIT`.
    """
    try:
        seconds = float(header)
    except ValueError:
        seconds = seconds_until(header, now)
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else 0.0


def seconds_until(date: str, now: float) -> float:
    """Seconds from `now` to an HTTP date; 0 if it is none."""
    moment = email.utils.parsedate_tz(date)
    try:
        return email.utils.mktime_tz(moment) - now if moment else 0.0
    except (ValueError, OverflowError):
        return 0.0
