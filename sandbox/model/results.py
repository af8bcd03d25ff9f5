"""Says what calculators gave back, figure for figure, and asks for what they miss."""

from typing import Any

from sandbox.model.calculating import ASKS

SAID = {
    "en": "By our calculator: {said}.",
    "zh": "根据我们的计算器：{said}。",
    "ms": "Menurut kalkulator kami, hasil kiraan anda ialah: {said}.",
    "ta": "எங்கள் கணிப்பானின்படி: {said}.",
}
ASKED = {
    "en": ASKS + " {missing}. Could you tell me?",
    "zh": "为了计算，我还需要知道一些资料（{missing}）。请告诉我好吗？",
    "ms": "Untuk kiraan ini saya perlu tahu daripada anda: {missing}. Boleh anda beritahu saya?",
    "ta": "இதைக் கணக்கிட எனக்குத் தெரிய வேண்டியவை: {missing}. சொல்ல முடியுமா?",
}
MOST_ASKED = 3
"""As a person would: not everything at once."""
CHECK = {
    "en": "A colleague will have to confirm this.",
    "zh": "这一点需要同事确认。",
    "ms": "Perkara ini perlu disahkan oleh rakan sekerja.",
    "ta": "இதை ஒரு சக ஊழியர் உறுதிப்படுத்த வேண்டும்.",
}


def sentences(results: list[Any], language: str) -> list[str]:
    """One for all figures, one for all that is missing; what is neither is told as it came."""
    said = [line for result in results for line in _lines(result)]
    missing = list(dict.fromkeys(line for result in results for line in _missing(result)))[:MOST_ASKED]
    found = [SAID[language].format(said="; ".join(said))] if said else []
    if any(isinstance(result, dict) and result.get("a_person_must_confirm") for result in results):
        found.append(CHECK[language])
    return found + ([ASKED[language].format(missing="; ".join(missing))] if missing else [])


def _lines(result: Any) -> list[str]:
    if not isinstance(result, dict):
        return [f"result {result}"]
    given = result.get("results", {} if {"problem", "ask_the_customer"} & result.keys() else result)
    plain = [(name, value) for name, value in given.items() if not isinstance(value, dict | list)]
    return [f"{str(name).replace('_', ' ')} {value}" for name, value in plain]


def _missing(result: Any) -> list[str]:
    if not isinstance(result, dict):
        return []
    asked = result.get("ask_the_customer") or []
    return [*asked, *(["the figures for it in full"] if "problem" in result else [])]
