"""Services that throttle for an hour: how often they are asked, and what is shown meanwhile."""

import asyncio
import email.utils
import itertools
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Lab
from test_poller import polling
from test_verifier import LIVING, verified
from verifying import Clock

from exporter.config import TenantConfig
from exporter.graph import Allowance
from exporter.model import Cause, FailureReason
from exporter.poller import Poller
from exporter.simulator import Fault
from exporter.simulator.faults import TOKEN_PATH

HOUR = 3600.0
GRAPH = "/v1.0/"
Headers = Callable[[], Mapping[str, str]]


def date(seconds: float) -> str:
    """An HTTP date so far from now."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the allowance and of the SDK's waits, which pass at once."""
    passing = Clock(1000.0)

    async def sleep(seconds: float) -> None:
        passing.now += max(0.0, seconds)
        await asyncio.sleep(0)

    slept = SimpleNamespace(sleep=sleep, Lock=asyncio.Lock, timeout=asyncio.timeout)
    monkeypatch.setattr("exporter.graph.meter.time", SimpleNamespace(monotonic=passing))
    monkeypatch.setattr("exporter.graph.meter.asyncio", slept)
    monkeypatch.setattr("kiota_http.middleware.retry_handler.asyncio", slept)
    return passing


async def hour(poller: Poller, clock: Clock) -> list[float]:
    """Poll for an hour; the pauses."""
    ends, pauses = clock.now + HOUR, list[float]()
    while clock.now < ends:
        pauses.append(await poller.poll())
        clock.now += pauses[-1]
    return pauses


def one_listing(lab: Lab) -> TenantConfig:
    """A tenant of which one thing is asked after the other, so that time passes once."""
    changes = {"interval": HOUR, "service_principals": "none"}
    poll = lab.contoso.poll.model_copy(update=changes)
    return lab.contoso.model_copy(update={"poll": poll})


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        pytest.param(dict, 2.0, 60, id="without Retry-After"),
        pytest.param(lambda: {"Retry-After": "60"}, 60.0, 60, id="a minute"),
        pytest.param(lambda: {"Retry-After": date(61)}, 55.0, 66, id="a date"),
        pytest.param(lambda: {"Retry-After": "900"}, 900.0, 4, id="a quarter of an hour"),
        pytest.param(lambda: {"Retry-After": date(901)}, 895.0, 5, id="a date far off"),
        pytest.param(lambda: {"Retry-After": "0"}, 2.0, 60, id="no time at all"),
        pytest.param(lambda: {"Retry-After": "-7"}, 2.0, 60, id="less than no time"),
        pytest.param(lambda: {"Retry-After": "soon"}, 2.0, 60, id="a word"),
        pytest.param(lambda: {"Retry-After": date(-9000)}, 2.0, 60, id="a date that is over"),
        pytest.param(lambda: {"Retry-After": "9" * 5000}, 2.0, 60, id="a number without end"),
        pytest.param(
            lambda: {"Retry-After": "Mon, 01 Jan 99999 00:00:00 GMT"}, 2.0, 60, id="year 99999"
        ),
    ],
)
async def test_graph_that_throttles_for_an_hour_is_asked_seldom_and_keeps_its_data(
    lab: Lab, clock: Clock, headers: Headers, least: float, most: int
) -> None:
    allowance = Allowance()
    async with polling(lab, one_listing(lab), allowance) as poller:
        await poller.poll()
        good = poller.view.inventory
        clock.now += HOUR
        allowance.sent.clear()
        lab.simulator.faults.add(Fault(path=GRAPH, status=429, headers=headers()))
        pauses = await hour(poller, clock)
        sent = [*allowance.sent]
        failed = poller.view
        lab.simulator.faults.clear()
        await poller.poll()

        assert failed.inventory is good
        assert failed.failure is not None
        assert failed.failure.reason is FailureReason.THROTTLED
        assert 1 <= len(sent) <= most
        assert all(later - sooner >= least for sooner, later in itertools.pairwise(sent))
        assert all(0 < pause <= 86_400 for pause in pauses)
        assert poller.view.failure is None


@pytest.mark.parametrize("wrong_by", [-10 * 365 * 86_400.0, 10 * 365 * 86_400.0])
async def test_date_to_come_back_at_is_read_by_the_clock_of_who_wrote_it(
    lab: Lab, wrong_by: float
) -> None:
    async with polling(lab) as poller:
        poller.store.clock = lambda: time.time() + wrong_by
        lab.simulator.faults.add(
            Fault(path=GRAPH, status=429, headers={"Retry-After": date(600), "Date": date(0)})
        )
        pause = await poller.poll()

    assert 590 <= pause <= 601


async def test_login_service_that_throttles_for_an_hour_is_asked_seldom_by_polls(
    lab: Lab, clock: Clock
) -> None:
    lab.simulator.faults.add(Fault(path=re.compile(r".*/token"), status=429))
    async with polling(lab, one_listing(lab)) as poller:
        await hour(poller, clock)

    assert 1 <= len([r for r in lab.simulator.requests if r.path.endswith("/token")]) <= 12


@pytest.mark.parametrize("seconds", [None, 30, 900])
async def test_login_service_that_throttles_for_an_hour_is_asked_seldom_by_verifications(
    tmp_path: Path, seconds: int | None
) -> None:
    async with verified(tmp_path, "billing-api", LIVING) as bench:
        asked, ends = bench.asked(), bench.clock.now + HOUR
        wait = {} if seconds is None else {"Retry-After": str(seconds)}
        bench.simulator.faults.add(Fault(path=TOKEN_PATH, status=429, headers=wait))
        bench.clock.now += 20
        while bench.clock.now < ends:
            pauses = [await bench.turn(name) for name in ("billing-api", LIVING)]
            assert all(pause > 0 for pause in pauses)
            bench.clock.now += min(pauses)

        assert bench.cause("billing-api") is Cause.THROTTLED
        # Two targets, and a pause of 150 seconds at least.
        assert 1 <= bench.asked() - asked <= 2 * HOUR / max(150, seconds or 0) + 2
        assert bench.view("billing-api").memory.refusals == 0
