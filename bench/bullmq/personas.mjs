// How brokers sound, by the type in their row, and how soon and whether a message wants a person.

const STYLES = {
  aggressive: { tone: "confident and direct", approach: "lead with what can be gained", waits: [1000, 2000] },
  balanced: { tone: "warm and clear", approach: "explain first, then guide", waits: [2000, 4000] },
  conservative: { tone: "patient and careful", approach: "one step after the other", waits: [3000, 6000] },
};
const URGENT = ["urgent", "asap", "immediately", "now", "today", "emergency", "quick", "fast", "hurry"];
const ESCALATE = ["speak to human", "real person", "manager", "supervisor", "complaint", "not happy", "frustrated"];

export function getBrokerPersona(broker) {
  return { name: broker.name, ...(STYLES[broker.personality_type] ?? STYLES.conservative) };
}

/** `responseTime` in milliseconds, before the pace. */
export function analyzeMessageUrgency(message, persona) {
  const words = message.toLowerCase();
  const isUrgent = URGENT.some((word) => words.includes(word));
  const [soon, later] = persona.waits;
  return {
    isUrgent,
    responseTime: isUrgent ? soon : later,
    escalate: ESCALATE.some((word) => words.includes(word)),
  };
}

export function systemPrompt(persona, lead) {
  return [
    `You are ${persona.name}, a mortgage broker in Singapore. You are ${persona.tone}; you ${persona.approach}.`,
    "",
    "The customer:",
    `- Lead score: ${lead.lead_score}`,
    `- Loan type: ${lead.loan_type}`,
    `- Property type: ${lead.property_type}`,
    "",
    "Write two or three short paragraphs. Give only figures you were given. Only a bank approves a loan.",
    "When the question is a hard one, say so and offer a person.",
  ].join("\n");
}
