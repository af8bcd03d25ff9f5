"""Web behind a transaction-mode pooler: nothing a session set may be relied on."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.web.conftest import AppFor, Query, form
from tests.web.test_webhooks import deliver, jobs, message


@pytest.fixture
def client(app_for: AppFor, database_url: str) -> FlaskClient:
    """Connections that begin, as a pooler's may, with nobody's search path."""
    return app_for(web_database_url=f"{database_url}?options=-csearch_path%3Dpg_catalog").test_client()


def test_a_lead_and_a_message_are_taken_in_through_a_pooler(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    assert client.post("/api/chatwoot-conversation", json=form()).status_code == 201
    assert deliver(client, chatwoot, message()) == "queued"
    assert jobs(query) == ["new-conversation", "new-conversation", "incoming-message"]
    assert (
        client.get("/readyz").get_json()["wrong"] != []
    )  # no worker runs here, and the pooler's web can tell
    assert client.get("/metrics").status_code == 200
