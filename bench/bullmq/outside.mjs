// The three services the worker speaks to, each over HTTP with kept connections, as fetch does by itself.

const { REST_URL, CHATWOOT_BASE_URL, CHATWOOT_ACCOUNT_ID, CHATWOOT_API_TOKEN } = process.env;
const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL } = process.env;
const ACCOUNT = `${CHATWOOT_BASE_URL}/api/v1/accounts/${CHATWOOT_ACCOUNT_ID}`;

/** The conversation's row with its broker's, in one request; an error when there is none. */
export function brokerAssignment(conversationId) {
  const select = "*,broker:ai_brokers(*)";
  return ask("GET", rows(conversationId) + `&select=${encodeURIComponent(select)}`);
}

/** The metrics of a conversation are columns of its row. */
export function updateBrokerMetrics(conversationId, messageCount, handoffTriggered) {
  const change = {
    message_count: messageCount,
    handoff_triggered: handoffTriggered,
    updated_at: new Date().toISOString(),
  };
  return ask("PATCH", rows(conversationId), change);
}

/** The text of one reply of the model. */
export async function generateText(instructions, message) {
  const body = { model: OPENAI_MODEL, instructions, input: [{ role: "user", content: message }], max_output_tokens: 500 };
  const headers = { Authorization: `Bearer ${OPENAI_API_KEY}` };
  const response = await ask("POST", `${OPENAI_BASE_URL}/responses`, body, headers);
  const parts = response.output.flatMap((item) => item.content ?? []);
  return parts.map((part) => part.text).join("");
}

/** Posts it for the customer to read; the message's id. */
export async function sendMessage(conversationId, content) {
  const body = { content, message_type: "outgoing", private: false };
  const headers = { api_access_token: CHATWOOT_API_TOKEN };
  const posted = await ask("POST", `${ACCOUNT}/conversations/${conversationId}/messages`, body, headers);
  return posted.id;
}

function rows(conversationId) {
  return `${REST_URL}/rest/v1/broker_conversations?chatwoot_conversation_id=eq.${conversationId}`;
}

async function ask(method, url, body, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}
