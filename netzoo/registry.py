"""The mechanism of a registry: a mapping from names to values, filled by decorators."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from netzoo.errors import BadInput, no_such

Value = TypeVar("Value")
Registered = TypeVar("Registered", bound=Any)


class Registry(Mapping[str, Value], Generic[Value]):
    """A mapping from names to values that rejects duplicates and suggests the nearest known name.

    >>> colours = Registry[int]("colour")
    >>> colours.add("red", 0xFF0000)
    >>> colours["rd"]
    Traceback (most recent call last):
    netzoo.errors.UnknownName: no colour 'rd'; did you mean 'red'? Known: red.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._values: dict[str, Value] = {}
        self._load: Callable[[], object] | None = None

    def add(self, name: str, value: Value) -> None:
        """Add a value under a new name. Raises BadInput if the name is taken."""
        if name in self._values:
            raise BadInput(f"{self.kind} {name!r} is registered already; choose another name.")
        self._values[name] = value

    def put(self, name: str, value: Value) -> None:
        """Add a value under a name, in place of what it has."""
        self._values[name] = value

    def load_by(self, load: Callable[[], object]) -> None:
        """Let a function add more values: once, when a name is not known, or by `load_all`."""
        self._load = load

    def load_all(self) -> None:
        """Let the function that adds more values do so, if it has not."""
        load, self._load = self._load, None
        if load is not None:
            load()

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """Return a decorator that adds the decorated object under a name."""

        def decorate(value: Registered) -> Registered:
            self.add(name, value)
            return value

        return decorate

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """Forget, at the end of the context, what was added in it.

        >>> colours = Registry[int]("colour")
        >>> with colours.temporary():
        ...     colours.add("red", 0xFF0000)
        >>> len(colours)
        0
        """
        before = dict(self._values)
        try:
            yield
        finally:
            self._values = before

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self.load_all()
        if name not in self._values:
            raise no_such(self.kind, name, self._values)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:  # Mapping's own would format an error
        return name in self._values
