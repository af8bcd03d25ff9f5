"""How web is served, wherever it is started; PORT and the command line say on which address."""

# Requests wait for Postgres most of the time: threads share a process, two processes survive the loss of one.
worker_class = "gthread"
workers = 2
# Eight for requests, as many as a process has connections; the others may each hold a live chat page (web/live.py).
threads = 24
# Otherwise a management socket appears in the home folder of whoever starts it, one for all servers of that person.
control_socket_disable = True


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
    """Live chat pages take no thread that requests need, and let go as soon as the process is asked to stop."""
    doors = worker.wsgi.extensions.get("doors")
    if doors:  # the bench serves routes without any, in the same way
        doors.live.serve_in(worker.cfg.threads, lambda: worker.alive)
