"""/conversations/{id}/messages."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import messages, rest
from sandbox.chatwoot.routes.caller import desk, number, params, principal

blueprint = Blueprint("messages", __name__)


@blueprint.post("/conversations/<int:conversation_id>/messages")
def create(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        given = params()
        row = messages.create(desk(), state.conversation(conversation_id), given, principal())
        body = rest.message(state, row)
        # Echoed back here only: not stored, in no webhook, and no key against repetition.
        return body | {"echo_id": given["echo_id"]} if "echo_id" in given else body


@blueprint.get("/conversations/<int:conversation_id>/messages")
def index(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        conversation = state.conversation(conversation_id)
        rows = messages.list_page(desk(), conversation, number("before"), number("after"))
        if request.args.get("filter_internal_messages"):
            rows = [row for row in rows if not row.private and row.message_type != "activity"]
        return {
            "meta": rest.conversation_messages_meta(state, conversation),
            "payload": [rest.message(state, row) for row in rows],
        }


@blueprint.patch("/conversations/<int:conversation_id>/messages/<int:message_id>")
def update(conversation_id: int, message_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row, given = state.message(conversation_id, message_id), params()
        messages.update_status(desk(), row, str(given.get("status")), given.get("external_error"))
        return rest.message(state, row)


@blueprint.delete("/conversations/<int:conversation_id>/messages/<int:message_id>")
def delete(conversation_id: int, message_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = state.message(conversation_id, message_id)
        messages.delete(desk(), row)
        return rest.message(state, row)


@blueprint.post("/conversations/<int:conversation_id>/messages/<int:message_id>/retry")
def retry(conversation_id: int, message_id: int) -> ResponseReturnValue:
    """Turns the status back; on an API inbox nothing is sent again."""
    with desk().acting() as state:
        row = state.message(conversation_id, message_id)
        messages.update_status(desk(), row, "sent", None)
        return rest.message(state, row)
