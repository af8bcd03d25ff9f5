// What can be seen at a glance to be wrong. Only what the server refuses as well: it judges, and it has the last word
// (nextnest/form_values.py).

const LETTERS = /\p{L}/u;
const NAME = /^[\p{L}\p{M}\p{N} \-'’ʼ`.,/()@·&]{1,100}$/u;
const ONE_LATIN_LETTER = /^[A-Za-zÀ-ÖØ-öø-ɏ]$/;
const EMAIL = /^[^\s@]+@[^\s@]+[.。．｡][^\s@]+$/;
const DIALLED = /^\+?[\p{Nd}\s()./-]+$/u;
const SINGAPORE_NUMBER = /^[3689]\p{Nd}{7}$/u;
const AMOUNT = /^(?:s\$|sgd|\$)?\s*(?:\p{Nd}{1,3}(?:[ ,']\p{Nd}{3})+(?:\.\p{Nd}{1,2})?|\p{Nd}+(?:\.\p{Nd}{1,2})?)\s*(?:k|m|mil|million)?\s*(?:sgd)?$/u;
const PERCENT = /^\p{Nd}+(?:\.\p{Nd}+)?\s*%?(?:\s*p\.?a\.?)?$/u;
const WHOLE = /^\p{Nd}{1,9}(?:\.0+)?$/u;
// The ages of lead_form.py: banks lend from 21.
const YOUNGEST = 21;
const OLDEST = 100;

const CHECKS = {
  name: [isName, "a name of 2 to 100 characters (letters, spaces, hyphens, apostrophes)"],
  email: [(text) => EMAIL.test(text), "an e-mail address such as name@example.com"],
  phone: [isPhone, "a Singapore number of 8 digits such as 9123 4567, or one with its country code such as +60 12 345 6789"],
  money: [(text) => AMOUNT.test(text.toLowerCase()), "an amount in dollars such as 650,000"],
  percent: [(text) => PERCENT.test(text.toLowerCase()), "a rate in percent such as 3.2"],
  age: [isAge, `a whole number from ${YOUNGEST} to ${OLDEST}`],
};

// What is wrong with the text, in words; nothing for a text that may be right and for one left out.
export function problemWith(kind, written) {
  const text = written.normalize("NFKC").trim().replace(/\s+/g, " ");
  if (!text || !CHECKS[kind]) return "";
  const [isFine, expected] = CHECKS[kind];
  return isFine(text) ? "" : `We expected ${expected}.`;
}

function isName(text) {
  return NAME.test(text.normalize("NFC")) && LETTERS.test(text) && !ONE_LATIN_LETTER.test(text);
}

function isPhone(text) {
  if (!DIALLED.test(text)) return false;
  const digits = text.replace(/\P{Nd}/gu, "");
  if (text.startsWith("+") || digits.startsWith("00")) return true;
  return SINGAPORE_NUMBER.test(digits.length === 10 ? digits.replace(/^65/, "") : digits);
}

function isAge(text) {
  const age = Number(text);
  return WHOLE.test(text) && (Number.isNaN(age) || (age >= YOUNGEST && age <= OLDEST));
}
