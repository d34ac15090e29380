"""A secret's value in a wrapper that shows and stores only `***`. Reads nothing."""

import hmac

MASK = "***"


class Secret:
    """The value leaves by `reveal` alone: not by printing, formatting, logging or pickling."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        """Never the value, nor its length."""
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """The same whatever the format asks for."""
        return MASK

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        """What would be stored in a pickle."""
        return Secret, (MASK,)

    def __copy__(self) -> "Secret":
        """Itself, as it cannot change: copying goes by pickling otherwise."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "Secret":
        """The same for a deep copy, of which the value has no parts."""
        return self

    def __eq__(self, other: object) -> bool:
        """In a time that does not tell where two values differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.to_bytes(), other.to_bytes())

    def __hash__(self) -> int:
        """By value."""
        return hash(self._value)

    def to_bytes(self) -> bytes:
        """The value as bytes, also where it is not well-formed Unicode."""
        return self._value.encode("utf-8", "surrogatepass")
