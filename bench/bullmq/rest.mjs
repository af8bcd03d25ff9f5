// The database over HTTP: one request, one statement, one commit. It knows two requests and does for them what PostgREST
// would; without its parser, its roles, its token and its transaction of four statements, so it costs less.
import pg from "pg";
import { serve } from "./serve.mjs";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }); // PostgREST's db-pool
const READ = {
  name: "read",
  text: `select to_json(found) as body from (
    select c.*, to_json(b) as broker from peer.broker_conversations c
    join peer.ai_brokers b on b.id = c.broker_id where c.chatwoot_conversation_id = $1) found`,
};
const CHANGE = {
  name: "change",
  text: `update peer.broker_conversations set message_count = $2, handoff_triggered = $3, updated_at = $4
    where chatwoot_conversation_id = $1`,
};

serve(Number(process.env.PORT), async (request, body) => {
  const { searchParams } = new URL(request.url, "http://localhost");
  const id = Number(searchParams.get("chatwoot_conversation_id").replace("eq.", ""));
  return request.method === "GET" ? read(id) : change(id, body);
});

async function read(id) {
  const { rows } = await pool.query({ ...READ, values: [id] });
  return rows.length === 1 ? { status: 200, body: rows[0].body } : { status: 406, body: { rows: rows.length } };
}

async function change(id, { message_count, handoff_triggered, updated_at }) {
  await pool.query({ ...CHANGE, values: [id, message_count, handoff_triggered, updated_at] });
  return { status: 204 };
}
