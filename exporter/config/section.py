"""What all sections of the configuration have in common. Holds no setting itself."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

Value = TypeVar("Value")


class Section(BaseModel):
    """A frozen part of the configuration: equal and hashed by value, unknown keys refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def absent_when_empty(cls, data: object) -> object:
        """A key with nothing after it counts as not given: people comment out what it held."""
        if not isinstance(data, dict):
            return data
        free = cls.model_config.get("extra") == "allow"
        return {
            key: value
            for key, value in data.items()
            if value is not None or not (free or key in cls.model_fields)
        }


class FrozenMap(Mapping[str, Value], Generic[Value]):
    """A mapping that cannot change, equal and hashed by value."""

    def __init__(self, items: Mapping[str, Value]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Value:
        """As a dict."""
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        """As a dict."""
        return iter(self._items)

    def __len__(self) -> int:
        """As a dict."""
        return len(self._items)

    def __hash__(self) -> int:
        """By value; the order does not matter, as it does not for equality."""
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        """As a dict."""
        return repr(self._items)
