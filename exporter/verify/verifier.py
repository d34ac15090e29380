"""
One target: read what is stored, try it when that is due or something has changed, and put the
verdict into the store. What fails is logged when it starts and when it ends, not each time.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from exporter import log
from exporter.model import Cause
from exporter.schedule import wanted
from exporter.snapshot import Held, Memory, TargetView, TenantView
from exporter.sources import CertificateMaterial, SourceUnreadable
from exporter.store import Store
from exporter.verdict import Answer, Diagnosis, NoAnswer, Verdict
from exporter.verify.diagnosis import ABOUT_THE_VALUE
from exporter.verify.directory import Directories, Directory
from exporter.verify.gate import Gate
from exporter.verify.held import held
from exporter.verify.job import Job, identity
from exporter.verify.once import Known, Value, ask, bug, conclude, could_not_ask, told_by
from exporter.verify.outcome import (
    Tried,
    after,
    cause_in,
    due,
    mended_before,
    readable_again,
    told_before,
)
from exporter.verify.patience import Patience
from exporter.verify.reader import Reader
from exporter.verify.surroundings import complete, differ, surroundings

OLD_NEWS = 60.0
"""Seconds after which an inventory may lack what explains a refusal."""


@dataclass(frozen=True, slots=True)
class Shared:
    """
    What the verifiers share; `wish` asks for a new inventory of a tenant, soon, and `crashed`
    counts a bug.
    """

    store: Store[Any]
    wish: Callable[[str], None] = lambda _tenant: None
    reader: Reader = field(default_factory=Reader)
    directories: Directories = field(default_factory=Directories)
    gate: Gate = field(default_factory=Gate)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    crashed: Callable[[], None] = lambda: None


class Verifier:
    """Verifies one target; `wake` it when what it reads may have changed."""

    def __init__(self, job: Job, shared: Shared) -> None:
        self.job = job
        self.shared = shared
        self.woken = asyncio.Event()
        self.patience = Patience()
        self.begun = False
        self.asked_for = False
        self.last_view = TargetView(job.described)

    def wake(self) -> None:
        """Look again at once."""
        self.woken.set()

    def try_again(self) -> None:
        """Try at once what does not work, however short ago it was refused."""
        verdict = self.view.verdict
        throttled = verdict is not None and cause_in(verdict) is Cause.THROTTLED
        if verdict is not None and not verdict.works and not throttled:
            self.asked_for = True
            self.woken.set()

    def rest_as_before(self) -> None:
        """Leave the login service alone for as long as it asked for before a restart."""
        verdict, ends = self.view.verdict, self.memory.rest_until
        if verdict is not None and ends > verdict.at:
            self.shared.gate.rest(self.job.login, verdict.at, ends - verdict.at)

    def concerned(self, directory: Directory) -> bool:
        """Whether an inventory says something new of the application, or was waited for."""
        return not self.begun or differ(self.memory.seen, surroundings(self.job, directory))

    async def turn(self) -> float:
        """
        Read what is stored and try it if that is due; returns seconds until the next look. A bug
        says nothing about the secret.
        """
        self.begun, began = True, perf_counter()
        try:
            return await self.attempt(began)
        except BaseException as error:
            if wanted(error):
                raise
            self.shared.crashed()
            verdict = Verdict(self.now, could_not_ask(bug(error)))
            old, duration = self.memory, perf_counter() - began
            tried = Tried(
                old.value, changed=False, verdict=verdict, duration=duration, seen=old.seen
            )
            return self.settle(tried, self.view.holds)

    async def attempt(self, began: float) -> float:
        """The same, unless there is a bug."""
        try:
            value = await self.shared.reader.read(self.job)
        except SourceUnreadable as error:
            verdict = Verdict(self.now, unreadable(error))
            duration = perf_counter() - began
            tried = Tried(self.memory.value, changed=False, verdict=verdict, duration=duration)
            # What is stored is not seen, and so not known to be another.
            return self.settle(tried, self.view.holds)
        return await self.look(value, await self.directory())

    async def look(self, value: Value, directory: Directory) -> float:
        """Try the value, unless it was refused not long ago and nothing has changed since."""
        mark, present = self.hash_of(value), surroundings(self.job, directory)
        changed = mark != self.memory.value or differ(self.memory.seen, present)
        wait = self.wait(changed=changed)
        if wait > 0:
            return min(wait, self.job.interval)
        again = changed or self.asked_for
        self.asked_for = False
        async with self.shared.gate.turn(self.job.login):
            began, now = perf_counter(), self.now
            mended = None if again else mended_before(self.view, now)
            asked = await ask(self.job.applicant, value, now, mended, crashed=self.shared.crashed)
            duration = perf_counter() - began
        known = self.known(directory, mark)
        client_id, crashed = self.job.target.client_id, self.shared.crashed
        verdict = conclude(client_id, value, asked, known, self.now, crashed=crashed)
        if directory.blind and not changed:
            verdict = told_before(verdict, self.memory.refused or self.memory.told)
        holds = self.holds(value, verdict, known)
        if verdict.works and holds:
            present = complete(present)
        waiting = wait_asked(asked.answer)
        tried = Tried(mark, changed, verdict, duration, asked.mended, waiting, present)
        return self.settle(tried, holds)

    def wait(self, *, changed: bool) -> float:
        """Seconds for which the value need not, or must not, be tried."""
        resting = self.shared.gate.resting(self.job.login, self.now)
        waiting = max(0.0, due(self.view, self.job.interval) - self.now)
        if not waiting or self.clock_went_back:
            return resting
        back = self.was_unreadable and self.memory.refused is None
        if changed or self.asked_for or back:
            return resting or self.early()
        if self.was_unreadable and self.memory.refused:
            self.show(readable_again(self.view, self.memory.refused))
        return max(resting, waiting)

    def early(self) -> float:
        """Seconds until it may be tried before it is due; 0 counts as one such try."""
        wait = self.patience.wait(self.now)
        if not wait:
            self.patience.tried(self.now)
        return wait

    def known(self, directory: Directory, mark: bytes) -> Known:
        """What is known beside the answer."""
        gone = self.tenant.gone.get(self.job.target.client_id, ()) if self.tenant else ()
        return Known(directory, gone, self.memory.worked_at(mark), self.memory.known_as(mark))

    def holds(self, value: Value, verdict: Verdict, known: Known) -> Held | None:
        """Which credential is stored."""
        objects = known.directory.objects(self.job.target.client_id)
        declared, told = self.job.described.expires_at, told_by(value, verdict)
        return held(told, verdict, objects, declared, verdict.at, key_id=known.key_id)

    def settle(self, tried: Tried, holds: Held | None) -> float:
        """Show what came of it; returns the seconds until the next look."""
        new = after(self.view, tried, holds, self.job.interval)
        if self.show(new) or tried.changed:
            self.wish_for_news(tried.verdict)
        self.shared.gate.rest(self.job.login, tried.verdict.at, tried.retry_after)
        return min(max(new.memory.not_before - self.now, 0.0), self.job.interval)

    def show(self, new: TargetView) -> bool:
        """Put the new view into the store, and log it if it is news; returns whether it is."""
        last, verdict = self.view.verdict, new.verdict
        news = verdict is not None and (last is None or cause_in(last) is not cause_in(verdict))
        self.last_view = new

        def change(old: TargetView) -> TargetView:
            return replace(new, target=old.target) if self.is_mine(old) else old

        self.shared.store.update_target(self.job.target.name, change, soon=news)
        if news and verdict:
            self.report(last, verdict)
        return news

    def wish_for_news(self, verdict: Verdict) -> None:
        """Ask for a new inventory where the last one may be older than what happened."""
        inventory = self.tenant.inventory if self.tenant else None
        refused = verdict.refusal is not None and cause_in(verdict) in UNEXPLAINED
        if refused and inventory and self.now - inventory.taken_at > OLD_NEWS:
            self.shared.wish(self.job.tenant.name)

    def report(self, last: Verdict | None, verdict: Verdict) -> None:
        """Log what is news."""
        events = log.get().bind(target=self.job.target.name, tenant=self.job.tenant.name)
        diagnosis = verdict.diagnosis
        if diagnosis is None:
            if last is not None:
                events.info("verification succeeded again")
            return
        code = {"aadsts": diagnosis.code} if diagnosis.code else {}
        events.warning(
            "verification failed",
            cause=diagnosis.cause.value,
            **code,
            confidence=diagnosis.confidence,
            summary=diagnosis.summary,
        )

    def hash_of(self, value: Value) -> bytes:
        """What a stored value is remembered by: nothing can be told from it without the key."""
        content = value.pem_or_pfx if isinstance(value, CertificateMaterial) else value.to_bytes()
        return hmac.digest(self.shared.key, content, "sha256")

    async def directory(self) -> Directory:
        """The tenant's last inventory, ready to be looked things up in."""
        snapshot = self.shared.store.snapshot
        return await self.shared.directories.named(self.job.tenant.name, snapshot)

    @property
    def was_unreadable(self) -> bool:
        """Whether the value could not be read the last time."""
        last = self.view.verdict
        return last is not None and cause_in(last) is Cause.SOURCE_UNREADABLE

    @property
    def clock_went_back(self) -> bool:
        """Whether the last attempt lies in the future: then the pause after it means nothing."""
        last = self.view.verdict
        return last is not None and last.at > self.now

    @property
    def memory(self) -> Memory:
        """What is remembered of the stored values."""
        return self.view.memory

    @property
    def view(self) -> TargetView:
        """The target as the store has it, or had it before a reload took it away."""
        found = self.shared.store.snapshot.target(self.job.target.name)
        if found is not None and self.is_mine(found):
            self.last_view = found
        return self.last_view

    def is_mine(self, view: TargetView) -> bool:
        """Whether it is this target, not another one that has got its name meanwhile."""
        return identity(view.target) == identity(self.job.described)

    @property
    def tenant(self) -> TenantView | None:
        """Its tenant as the store has it; None when a reload has taken it away."""
        return self.shared.store.snapshot.tenant(self.job.tenant.name)

    @property
    def now(self) -> float:
        """Unix time."""
        return self.shared.store.clock()


UNEXPLAINED = ABOUT_THE_VALUE - {Cause.EXPIRED}
"""Causes that a newer inventory may explain better."""


def unreadable(error: SourceUnreadable) -> Diagnosis:
    """The diagnosis when there is no value to try: it says nothing about the secret."""
    summary = f"The stored value could not be read: {error}."
    return Diagnosis(Cause.SOURCE_UNREADABLE, 0, summary, (), "proven")


def wait_asked(answer: Answer) -> float:
    """How long the login service wants to be left alone."""
    return answer.retry_after if isinstance(answer, NoAnswer) else 0.0
