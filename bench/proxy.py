"""A way to the database that takes time, as one between two machines does: `python -m bench.proxy PORT HOST:PORT DELAY_MS`.

What is said arrives the delay later, in both directions, in order and as fast as it was said: nothing waits for anything
but the distance. Threads and blocking sockets, because they wake within a tenth of a millisecond and asyncio does not.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from queue import SimpleQueue

_Late = SimpleQueue[tuple[float, bytes]]


def main() -> None:
    port, target, delay_ms = sys.argv[1:]
    host, _, its_port = target.rpartition(":")
    with socket.create_server(("127.0.0.1", int(port))) as server:
        while True:
            near, _ = server.accept()
            far = socket.create_connection((host, int(its_port)))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _start(_listen, one, other, float(delay_ms) / 1000)


def _listen(source: socket.socket, target: socket.socket, delay_s: float) -> None:
    late: _Late = SimpleQueue()
    _start(_tell, late, target)
    try:
        while data := source.recv(65536):
            late.put((time.monotonic() + delay_s, data))
    except OSError:
        pass
    late.put((time.monotonic() + delay_s, b""))


def _tell(late: _Late, target: socket.socket) -> None:
    try:
        while data := _due(*late.get()):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _due(at: float, data: bytes) -> bytes:
    time.sleep(max(0.0, at - time.monotonic()))
    return data


def _start(work: object, *given: object) -> None:
    threading.Thread(target=work, args=given, daemon=True).start()  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
