"""
Verdicts as what `verify` prints: what is wrong, why and what to do for people, JSON for programs.
Shows nothing of any secret.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from exporter import wording
from exporter.model import COULD_NOT_TELL
from exporter.remedy import Step
from exporter.remedy.of_target import remedy_of
from exporter.snapshot import Held, TargetView
from exporter.validity import days_left
from exporter.verdict import Diagnosis, Verdict


def as_text(views: Iterable[TargetView], now: float) -> str:
    """For people: what does not work first."""
    tried = [(view, view.verdict) for view in views if view.verdict is not None]
    ordered = sorted(tried, key=lambda pair: (pair[1].works, pair[1].could_not_tell))
    blocks = ["\n".join(block(view, verdict, now)) for view, verdict in ordered]
    gap = "\n\n" if any(not verdict.works for _, verdict in ordered) else "\n"
    return gap.join([*blocks, *summed_up([view for view, _ in ordered])])


def summed_up(views: list[TargetView]) -> Iterator[str]:
    """What is seen without scrolling up, when there are several."""
    causes = {
        view.target.name: view.verdict.diagnosis.cause.value
        for view in views
        if view.verdict and view.verdict.diagnosis
    }
    if len(views) > 1:
        lines = (f"  {name}: {cause}" for name, cause in causes.items())
        summary = (f"{len(views) - len(causes)} of {len(views)} work.", *lines)
        yield "\n".join(map(wording.printable, summary))


def block(view: TargetView, verdict: Verdict, now: float) -> Iterator[str]:
    """What there is to say of one target."""
    name = f"{view.target.name}: " if view.target.name else ""
    lines = [f"{name}{headline(verdict.diagnosis)}"]
    if verdict.diagnosis is not None:
        lines.append(verdict.diagnosis.summary)
        lines += [f"  - {sentence}" for sentence in verdict.diagnosis.evidence]
    elif view.holds is not None:
        lines.append(f"  {stored(view.holds, now)}.")
    said = "\n".join(lines)
    for finding in verdict.findings:
        if finding.found not in said:
            lines += [f"  The stored value: {finding.found}.", f"    {finding.advice}"]
    return map(wording.printable, (*lines, *steps(remedy_of(view))))


def headline(diagnosis: Diagnosis | None) -> str:
    """The verdict, and how sure it is."""
    if diagnosis is None:
        return "It works: the login service gave a token."
    told = "COULD NOT TELL" if diagnosis.cause in COULD_NOT_TELL else "DOES NOT WORK"
    code = f", AADSTS{diagnosis.code}" if diagnosis.code else ""
    return f"{told}: {diagnosis.cause.value}{code} ({diagnosis.confidence})"


def stored(holds: Held, now: float) -> str:
    """When what is stored ends."""
    which = f"Key id {holds.key_id}" if holds.key_id else "What is stored"
    return f"{which}: {wording.left(days_left(holds.expires, now))}"


def steps(remedy: tuple[Step, ...]) -> Iterator[str]:
    """What to do, one after the other; commands can be copied as they stand."""
    if remedy:
        yield ""
        yield "What to do:"
    for number, step in enumerate(remedy, start=1):
        yield f"{number}. {step.title}"
        if step.note:
            yield f"   {step.note}"
        for line in step.command.splitlines():
            yield f"     {line}"


def as_json(view: TargetView) -> dict[str, Any]:
    """One target for programs."""
    verdict = view.verdict
    diagnosis = verdict.diagnosis if verdict else None
    return {
        "target": view.target.name,
        "tenant": view.target.tenant,
        "tenant_id": view.target.tenant_id,
        "client_id": view.target.client_id,
        "works": verdict is not None and verdict.works,
        "at": wording.iso(verdict.at) if verdict else None,
        "diagnosis": asdict(diagnosis) if diagnosis else None,
        "correlation_id": verdict.refusal.correlation_id if verdict and verdict.refusal else None,
        "findings": [asdict(finding) for finding in verdict.findings] if verdict else [],
        "stored": holds_json(view.holds),
        "remedy": [asdict(step) for step in remedy_of(view)],
    }


def holds_json(holds: Held | None) -> dict[str, Any] | None:
    """Which credential is stored; `expires` is null for one that has no end."""
    if holds is None:
        return None
    date = wording.date(holds.expires)
    return {"key_id": holds.key_id, "expires": None if date == "never" else date}


def dumped(document: object) -> str:
    """JSON without characters that could rewrite a terminal."""
    return "\n".join(map(wording.escaped, json.dumps(document, indent=2).split("\n")))
