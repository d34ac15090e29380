"""Fills what a step leaves open. Pure; a value is never looked through for words again."""

import re
from dataclasses import replace

from exporter.remedy.phrases import PHRASES
from exporter.remedy.subject import Step, Subject
from exporter.remedy.words import quoted, said

OPEN = re.compile(r"\{([a-z_]+)\}")
"""JSON, JMESPath and jq have other characters between their braces."""


def filled(step: Step, subject: Subject) -> Step:
    """The step for one subject: quoted for the shell in the command, as it is in sentences."""

    def shell(match: re.Match[str]) -> str:
        phrase = PHRASES.get(match[1])
        return phrase(subject) if phrase else quoted(match[1], subject)

    def sentence(match: re.Match[str]) -> str:
        phrase = PHRASES.get(match[1])
        return phrase(subject) if phrase else said(match[1], subject)

    return replace(
        step,
        title=OPEN.sub(sentence, step.title),
        command=OPEN.sub(shell, step.command.strip()),
        note=OPEN.sub(sentence, step.note),
    )
