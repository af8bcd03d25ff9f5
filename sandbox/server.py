"""A threaded HTTP/1.1 server on localhost that keeps connections alive, and drops them on request."""

import select
import socket
import sys
import threading
from io import BytesIO
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

DROP_HEADER = "X-Sandbox-Drop"
"""An answer that carries this header is never sent: the connection is closed instead."""

STOP_POLL_S = 0.05
"""How long a stop may take to be noticed; short, because every test stops a server."""


class LocalServer:
    """Serves `app` on `host:port` (0 picks a free port) from `start()` until `stop()`."""

    def __init__(self, app: WSGIApplication, host: str, port: int, *, verbose: bool = False) -> None:
        handler = _VerboseHandler if verbose else _Handler
        self._server = _TrackingServer(host, port, app, handler=handler)
        self._thread = threading.Thread(target=self._serve, name="sandbox-http", daemon=True)
        self.host = host
        self.port: int = self._server.socket.getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops listening and cuts every open connection, as a crash of the real service would."""
        if not self._thread.ident:  # never started: nothing to wait for
            self._server.server_close()
            return
        self._server.shutdown()
        self._server.cut_connections()
        self._thread.join()

    def wait(self) -> None:
        """Returns when the server has stopped."""
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=STOP_POLL_S)


def client_is_gone(environ: WSGIEnvironment) -> bool:
    """True when the caller has closed its end: what a timed-out client does."""
    connection: socket.socket = environ["werkzeug.socket"]
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class _TrackingServer(ThreadedWSGIServer):
    """Knows its open connections, so that stopping can cut them."""

    daemon_threads = True

    def __init__(self, host: str, port: int, app: WSGIApplication, handler: type[WSGIRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(host, port, app, handler=handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            _cut(connection)


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler closes after each answer; this one reads all of the body and can go on."""

    protocol_version = "HTTP/1.1"
    # Without this the kernel may hold a small answer back for 40 ms.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        body = self._read_body(environ)
        if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
            # Its sender died in the middle of it. Puma never hands such a request to the application either.
            self._drop()
            return
        environ["wsgi.input"] = BytesIO(body)
        environ["wsgi.input_terminated"] = True
        response = Response.from_app(self.server.app, environ, buffered=True)
        if DROP_HEADER in response.headers:
            self._drop()
        else:
            self._send(response)

    def make_environ(self) -> WSGIEnvironment:
        """With the headers spelled with underscores, which Werkzeug leaves out and Rack lets in."""
        environ = super().make_environ()
        for name, value in self.headers.items():
            if "_" in name:
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ

    def _read_body(self, environ: WSGIEnvironment) -> bytes:
        length = environ.get("CONTENT_LENGTH")
        if length:
            return bytes(environ["wsgi.input"].read(int(length)))
        if environ.get("wsgi.input_terminated"):
            return bytes(environ["wsgi.input"].read())
        return b""

    def _send(self, response: Response) -> None:
        """Head and body in one write."""
        body = response.get_data()
        response.headers["Content-Length"] = str(len(body))
        if self.close_connection:
            response.headers["Connection"] = "close"
        head = [f"{self.protocol_version} {response.status}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        raw = "\r\n".join([*head, "", ""]).encode("latin-1")
        self.wfile.write(raw if self.command == "HEAD" else raw + body)
        self.log_request(response.status_code, len(body))

    def _drop(self) -> None:
        self.close_connection = True
        _cut(self.connection)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet: the journal remembers requests."""


class _VerboseHandler(_Handler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        sys.stderr.write(f"{self.command} {self.path} {code} {size}\n")


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone
