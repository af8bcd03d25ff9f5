"""What is said when a figure rests on something a person must confirm, to the customer and to the colleague."""

from __future__ import annotations

from collections.abc import Sequence

_TO_THE_CUSTOMER = {
    "en": "Please take these figures as provisional: a human colleague has to confirm them before you rely on them.",
    "zh": "以上数字仅供初步参考，须由人工同事确认后才可作准。",
    "ms": "Angka ini sementara sahaja: rakan sekerja manusia perlu mengesahkannya sebelum anda bergantung padanya.",
    "ta": "இந்த எண்கள் தற்காலிகமானவை: நீங்கள் நம்பும் முன் ஒரு மனித சக ஊழியர் அவற்றை உறுதி செய்ய வேண்டும்.",
}


def provisional(language: str | None) -> str:
    """The sentence that ends such a reply, in the customer's language."""
    return _TO_THE_CUSTOMER.get(language or "en", _TO_THE_CUSTOMER["en"])


def confirmation_note(points: Sequence[str]) -> str:
    """The private note that asks a colleague to confirm."""
    lines = "\n".join(f"- {point}" for point in points)
    return f"**Please confirm** what the customer was told as provisional:\n{lines}"
