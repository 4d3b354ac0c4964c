"""Errors as OpenAI's clients know them: a status, a message, a type, a parameter, a code."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request that is not answered.

    Attributes:
        status: HTTP status.
        param: The field of the request that is at fault, or None.
        code: A short class that programs can compare, e.g. "model_not_found".
    """

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.param, self.code = message, status, param, code

    def body(self) -> dict[str, Any]:
        """What is sent."""
        return error_body(self.message, self.status, self.param, self.code)


def error_body(
    message: str, status: int, param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """OpenAI's error object."""
    kinds = {429: "rate_limit_error"}
    kind = "server_error" if status >= 500 else kinds.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
