"""When a request cannot be served: JSON for /api, a kind page for people, never a detail of ours."""

from __future__ import annotations

import traceback

import psycopg
import structlog
from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from nextnest.settings import Settings

log = structlog.get_logger(__name__)

# A pool finds a database that came back within a second or two.
_RETRY_AFTER_S = "5"
_HEADINGS = {
    404: "We could not find that page",
    410: "This chat link has ended",
    413: "That was too much at once",
    429: "One moment, please",
    503: "We will be right back",
}


def install(app: Flask, settings: Settings) -> None:
    """Answer every error of the application."""
    phone = settings.nextnest_phone_fallback

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        return _answer(error, phone) if (error.code or 500) >= 400 else error.get_response()

    @app.errorhandler(psycopg.OperationalError)
    def database_away(error: psycopg.OperationalError) -> ResponseReturnValue:
        log.error("database away", error=type(error).__name__, path=_rule())
        away = ServiceUnavailable(f"We cannot take this just now. Please call {phone}, we are happy to help.")
        response = _answer(away, phone)
        response.headers["Retry-After"] = _RETRY_AFTER_S
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        _log(error)
        return _answer(InternalServerError("Something went wrong on our side."), phone)


def _answer(error: HTTPException, phone: str) -> Response:
    status = error.code or 500
    if request.path.startswith("/api/"):
        body = {"success": False, "error": error.description, "phoneFallback": phone}
        response = make_response(body, status)
    else:
        heading = _HEADINGS.get(status, "Something went wrong")
        response = make_response(
            render_template("error.html", heading=heading, detail=error.description), status
        )
    for name in ("Retry-After", "Allow"):
        if value := dict(error.get_headers()).get(name):
            response.headers[name] = value
    return response


def _log(error: Exception) -> None:
    """Where it happened, but not the error's own words: databases and parsers quote what customers wrote."""
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("request failed", error=type(error).__name__, path=_rule(), frames=frames[-8:])


def _rule() -> str:
    """The route's pattern; the path itself may hold a chat link."""
    return request.url_rule.rule if request.url_rule else "none"
