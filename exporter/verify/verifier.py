"""
One target: read what is stored, try it when that is due or something has changed, and put the
verdict into the store. What fails is logged when it starts and when it ends, not each time.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from exporter import log
from exporter.model import Cause, DirectoryObject
from exporter.snapshot import Held, Memory, TargetView, TenantView
from exporter.sources import CertificateMaterial, SourceUnreadable
from exporter.store import Store
from exporter.verdict import Answer, Diagnosis, Granted, NoAnswer, Verdict
from exporter.verify.diagnosis import ABOUT_THE_VALUE
from exporter.verify.directory import NO_DIRECTORY, Directories, Directory
from exporter.verify.gate import Gate
from exporter.verify.held import held
from exporter.verify.job import Job
from exporter.verify.once import Known, Value, ask, conclude, told_by
from exporter.verify.outcome import Tried, after, cause_in, readable_again
from exporter.verify.reader import Reader

OLD_NEWS = 60.0
"""Seconds after which an inventory may lack what explains a refusal."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the verifiers share; `wish` asks for a new inventory of a tenant, soon."""

    store: Store[Any]
    wish: Callable[[str], None] = lambda _tenant: None
    reader: Reader = field(default_factory=Reader)
    directories: Directories = field(default_factory=Directories)
    gate: Gate = field(default_factory=Gate)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)


class Verifier:
    """Verifies one target; `wake` it when what it reads may have changed."""

    def __init__(self, job: Job, shared: Shared) -> None:
        self.job = job
        self.shared = shared
        self.woken = asyncio.Event()
        self.seen: tuple[DirectoryObject | None, ...] | None = None
        self.asked_for = False

    def wake(self) -> None:
        """Look again at once."""
        self.woken.set()

    def try_again(self) -> None:
        """Try at once what does not work, however short ago it was refused."""
        verdict = self.view.verdict
        if verdict is not None and not verdict.works:
            self.asked_for = True
            self.woken.set()

    def concerned(self, directory: Directory) -> bool:
        """Whether an inventory says something new of the application, or was waited for."""
        return self.seen is None or directory.objects(self.job.target.client_id) != self.seen

    async def turn(self) -> float:
        """Read what is stored and try it if that is due; returns seconds until the next look."""
        began = perf_counter()
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
        objects = directory.objects(self.job.target.client_id)
        mark = self.hash_of(value)
        changed = mark != self.memory.value or (self.seen is not None and objects != self.seen)
        wait = self.wait(changed=changed)
        if wait > 0:
            return min(wait, self.job.interval)
        self.seen, self.asked_for = objects, False
        mended = None if changed or self.mended_ended else self.memory.mended
        async with self.shared.gate.turns:
            began = perf_counter()
            asked = await ask(self.job.applicant, value, self.now, mended)
            duration = perf_counter() - began
        verdict = conclude(
            self.job.target.client_id, value, asked, self.known(directory, mark), self.now
        )
        tried = Tried(mark, changed, verdict, duration, asked.mended, wait_asked(asked.answer))
        return self.settle(tried, self.holds(value, verdict, objects))

    def wait(self, *, changed: bool) -> float:
        """Seconds for which the value need not, or must not, be tried."""
        resting = self.shared.gate.resting(self.login, self.now)
        if changed or self.asked_for or self.clock_went_back:
            return resting
        wait = max(resting, self.memory.not_before - self.now)
        if not self.was_unreadable:
            return wait
        if self.memory.refused is None:
            return resting
        if wait > 0:
            self.show(readable_again(self.view, self.memory.refused))
        return wait

    def known(self, directory: Directory, mark: bytes) -> Known:
        """What is known beside the answer."""
        gone = self.tenant.gone.get(self.job.target.client_id, ())
        return Known(directory, gone, self.memory.worked_at(mark))

    def holds(
        self, value: Value, verdict: Verdict, objects: tuple[DirectoryObject | None, ...]
    ) -> Held | None:
        """Which credential is stored."""
        declared = self.job.described.expires_at
        return held(told_by(value, verdict), verdict, objects, declared, verdict.at)

    def settle(self, tried: Tried, holds: Held | None) -> float:
        """Show what came of it; returns the seconds until the next look."""
        new = after(self.view, tried, holds, self.job.interval)
        self.show(new)
        self.shared.gate.rest(self.login, tried.verdict.at, tried.retry_after)
        self.wish_for_news(tried.verdict)
        return min(max(new.memory.not_before - self.now, 0.0), self.job.interval)

    def show(self, new: TargetView) -> None:
        """Put the new view into the store, and log what is news."""
        last = self.view.verdict
        news = new.verdict is not None and (last is None or cause_in(last) != cause_in(new.verdict))
        self.shared.store.update_target(self.job.target.name, lambda _old: new, soon=news)
        if news and new.verdict:
            self.report(last, new.verdict)

    def wish_for_news(self, verdict: Verdict) -> None:
        """Ask for a new inventory where the last one may be older than what happened."""
        inventory = self.tenant.inventory
        refused = verdict.refusal is not None and cause_in(verdict) in UNEXPLAINED
        if refused and inventory and self.now - inventory.taken_at > OLD_NEWS:
            self.shared.wish(self.tenant.name)

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
        view = self.tenant
        return await self.shared.directories.of(view) if view.polled else NO_DIRECTORY

    @property
    def login(self) -> tuple[str, str]:
        """Whose login service is asked."""
        return self.job.cloud.authority, self.job.tenant.tenant_id

    @property
    def was_unreadable(self) -> bool:
        """Whether the value could not be read the last time."""
        last = self.view.verdict
        return last is not None and cause_in(last) is Cause.SOURCE_UNREADABLE

    @property
    def mended_ended(self) -> bool:
        """Whether what would have worked if it were mended has ended since."""
        holds = self.view.holds
        ended = holds is not None and holds.expires <= self.now
        return ended and isinstance(self.memory.mended, Granted)

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
        """The target as the store has it."""
        targets = self.shared.store.snapshot.targets
        return next(view for view in targets if view.target.name == self.job.target.name)

    @property
    def tenant(self) -> TenantView:
        """Its tenant as the store has it."""
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
