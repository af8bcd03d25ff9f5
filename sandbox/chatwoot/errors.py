"""Chatwoot's refusals: four body shapes, never a 400 or a 403 where its documentation promises one."""

from typing import Any


class ApiError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: dict[str, Any] | None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


class NotFound(ApiError):
    """Any record that does not exist."""

    def __init__(self) -> None:
        super().__init__(404, {"error": "Resource could not be found"})


class Unauthorized(ApiError):
    """Chatwoot answers 401 for refused rights as well, not 403."""

    def __init__(self, text: str) -> None:
        super().__init__(401, {"error": text})


class NotSignedIn(ApiError):
    """No token header arrived; the only body with a list of `errors`."""

    def __init__(self) -> None:
        super().__init__(401, {"errors": ["You need to sign in or sign up before continuing."]})


class RecordInvalid(ApiError):
    """A failed validation outside message creation."""

    def __init__(self, problems: dict[str, str]) -> None:
        text = ", ".join(
            f"{name.replace('_', ' ').capitalize()} {problem}" for name, problem in problems.items()
        )
        super().__init__(422, {"message": text, "attributes": list(problems)})


class Unprocessable(ApiError):
    """Message creation, filters, missing parameters."""

    def __init__(self, text: str) -> None:
        super().__init__(422, {"error": text})


class InternalError(ApiError):
    """What Rails makes of an exception nobody rescued, such as an unknown status."""

    def __init__(self) -> None:
        super().__init__(500, {"status": 500, "error": "Internal Server Error"})
