"""The store: the present snapshot, and its rendering off the event loop."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import NOW, snapshot, target, target_view, tenant, with_targets

from exporter import store as store_module
from exporter.snapshot import Snapshot, TargetView, TenantView
from exporter.store import Store, with_tenant

Rendered = tuple[tuple[int, ...], float]


def polls(shown: Snapshot, now: float) -> Rendered:
    """A rendering small enough to compare: how often each tenant was polled, and when that was."""
    return tuple(view.polls for view in shown.tenants), now


def polled(times: int) -> "ChangeTenant":
    return ChangeTenant(times)


class ChangeTenant:
    """Sets how often a tenant was polled."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, view: TenantView) -> TenantView:
        """The view with the new count."""
        return replace(view, polls=self.times)


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Store[Rendered]:
    return Store(snapshot(tenant(name="contoso"), tenant(name="fabrikam")), polls, clock)


async def test_snapshot_is_rendered_from_the_start(store: Store[Rendered]) -> None:
    assert store.rendered == ((1, 1), NOW)


async def test_one_tenant_changes_and_the_others_stay_the_same_values(
    store: Store[Rendered],
) -> None:
    other = store.snapshot.tenants[1]
    store.update_tenant("contoso", polled(5))
    assert [view.polls for view in store.snapshot.tenants] == [5, 1]
    assert store.snapshot.tenants[1] is other


async def test_change_of_a_tenant_that_is_gone_changes_nothing(store: Store[Rendered]) -> None:
    before = store.snapshot
    store.update_tenant("gone", polled(5))
    assert store.snapshot == before


def timed(seconds: float) -> Callable[[TargetView], TargetView]:
    """Sets how long a verification took."""
    return lambda view: replace(view, duration=seconds)


@pytest.fixture
def with_two_targets(clock: Clock) -> Store[Rendered]:
    shown = with_targets(target_view(), target_view(target=target("other")))
    return Store(shown, polls, clock)


async def test_one_target_changes_and_all_else_stays_the_same_values(
    with_two_targets: Store[Rendered],
) -> None:
    before = with_two_targets.snapshot
    with_two_targets.update_target("other", timed(5))
    after = with_two_targets.snapshot
    assert [view.duration for view in after.targets] == [None, 5]
    assert after.targets[0] is before.targets[0]
    assert after.tenants is before.tenants


async def test_change_of_a_target_that_is_gone_changes_nothing(
    with_two_targets: Store[Rendered],
) -> None:
    before = with_two_targets.snapshot
    with_two_targets.update_target("contoso", timed(5))
    assert with_two_targets.snapshot == before


@pytest.mark.parametrize("soon", [True, False])
async def test_change_of_a_target_is_rendered_at_once_where_it_is_news(
    with_two_targets: Store[Rendered],
    soon: bool,  # noqa: FBT001 - parametrised
) -> None:
    with_two_targets.update_target("other", timed(5), soon=soon)
    assert with_two_targets.changed.is_set() is soon
    assert with_two_targets.snapshot.targets[1].duration == 5


async def test_values_taken_before_a_change_stay_as_they_were(store: Store[Rendered]) -> None:
    before = store.snapshot
    store.update(lambda shown: replace(shown, external_url="https://elsewhere.example.com"))
    assert before.external_url == "https://exporter.example.com"
    assert store.snapshot.external_url == "https://elsewhere.example.com"


async def test_change_is_not_shown_before_it_is_rendered(store: Store[Rendered]) -> None:
    store.update_tenant("contoso", polled(5))
    assert store.rendered == ((1, 1), NOW)
    await store.render_once()
    assert store.rendered == ((5, 1), NOW)


async def test_change_is_rendered_at_once(store: Store[Rendered], clock: Clock) -> None:
    clock.now = NOW + 7
    waiting = asyncio.create_task(store.keep_rendered())
    await asyncio.sleep(0.01)
    assert store.rendered == ((1, 1), NOW)
    store.update_tenant("contoso", polled(5))
    async with asyncio.timeout(2):
        assert await waiting < 1  # half a core at most: the pause is as long as the render took
    assert store.rendered == ((5, 1), NOW + 7)


async def test_days_are_counted_again_without_any_change(
    store: Store[Rendered], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "RENDER_EVERY", 0.01)
    clock.now = NOW + 30
    async with asyncio.timeout(2):
        await store.keep_rendered()
    assert store.rendered == ((1, 1), NOW + 30)


def test_rendered_days_never_lag_a_minute() -> None:
    assert store_module.RENDER_EVERY <= 45


async def test_change_that_may_wait_is_rendered_with_the_next(
    store: Store[Rendered],
) -> None:
    store.update_tenant("contoso", polled(5), soon=False)
    waiting = asyncio.create_task(store.keep_rendered())
    await asyncio.sleep(0.01)
    assert store.rendered == ((1, 1), NOW)
    store.update_tenant("fabrikam", polled(7))
    async with asyncio.timeout(2):
        await waiting
    assert store.rendered == ((5, 7), NOW)


async def test_changes_that_come_together_are_rendered_once() -> None:
    rendered: list[int] = []

    def note(shown: Snapshot, _now: float) -> int:
        rendered.append(shown.tenants[0].polls)
        return len(rendered)

    store = Store(snapshot(tenant()), note, lambda: NOW)
    for times in (2, 3, 4):
        store.update_tenant("contoso", polled(times))
    await store.keep_rendered()
    assert rendered == [1, 4]
    assert not store.changed.is_set()


async def test_change_during_a_render_is_rendered_next() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(shown: Snapshot, _now: float) -> int:
        if shown.tenants[0].polls == 2:
            begun.set()
            may_end.wait(2)
        return shown.tenants[0].polls

    store = Store(snapshot(tenant()), slow, lambda: NOW)
    store.update_tenant("contoso", polled(2))
    rendering = asyncio.create_task(store.keep_rendered())
    assert await asyncio.to_thread(begun.wait, 2)
    store.update_tenant("contoso", polled(3))
    may_end.set()
    async with asyncio.timeout(2):
        await rendering
        assert store.rendered == 2
        await store.keep_rendered()
    assert store.rendered == 3


async def test_render_runs_beside_the_event_loop() -> None:
    threads: list[int] = []

    def note(_shown: Snapshot, _now: float) -> int:
        threads.append(threading.get_ident())
        return 0

    store = Store(snapshot(), note, lambda: NOW)
    await store.render_once()
    assert threads[0] == threading.get_ident()
    assert threads[1] != threading.get_ident()


async def test_render_that_crashes_leaves_what_was_rendered(clock: Clock) -> None:
    def fragile(shown: Snapshot, now: float) -> Rendered:
        if shown.tenants[0].polls == 13:
            raise ValueError("thirteen")
        return polls(shown, now)

    store = Store(snapshot(tenant()), fragile, clock)
    store.update_tenant("contoso", polled(13))
    with pytest.raises(ValueError, match="thirteen"):
        await store.keep_rendered()
    assert store.rendered == ((1,), NOW)
    store.update_tenant("contoso", polled(14))
    await store.keep_rendered()
    assert store.rendered == ((14,), NOW)


def test_ready_once_every_polled_tenant_was_tried() -> None:
    tried, untried = tenant(name="a"), tenant(name="b", tried=0)
    assert snapshot(tried).waiting == ()
    assert snapshot(tried, untried).waiting == ("b",)
    assert snapshot(tried, replace(untried, polled=False)).waiting == ()
    assert with_tenant(snapshot(tried, untried), "b", lambda v: replace(v, tried=1)).waiting == ()
