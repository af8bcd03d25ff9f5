// The job "incoming-message", step by step as the design has it. Nothing holds the steps together: what fails in
// between is done again from the first, with another reply.
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "bullmq";
import { brokerAssignment, generateText, sendMessage, updateBrokerMetrics } from "./outside.mjs";
import { analyzeMessageUrgency, getBrokerPersona, systemPrompt } from "./personas.mjs";
import { connection, QUEUE } from "./queue.mjs";

const PACE = Number(process.env.NEXTNEST_PACE);
// Ten at once is what its production ran. Its limit of thirty jobs a second is left out.
const CONCURRENCY = 10;
const ours = new Set(); // ids of our messages; in this process alone

const worker = new Worker(QUEUE, processIncomingMessage, { connection, concurrency: CONCURRENCY });
worker.on("failed", (job, error) => console.error(job?.id, error));
worker.on("error", (error) => console.error(error));
await worker.waitUntilReady();
console.log("ready");

async function processIncomingMessage(job) {
  const { conversationId, message, conversation } = job.data;
  const assignment = await brokerAssignment(conversationId);
  const persona = getBrokerPersona(assignment.broker);
  const urgency = analyzeMessageUrgency(message, persona);
  if (urgency.escalate) throw new Error("a question of the bench asks for nobody");
  if (PACE) await delay(urgency.responseTime * PACE);
  const reply = await generateText(systemPrompt(persona, conversation.custom_attributes), message);
  ours.add(await sendMessage(conversationId, reply));
  await updateBrokerMetrics(conversationId, assignment.message_count + 1, false);
}
