// The webhook's route: whose words are these, have we had them, then a job. Plain node:http, no framework.
import { Queue } from "bullmq";
import { connection, QUEUE } from "./queue.mjs";
import { serve } from "./serve.mjs";

const queue = new Queue(QUEUE, { connection });
// Messages seen, in this process, as the design has it: forgotten with the process, unknown to any other.
const seen = new Set();

serve(Number(process.env.PORT), async (_request, event) => ({
  status: 200,
  body: { status: await take(event) },
}));

async function take(event) {
  // Also the check for echoes: our own messages are outgoing.
  if (event.event !== "message_created" || event.message_type !== "incoming") return "skipped";
  const key = `${event.conversation.id}-${event.id}`;
  if (seen.has(key)) return "duplicate_skipped";
  seen.add(key);
  await queue.add("incoming-message", job(event), {
    jobId: `incoming-${key}`,
    attempts: 3,
    backoff: { type: "exponential", delay: 2000 },
  });
  return "queued";
}

function job(event) {
  return {
    type: "incoming-message",
    conversationId: event.conversation.id,
    message: event.content,
    sender: event.sender,
    conversation: event.conversation,
  };
}
