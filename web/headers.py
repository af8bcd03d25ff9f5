"""Headers every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request

from nextnest.settings import Settings

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # A chat link is a key: it must not leave with a click on a link in the conversation.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A year, the least that browsers' own lists ask for. This host alone: what is under its name is not ours to close.
_HSTS = "max-age=31536000"


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of the application; over plain HTTP browsers ignore HSTS (RFC 6797, 8.1)."""
    always = dict(_ALWAYS)
    if settings.nextnest_public_url.startswith("https://"):
        always["Strict-Transport-Security"] = _HSTS

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        if "Location" in response.headers:
            response.headers["Location"] = _own_path(response.headers["Location"])
        return response


def _own_path(location: str) -> str:
    """Without scheme and host: the framework's own redirects take them from the Host header, which anybody may write."""
    _, _, path, query, fragment = urlsplit(location)
    # Browsers take two slashes at the beginning, of either kind, for a host.
    return urlunsplit(("", "", "/" + path.lstrip("/\\"), query, fragment))
