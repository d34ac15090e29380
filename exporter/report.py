"""
A verdict as what `verify` prints: a few lines for people, JSON for programs. Shows nothing of the
secret.
"""

import json
from dataclasses import asdict

from exporter import wording
from exporter.model import COULD_NOT_TELL
from exporter.verdict import Diagnosis, Verdict


def as_text(verdict: Verdict) -> str:
    """For people: what is wrong first, then what it rests on, then what to do about the value."""
    if verdict.diagnosis is None:
        lines = ["It works: the login service gave a token."]
    else:
        lines = [*diagnosis_lines(verdict.diagnosis)]
    said = "\n".join(lines)
    for finding in verdict.findings:
        if finding.found not in said:
            lines += [f"  The stored value: {finding.found}.", f"    {finding.advice}"]
    return "\n".join(map(wording.printable, lines))


def diagnosis_lines(diagnosis: Diagnosis) -> list[str]:
    """The verdict, how sure it is, and why."""
    told = "COULD NOT TELL" if diagnosis.cause in COULD_NOT_TELL else "DOES NOT WORK"
    code = f", AADSTS{diagnosis.code}" if diagnosis.code else ""
    return [
        f"{told}: {diagnosis.cause.value}{code} ({diagnosis.confidence})",
        diagnosis.summary,
        *(f"  - {sentence}" for sentence in diagnosis.evidence),
    ]


def as_json(verdict: Verdict) -> str:
    """For programs."""
    diagnosis = asdict(verdict.diagnosis) if verdict.diagnosis else None
    document = {
        "works": verdict.works,
        "diagnosis": diagnosis,
        "findings": [asdict(finding) for finding in verdict.findings],
    }
    return "\n".join(map(wording.escaped, json.dumps(document, indent=2).split("\n")))
