"""A stored value under examination: what it is, what mends it, and what it may be mistaken for."""

from collections.abc import Callable
from dataclasses import dataclass

from exporter.verify.repairs import Step


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """The value, the steps that mend it, what they lead to, and the ids it may be mistaken for."""

    value: str
    steps: tuple[Step, ...]
    final: str
    key_ids: frozenset[str] = frozenset()
    app_ids: frozenset[str] = frozenset()

    def before(self, name: str) -> list[str]:
        """The texts to which the mend of that name was applied."""
        return [step.before for step in self.steps if step.name == name]

    @property
    def text(self) -> str:
        """The value without what is around it, and with what breaks it in the middle."""
        return next(iter(self.before("join")), self.final)


Look = Callable[[Stored], str | None]
"""Says in words what is odd, without showing any of the value; None when nothing is."""
