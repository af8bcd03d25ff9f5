"""How web is served, wherever it is started; PORT and the command line say on which address."""

import os
import tempfile

# Requests wait for Postgres most of the time: threads share a process, two processes survive the loss of one.
worker_class = "gthread"
workers = 2
# Eight for requests, as many as a process has connections; the others may each hold a live chat page (web/live.py).
threads = 24
# A process is some seventy megabytes and starts in seconds: no copy of a loaded one, which would share its connections.
preload_app = False

# A process whose main loop does not turn for so long is replaced. Requests and live pages run in threads and do not count.
timeout = 30
# What is being answered at a stop may take this long: opening a lead, the slowest of all, waits for Chatwoot some ten
# seconds. Live pages let go within a second or two (web/live.py). Whoever stops us must wait longer: deploy/ does.
graceful_timeout = 30
# Longer than proxies keep an idle connection (nginx 60 s, load balancers mostly 60 s): were ours the shorter one, a request
# could leave on a connection that is just being closed, and come back as a 502. An idle connection holds no thread.
keepalive = 75
# Connections of a process, idle ones included; beyond that they wait to be accepted.
worker_connections = 1000
# Processes are not replaced after so many requests: no leak is known, and it would end the live pages each time.
max_requests = 0
# Nobody's X-Forwarded-* is believed here; the application believes as many proxies as NEXTNEST_TRUSTED_PROXIES says.
forwarded_allow_ips = ""
# The sign of life of each process is a file's time; where a disk hangs, memory does not.
_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes its files there safely
worker_tmp_dir = _MEMORY if os.access(_MEMORY, os.W_OK) else None

# Otherwise a management socket appears in the home folder of whoever starts it, one for all servers of that person.
control_socket_disable = True
# Processes share their figures by files there, so that whichever answers a scrape answers for all. Kept over a reload.
_PREFIX = "nextnest-metrics-"
_figures = os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(prefix=_PREFIX)
raw_env = [f"PROMETHEUS_MULTIPROC_DIR={_figures}"]


def on_starting(_server):
    """What is set wrong ends the server with one line, before processes are made that would each say it at length."""
    import sys

    from nextnest.door import look_before_serving
    from nextnest.errors import ConfigurationError
    from nextnest.settings import load

    try:
        look_before_serving(load())
    except ConfigurationError as error:
        sys.exit(str(error))


def post_worker_init(worker):
    """What was made at the start is never collected. Live chat pages take no thread that requests need, and let go as soon
    as the process is asked to stop."""
    from nextnest import collector

    collector.leave_what_is_there()
    doors = worker.wsgi.extensions.get("doors")
    if doors:  # the bench serves routes without any, in the same way
        doors.live.serve_in(worker.cfg.threads, lambda: worker.alive)


def child_exit(_server, worker):
    """What a process counted stays counted; what it was doing it does no more."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid, _figures)


def on_exit(_server):
    """The files end with the last process, unless the folder is somebody's own."""
    import shutil

    if os.path.basename(_figures).startswith(_PREFIX):
        shutil.rmtree(_figures, ignore_errors=True)
