"""The people around a conversation, without the API: the customer in a chat, the agent at the dashboard."""

from sandbox.chatwoot import conversations, messages, rest
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import User


class People:
    """What they do has the same consequences as the API calls: status, clocks, webhooks."""

    def __init__(self, desk: Desk, administrator: User, agent: User) -> None:
        self._desk = desk
        self._administrator = administrator
        self.agent = agent

    def customer_says(self, conversation_id: int, text: str) -> Json:
        # Whoever calls for an incoming message, its sender is the contact.
        return self._say(conversation_id, {"content": text, "message_type": "incoming"}, self._administrator)

    def agent_says(self, conversation_id: int, text: str, *, private: bool = False) -> Json:
        return self._say(conversation_id, {"content": text, "private": private}, self.agent)

    def agent_says_by_phone(self, conversation_id: int, text: str) -> Json:
        """Written in the channel's own app: Chatwoot learns of it and knows no sender."""
        return self._say(
            conversation_id, {"content": text, "content_attributes": {"external_echo": True}}, None
        )

    def label(self, conversation_id: int, labels: list[str]) -> None:
        """The agent replaces the labels."""
        with self._desk.acting() as state:
            row = state.conversation(conversation_id)
            conversations.replace_labels(self._desk, row, labels, self.agent)

    def assign(self, conversation_id: int, user: User | None) -> None:
        with self._desk.acting() as state:
            conversations.assign_user(self._desk, state.conversation(conversation_id), user, self.agent)

    def set_status(self, conversation_id: int, status: str) -> None:
        with self._desk.acting() as state:
            conversations.set_status(self._desk, state.conversation(conversation_id), status, self.agent)

    def _say(self, conversation_id: int, params: Json, actor: User | None) -> Json:
        with self._desk.acting() as state:
            row = messages.create(self._desk, state.conversation(conversation_id), params, actor)
            return rest.message(state, row)
