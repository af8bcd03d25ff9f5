"""Everything over HTTP: lead form, chat page, Chatwoot's webhooks, health, metrics and the operator's console.

conversations   POST /api/chatwoot-conversation    a lead comes in
webhooks        POST /api/chatwoot-webhook         Chatwoot tells us something
chat            /chat, /api/chat                   the customer's own page
pages           /                                  the lead form
health, metrics /healthz, /readyz, /metrics        for machines
ops             /ops                               the operator's console

Routes parse, call and answer. Nothing is opened before the first request, so a server may fork after loading.
"""

from __future__ import annotations

import atexit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from nextnest import logs
from nextnest.settings import Settings, load
from nextnest.telemetry import spans
from web import chat, conversations, failures, headers, health, metrics, ops, pages, webhooks
from web.doors import Doors


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; without settings it reads the environment and sets up the logs of its process."""
    if settings is None:
        settings = load()
        logs.configure(settings)
    spans.start("web", settings.otel_exporter_otlp_endpoint)
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it, its base class does not
    doors = Doors(settings)
    app.extensions["doors"] = doors
    atexit.register(doors.close)
    for module in (conversations, webhooks, chat, pages, health):
        app.register_blueprint(module.routes)
    ops.install(app, settings)
    failures.install(app, settings)
    headers.install(app, settings)
    metrics.install(app)
    believed = settings.nextnest_trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=believed, x_proto=believed, x_host=0)  # type: ignore[method-assign]
    return app
