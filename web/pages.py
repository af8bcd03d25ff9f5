"""The lead form. Without JavaScript it shows the phone number instead."""

from __future__ import annotations

import time

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.doors import doors

routes = Blueprint("pages", __name__)


@routes.app_context_processor
def ways_out() -> dict[str, str]:
    """Phone and, where there is one, WhatsApp: the ways out of every page."""
    settings = doors().settings
    phone, whatsapp = settings.nextnest_phone_fallback, settings.nextnest_whatsapp_number
    return {
        "phone": phone,
        "phone_link": f"tel:{_dialled(phone)}",
        "whatsapp_link": f"https://wa.me/{_dialled(whatsapp).removeprefix('+')}" if whatsapp else "",
    }


@routes.get("/")
def home() -> ResponseReturnValue:
    """The lead form; when it was rendered travels with it."""
    return render_template("form.html", rendered_at=doors().robots().stamp(time.time()))


def _dialled(number: str) -> str:
    return "".join(character for character in number if character.isdigit() or character == "+")
