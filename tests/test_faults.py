"""
Faults of the exporter's own inside, put into the running exporter one at a time: each is counted
and logged once, the rest goes on, what was last known stays on show, and it mends by itself.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import structlog
from conftest import Lab
from test_app import OPENMETRICS, Running, polled, running
from test_app_verify import LIVING, success

from exporter import log, schedule
from exporter.demo import store_value, write_configuration
from exporter.health import Task
from exporter.simulator import VERIFICATIONS, SimulatedTenant, Simulator
from exporter.simulator.values import secret_value
from exporter.web import making
from exporter.web.headers import SECURITY_HEADERS

MARKER = "Mrk8Q~NobodyMaySeeThisValueAnywhere12345"
SHOWN = ("billing-api", LIVING)
RENDERED = "entra_exporter_exposition_timestamp_seconds{}"
READ = "entra_poll_last_success_timestamp_seconds{'tenant': 'contoso'}"


class PanicException(BaseException):
    """What a library in Rust raises when it fails: no Exception."""


ERRORS = [
    ZeroDivisionError("bug"),
    MemoryError(),
    RecursionError("too deep"),
    KeyboardInterrupt(),
    SystemExit(3),
    asyncio.CancelledError(),
    PanicException(MARKER),
]
STRANGE = ERRORS[-2:]
"""A cancellation that nobody asked for, and a panic: the two that most often pass unnoticed."""

each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
strange_error = pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)


def everywhere_and_everything(*places: str) -> pytest.MarkDecorator:
    """Each error at the first place, and the strangest at the others."""
    cases = [(places[0], error) for error in ERRORS] + [(place, ERRORS[-1]) for place in places[1:]]
    named = [f"{place.rpartition('.')[2]}-{type(error).__name__}" for place, error in cases]
    return pytest.mark.parametrize(("place", "error"), cases, ids=named)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """The log as the command sets it up, until the test ends."""
    root, azure = logging.getLogger(), logging.getLogger("azure")
    handlers, levels = root.handlers[:], (root.level, azure.level)
    log.configure("debug", "logfmt")
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    azure.setLevel(levels[1])
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crashed tasks go on at once, within reason."""
    monkeypatch.setattr(schedule, "FIRST_RETRY", 0.05)


@pytest.fixture
def lab(tmp_path: Path, simulator: Simulator, tenants: Sequence[SimulatedTenant]) -> Lab:
    """Two tenants and two targets that work, and intervals that a test can wait for."""
    scenarios = [one for one in VERIFICATIONS if one.name in SHOWN]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = file.read_text(encoding="utf-8")
    text = text.replace("interval: 10s", "interval: 1s").replace("interval: 5s", "interval: 1s")
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


class Fault:
    """Something in the exporter that raises for as long as it is `broken`, and counts how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> None:
        self.error = error
        self.broken = False
        self.raised = 0
        self.original = resolve_name(place)
        replace(monkeypatch, place, self.wrapped())

    def wrapped(self) -> Callable[..., Any]:
        """The original, or the error. A function, so that it may take a method's place."""

        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anything
            if self.broken:
                self.raised += 1
                raise self.error
            return self.original(*args, **kwargs)

        return call


def replace(monkeypatch: pytest.MonkeyPatch, place: str, other: Callable[..., Any]) -> None:
    """Put something in the place of what `module:name` stands for."""
    module, _, path = place.partition(":")
    holder, _, name = path.rpartition(".")
    monkeypatch.setattr(resolve_name(f"{module}:{holder}" if holder else module), name, other)


def failures(task: Task) -> str:
    """The sample that counts a task's bugs."""
    return f"entra_exporter_task_failures_total{{'task': '{task}'}}"


def tasks(samples: dict[str, float]) -> dict[str, float]:
    """How many tasks of each kind run, without those that come and go."""
    lasting = (Task.POLLER, Task.VERIFIER, Task.RENDERER, Task.FILE_WATCHER, Task.LOOP_MONITOR)
    return {task: samples[f"entra_exporter_tasks{{'task': '{task}'}}"] for task in lasting}


def credentials(samples: dict[str, float]) -> dict[str, float]:
    """Every series about when a credential expires."""
    return {name: v for name, v in samples.items() if name.startswith("entra_credential_expiry")}


def events(logs: Sequence[Any], *names: str) -> list[Any]:
    """The events of these names."""
    return [entry for entry in logs if entry["event"] in names]


@contextlib.asynccontextmanager
async def settled(lab: Lab) -> AsyncIterator[tuple[Running, dict[str, float]]]:
    """The exporter once everything was polled and verified, and what it shows then."""
    async with running(lab) as exporter:
        samples = await exporter.until(
            lambda found: (
                found.get(polled("contoso")) == 1
                and all(found.get(success(name, lab)) == 1 for name in SHOWN)
            )
        )
        yield exporter, samples


async def shows_and_mends(exporter: Running, fault: Fault, task: Task, before: Any) -> None:  # noqa: ANN401 - samples
    """While broken it is counted and everything is still there; then polls go on."""
    fault.broken = True
    broken = await exporter.until(lambda found: found[failures(task)] >= before[failures(task)] + 2)
    assert credentials(broken) == credentials(before)
    assert tasks(broken) == tasks(before)
    fault.broken = False
    await exporter.until(
        lambda found: found[READ] > broken[READ] and found[RENDERED] > broken[RENDERED]
    )


@everywhere_and_everything(
    "exporter.poller:read_inventory",
    "exporter.graph.client:decode_page",
    "exporter.poller:departed",
    "exporter.poller:Poller.report_unreadable",
    "exporter.poller:Poller.update",
)
async def test_bug_in_a_poll_fails_that_poll_and_nothing_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    fault = Fault(monkeypatch, place, error)
    async with settled(lab) as (exporter, before):
        await shows_and_mends(exporter, fault, Task.POLLER, before)


async def test_bug_in_a_poll_shows_as_a_failed_poll_and_is_logged_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.poller:departed", ZeroDivisionError("bug"))
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            fault.broken = True
            after = await exporter.until(lambda found: found[polled("contoso")] == 0)
            await exporter.until(
                lambda found: found[failures(Task.POLLER)] >= before[failures(Task.POLLER)] + 3
            )

    assert after["entra_poll_failures_total{'reason': 'internal', 'tenant': 'contoso'}"] >= 1
    assert after[READ] >= before[READ]
    [entry] = [e for e in events(logs, "poll failed") if e["tenant"] == "contoso"]
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_poller_that_cannot_be_made_is_made_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.tenants:Poller", TypeError("bug"))
    fault.broken = True
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            found = await exporter.until(lambda found: found[failures(Task.POLLER)] >= 4)
            assert found["entra_exporter_tasks{'task': 'poller'}"] == 2
            fault.broken = False
            await exporter.until_polled()

    assert [e["task"] for e in events(logs, "task crashed")].count("poll contoso") == 1
    assert [e["task"] for e in events(logs, "task works again")].count("poll contoso") == 1


async def test_report_of_a_failure_that_fails_ends_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Fault(monkeypatch, "exporter.poller:read_inventory", ZeroDivisionError())
    fault = Fault(monkeypatch, "exporter.poller:Poller.report", PanicException())
    async with settled(lab) as (exporter, before):
        reading.broken = True
        await shows_and_mends_after(exporter, fault, reading, before)


async def shows_and_mends_after(
    exporter: Running, fault: Fault, first: Fault, before: dict[str, float]
) -> None:
    """The same of two faults."""
    fault.broken = True
    count = failures(Task.POLLER)
    broken = await exporter.until(lambda found: found[count] >= before[count] + 2)
    assert tasks(broken) == tasks(before)
    fault.broken = first.broken = False
    await exporter.until(lambda found: found[READ] > broken[READ])


async def test_what_follows_from_a_poll_may_fail_without_another_poll(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.rewrite("interval: 1s", "interval: 1h")
    fault = Fault(monkeypatch, "exporter.verify.targets:Targets.of", ZeroDivisionError())
    fault.broken = True
    async with running(lab) as exporter:
        await exporter.until_polled()
        samples = await exporter.until(lambda found: found[failures(Task.ERRAND)] >= 1)
        await asyncio.sleep(0.3)
        samples = await exporter.samples()

    assert samples["entra_polls_total{'tenant': 'contoso'}"] == 1
    assert samples[polled("contoso")] == 1


async def test_errand_that_fails_ends_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "exporter.verify.verifier:Verifier.concerned"
    fault = Fault(monkeypatch, place, PanicException())
    async with settled(lab) as (exporter, before):
        await shows_and_mends(exporter, fault, Task.ERRAND, before)


@strange_error
async def test_bug_in_rendering_leaves_the_last_metrics_with_their_age(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fault = Fault(monkeypatch, "exporter.metrics.exposition:View", error)
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            await shows_and_mends(exporter, fault, Task.RENDERER, before)

    crashes = [e for e in events(logs, "task crashed") if e["task"] == Task.RENDERER]
    assert len(crashes) == 1


async def test_age_of_the_metrics_stands_still_while_rendering_fails(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(monkeypatch, "exporter.metrics.exposition:View", ZeroDivisionError())
    count = failures(Task.RENDERER)
    async with settled(lab) as (exporter, _):
        fault.broken = True
        first = await exporter.until(lambda found: found[count] >= 1)
        later = await exporter.until(lambda found: found[count] > first[count])
        packed = await exporter.client.get("/metrics", headers={"Accept": OPENMETRICS})

    assert later[RENDERED] == first[RENDERED]
    assert credentials(later) == credentials(first)
    assert packed.text.endswith("# EOF\n")


@everywhere_and_everything(
    "exporter.verify.once:asked_of",
    "exporter.verify.reader:read",
    "exporter.verify.verifier:held",
    "exporter.verify.verifier:after",
)
async def test_bug_in_a_verification_says_nothing_about_the_secret(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    fault = Fault(monkeypatch, place, error)
    tried = success("billing-api", lab).replace("success", "last_success_timestamp_seconds")
    async with settled(lab) as (exporter, before):
        fault.broken = True
        count = failures(Task.VERIFIER)
        broken = await exporter.until(lambda found: found[count] >= before[count] + 2)
        assert tasks(broken) == tasks(before)
        assert not [
            name
            for name, value in broken.items()
            if name.startswith("entra_verify_cause") and value == 1
            if "source_unreadable" not in name and "login_unavailable" not in name
        ]
        fault.broken = False
        await exporter.until(
            lambda found: (
                found[success("billing-api", lab)] == 1
                and found[tried] > broken[tried]
                and found[success(LIVING, lab)] == 1
            )
        )


@strange_error
async def test_file_that_changes_while_its_watcher_is_down_is_noticed_all_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    # Nothing but the watcher can tell.
    lab.rewrite("verify:\n  interval: 1s", "verify:\n  interval: 1h")
    fault = Fault(monkeypatch, "exporter.verify.targets:Targets.wake_readers", error)
    folder = lab.file.parent
    async with settled(lab) as (exporter, before):
        fault.broken = True
        store_value(folder, LIVING, "changeme")
        broken = await exporter.until(lambda found: found[failures(Task.FILE_WATCHER)] >= 1)
        assert tasks(broken) == tasks(before)
        fault.broken = False
        await exporter.until(lambda found: found[success(LIVING, lab)] == 0)
        store_value(folder, LIVING, secret_value(LIVING, "0"))
        await exporter.until(lambda found: found[success(LIVING, lab)] == 1)


async def test_watcher_that_ends_by_itself_begins_again_but_not_in_a_tight_loop(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def ends(*_: object, **__: object) -> AsyncIterator[set[Path]]:
        nonlocal begun
        begun += 1
        yield set()

    monkeypatch.setattr(schedule, "FIRST_RETRY", 30.0)
    monkeypatch.setattr("exporter.verify.targets.changed", ends)
    async with running(lab) as exporter:
        samples = await exporter.until(lambda found: found[failures(Task.FILE_WATCHER)] >= 1)
        await asyncio.sleep(0.1)

    assert begun == 1
    assert samples["entra_exporter_tasks{'task': 'file_watcher'}"] == 1


ANSWERS = [
    ("exporter.web.landing:page", "/", "text/html"),
    ("exporter.web.making:indexed", "/", "text/html"),
    ("exporter.web.runbook:runbook_page", "/runbooks/EntraCredentialExpired", "text/html"),
    ("exporter.web.runbook:runbooks_page", "/runbooks/", "text/html"),
    ("exporter.web.api:credentials", "/api/v1/credentials", "application/json"),
    ("exporter.web.api:targets", "/api/v1/verifications", "application/json"),
    ("exporter.web.exposition:health_metrics", "/metrics", "text/plain"),
]


@pytest.mark.parametrize(
    ("answer", "error"),
    [*((ANSWERS[0], error) for error in ERRORS), *((one, ERRORS[-1]) for one in ANSWERS[1:])],
    ids=str,
)
async def test_bug_in_an_answer_is_said_shortly_and_logged_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, str, str], error: BaseException
) -> None:
    place, path, kind = answer
    fault = Fault(monkeypatch, place, error)
    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            fault.broken = True
            spoilt = [await exporter.client.get(path) for _ in range(3)]
            fault.broken = False
            again = await exporter.client.get(path)
            samples = await exporter.samples()

    for got in spoilt:
        assert got.status_code == 500
        assert got.headers["content-type"].split(";")[0] == kind
        assert {k: got.headers[k] for k in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "bug in the exporter" in got.text
        assert "answer not made" in got.text
        assert MARKER not in got.text
        assert len(got.text) < 1000
    assert again.status_code == 200
    assert samples[failures(Task.PAGE)] == 3
    [entry] = events(logs, "answer not made")
    assert entry["path"] == path
    assert entry["exc_info"] is not None
    assert not events(logs, "event loop")


async def test_metrics_that_break_off_are_no_whole_answer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(_body: object) -> Iterator[bytes]:
        yield b"entra_begun 1\n"
        raise ZeroDivisionError

    monkeypatch.setattr("exporter.metrics.gzip_stream.Body.plain", breaks_off)
    async with running(lab) as exporter:
        with pytest.raises(Exception, match=r"peer|reset|disconnected|closed") as caught:
            await exporter.client.get("/metrics", headers={"Accept-Encoding": "identity"})
        assert "httpx" in type(caught.value).__module__
        healthy = await exporter.client.get("/-/healthy")

    assert healthy.status_code == 200
    assert exporter.app.health.failures[Task.PAGE] == 1


async def test_reader_that_leaves_is_no_bug(lab: Lab) -> None:
    async with settled(lab) as (exporter, _):
        for _ in range(3):
            async with exporter.client.stream("GET", "/metrics") as answer:
                assert answer.status_code == 200
        await asyncio.sleep(0.05)

    assert exporter.app.health.failures == dict.fromkeys(Task, 0)


async def test_page_that_hangs_is_given_up_and_metrics_are_served_meanwhile(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(making, "PATIENCE", 0.2)
    monkeypatch.setattr("exporter.web.landing.page", lambda *_, **__: str(go.wait(20)))
    async with running(lab) as exporter:
        await exporter.until_polled()
        hanging = asyncio.create_task(exporter.client.get("/"))
        samples = await exporter.until(
            lambda found: found["entra_exporter_tasks{'task': 'page'}"] == 2
        )
        async with asyncio.timeout(5):
            answer = await hanging
        go.set()
        again = await exporter.client.get("/")

    assert samples[polled("contoso")] == 1
    assert (answer.status_code, again.status_code) == (500, 200)
    assert exporter.app.health.failures[Task.PAGE] == 1


async def test_call_that_hangs_for_ever_does_not_stop_polls_and_renders(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, hung = threading.Event(), threading.Event()
    original = resolve_name("exporter.poller:departed")

    def hangs_once(*args: Any) -> Any:  # noqa: ANN401 - as the original
        if not hung.is_set():
            hung.set()
            go.wait(20)
        return original(*args)

    monkeypatch.setattr("exporter.work.WORKER.patience", 0.2)
    monkeypatch.setattr("exporter.poller.departed", hangs_once)
    async with running(lab) as exporter:
        await exporter.until_polled()
    go.set()

    assert hung.is_set()
    assert exporter.app.health.failures[Task.POLLER] == 1


@each_error
async def test_bug_in_a_reload_leaves_the_configuration_and_shows(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    reloaded = "entra_exporter_config_last_reload_successful{}"
    with structlog.testing.capture_logs() as logs:
        async with settled(lab) as (exporter, before):
            fault = Fault(monkeypatch, "exporter.config:load", error)
            fault.broken = True
            answer = await exporter.client.post("/-/reload")
            broken = await exporter.until(lambda found: found[reloaded] == 0)
            assert tasks(broken) == tasks(before)
            fault.broken = False
            again = await exporter.client.post("/-/reload")
            await exporter.until(lambda found: found[reloaded] == 1 and found[READ] > broken[READ])

    assert (answer.status_code, again.status_code) == (500, 200)
    assert f"a bug in the exporter ({type(error).__name__}" in answer.text
    assert MARKER not in answer.text
    assert broken[failures(Task.RELOADER)] == 1
    assert broken[failures(Task.PAGE)] == 0
    [entry] = events(logs, "configuration not reloaded")
    assert entry["exc_info"] is not None


@pytest.mark.parametrize(
    "place",
    [
        "exporter.app:configured",
        "exporter.tenants:Tenants.watch",
        "exporter.verify.targets:Targets.add",
        "exporter.verify.directory:Directories.keep_only",
    ],
)
async def test_configuration_that_a_bug_keeps_from_being_taken_over_is_taken_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    stamp = "entra_exporter_config_last_reload_success_timestamp_seconds{}"
    async with settled(lab) as (exporter, before):
        original, raised = resolve_name(place), threading.Event()

        def once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for anything
            if not raised.is_set():
                raised.set()
                raise ZeroDivisionError
            return original(*args, **kwargs)

        replace(monkeypatch, place, once)
        text = lab.file.read_text(encoding="utf-8")
        lab.file.write_text(text.replace("interval: 1s", "interval: 2s"), encoding="utf-8")
        answer = await exporter.client.post("/-/reload")
        await asyncio.sleep(0.1)
        broken = await exporter.until(
            lambda found: found["entra_exporter_config_last_reload_successful{}"] == 0
        )
        await exporter.until(lambda found: found[READ] > broken[READ])

    assert raised.is_set()
    assert answer.status_code == 500
    assert broken[stamp] == before[stamp]
    assert tasks(broken) == tasks(before)
    intervals = {one.polling.tenant.poll.interval for one in exporter.app.tenants.running.values()}
    assert intervals == {1.0}


async def test_reload_by_a_signal_that_fails_ends_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with settled(lab) as (exporter, before):
        fault = Fault(monkeypatch, "exporter.reloading:Reloader.reload", PanicException())
        fault.broken = True
        os.kill(os.getpid(), signal.SIGHUP)
        broken = await exporter.until(lambda found: found[failures(Task.RELOADER)] == 1)
        assert tasks(broken) == tasks(before)
        fault.broken = False
        os.kill(os.getpid(), signal.SIGHUP)
        stamp = "entra_exporter_config_last_reload_success_timestamp_seconds{}"
        await exporter.until(lambda found: found[stamp] > before[stamp])


async def test_configuration_file_that_hangs_is_a_mistake_and_read_again_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, loads = threading.Event(), 0
    load = resolve_name("exporter.config:load")

    def hangs(file: Path) -> Any:  # noqa: ANN401 - as the original
        nonlocal loads
        loads += 1
        go.wait(20)
        return load(file)

    monkeypatch.setattr("exporter.reloading.PATIENCE", 0.1)
    async with settled(lab) as (exporter, _):
        monkeypatch.setattr("exporter.config.load", hangs)
        answers = [await exporter.client.post("/-/reload") for _ in range(2)]
        assert loads == 1
        go.set()
        monkeypatch.setattr("exporter.reloading.PATIENCE", 10.0)
        answers.append(await exporter.client.post("/-/reload"))

    assert [answer.status_code for answer in answers] == [500, 500, 200]
    assert "check the volume" in answers[0].text


async def test_bug_in_a_callback_is_counted_and_logged(lab: Lab) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            asyncio.get_running_loop().call_soon(crash)
            await exporter.until(lambda found: found[failures(Task.OTHER)] == 1)

    [entry] = events(logs, "event loop")
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_connection_that_fails_is_logged_but_no_bug(lab: Lab) -> None:
    def crash() -> None:
        raise ConnectionResetError

    with structlog.testing.capture_logs() as logs:
        async with running(lab) as exporter:
            asyncio.get_running_loop().call_soon(crash)
            await asyncio.sleep(0.05)

    assert exporter.app.health.failures[Task.OTHER] == 0
    assert len(events(logs, "event loop")) == 1


SPOILT = [
    ("exporter.poller:read_inventory", Task.POLLER),
    ("exporter.poller:Poller.update", Task.POLLER),
    ("exporter.verify.reader:read", Task.VERIFIER),
    ("exporter.verify.once:asked_of", Task.VERIFIER),
    ("exporter.verify.verifier:held", Task.VERIFIER),
    ("exporter.verify.verifier:after", Task.VERIFIER),
    ("exporter.metrics.exposition:View", Task.RENDERER),
    ("exporter.verify.targets:Targets.wake_readers", Task.FILE_WATCHER),
]


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda spoilt: spoilt[0])
@pytest.mark.parametrize("kind", [ValueError, PanicException], ids=lambda kind: kind.__name__)
async def test_traceback_of_a_bug_holds_no_secret(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoilt: tuple[str, Task],
    kind: type[BaseException],
) -> None:
    place, task = spoilt
    log.configure("debug", "logfmt")
    error = kind(f"not a secret: {MARKER}")
    error.__cause__ = ValueError(MARKER)
    fault = Fault(monkeypatch, place, error)
    async with settled(lab) as (exporter, before):
        fault.broken = True
        store_value(lab.file.parent, LIVING, MARKER)
        await exporter.until(lambda found: found[failures(task)] > before[failures(task)])
        answer = await exporter.client.get("/")
    said = capsys.readouterr().err

    assert kind.__name__ in said
    assert MARKER not in said + answer.text
    assert MARKER[:8] not in said + answer.text
