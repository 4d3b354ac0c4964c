"""The fields of a request, read strictly: what is not supported is said and never passed over."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Any

from dramaturg.serve.refused import Refused

NO_EFFECT = ("user", "metadata", "safety_identifier")  # labels of the caller's, by definition


class Fields:
    """Takes one field after the other; `end` refuses what was not taken. null counts as absent.

    Args:
        body: The decoded request.
        endpoint: Its name in messages.
    """

    def __init__(self, body: object, endpoint: str) -> None:
        if not isinstance(body, dict):
            raise Refused("the body must be a JSON object", code="invalid_json")
        self._left: dict[str, Any] = {str(k): v for k, v in body.items() if v is not None}
        self._endpoint = endpoint
        self._known: set[str] = set()

    def take(self, name: str) -> Any:
        """The field's value, or None."""
        self._known.add(name)
        return self._left.pop(name, None)

    def need(self, name: str) -> Any:
        """The field's value. Raises Refused without one."""
        value = self.take(name)
        if value is None:
            raise Refused(f"you must provide {name!r}", param=name, code="missing_parameter")
        return value

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A number from low to high."""
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(f"{name} must be a number, not {value!r}", param=name)
        if not low <= value <= high:
            raise Refused(f"{name} must be {low:g} to {high:g}, not {str(value)[:40]}", param=name)
        return float(value)

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number from low to high, or None."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(f"{name} must be a whole number, not {value!r}", param=name)
        if not low <= value <= high:
            raise Refused(f"{name} must be {low} to {high}, not {value}", param=name)
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.take(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Refused(f"{name} must be true or false, not {value!r}", param=name)
        return value

    def stops(self) -> tuple[str, ...]:
        """`stop`: a string or up to four; none of them empty."""
        value = self.take("stop")
        found = [value] if isinstance(value, str) else value if value is not None else []
        if not isinstance(found, list) or not all(isinstance(s, str) and s for s in found):
            raise Refused("stop must be a string, or a list of strings, none empty", param="stop")
        if len(found) > 4:
            raise Refused(f"stop has at most 4 strings, not {len(found)}", param="stop")
        return tuple(found)

    def only(self, name: str, allowed: Collection[Any], why: str) -> None:
        """A field of which only the allowed values mean what happens anyhow; others are refused."""
        value = self.take(name)
        if value is not None and value not in allowed:
            raise Refused(
                f"Unsupported parameter: '{name}' = {value!r} is not supported: {why}",
                param=name,
                code="unsupported_parameter",
            )

    def usage_in_stream(self, stream: bool) -> bool:
        """`stream_options.include_usage`."""
        value = self.take("stream_options")
        if value is None:
            return False
        if not stream:
            raise Refused("stream_options goes with stream = true", param="stream_options")
        options = Fields(value, "stream_options")
        told = options.flag("include_usage")
        options.only("include_obfuscation", (False,), "nothing is padded")
        options.end()
        return told

    def end(self, ignored: Iterable[str] = NO_EFFECT) -> None:
        """Refuse what is left."""
        for name in ignored:
            self._left.pop(name, None)
        for name in self._left:
            near = difflib.get_close_matches(name, self._known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise Refused(
                f"Unsupported parameter: '{name}' is not supported by {self._endpoint}{hint}. "
                f"It takes: {', '.join(sorted(self._known))}",
                param=name,
                code="unsupported_parameter",
            )
