"""The Flask app of the model stand-in: the Responses API, the model list, and the switches."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue

from sandbox.faults import Fault, Faults
from sandbox.hooks import Answer, RequestHooks, drop
from sandbox.model import hostile, prompt, responder, responses, structured
from sandbox.model.script import Line, Script
from sandbox.switches import switches

API = "/v1"
MODELS = ("sandbox-model", hostile.NAME, "gpt-6-luna", "gpt-6-sol", "gpt-5.5", "gpt-5.4-mini")


class Settings(Protocol):
    """What can be turned while the stand-in runs."""

    api_key: str
    latency: float
    models: Sequence[str]


def create_app(
    settings: Settings, faults: Faults, script: Script, hooks: RequestHooks, page: Callable[[], str]
) -> Flask:
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    hooks.install(app)
    app.register_blueprint(_api(settings, faults, script, hooks))
    app.register_blueprint(_controls(script))
    app.register_blueprint(switches(faults))
    app.add_url_rule("/", "page", page)
    return app


def _api(settings: Settings, faults: Faults, script: Script, hooks: RequestHooks) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=API)

    @blueprint.before_request
    def check_key() -> ResponseReturnValue | None:
        given = request.headers.get("Authorization", "")
        return None if given == f"Bearer {settings.api_key}" else _wrong_key()

    @blueprint.after_request
    def add_headers(response: Response) -> Response:
        response.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
        response.headers["openai-processing-ms"] = str(int((time.time() - g.started_at) * 1000))
        return response

    @blueprint.get("/models")
    def list_models() -> ResponseReturnValue:
        return {"object": "list", "data": [_model(name) for name in settings.models]}

    @blueprint.get("/models/<name>")
    def show_model(name: str) -> ResponseReturnValue:
        return _model(name) if name in settings.models else _unknown_model(name)

    @blueprint.post("/responses")
    def create_response() -> ResponseReturnValue:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not body.get("model") or body.get("input") is None:
            missing = "model" if not isinstance(body, dict) or not body.get("model") else "input"
            return _error(400, f"Missing required parameter: '{missing}'.", code="missing_required_parameter")
        if not hooks.wait(settings.latency, gives_up=True):
            return drop()
        return _spoiled(body, faults) or _reply(body, script)

    return blueprint


def _controls(script: Script) -> Blueprint:
    blueprint = Blueprint("controls", __name__, url_prefix="/sandbox")

    @blueprint.post("/replies")
    def add_reply() -> ResponseReturnValue:
        body = request.get_json(silent=True, force=True) or {}
        calls = tuple((call["name"], call.get("arguments", {})) for call in body.get("calls", ()))
        script.add(Line(text=body.get("text"), calls=calls, times=int(body.get("times", 1))))
        return {"waiting": script.waiting()}

    @blueprint.delete("/replies")
    def clear_replies() -> ResponseReturnValue:
        script.clear()
        return {"waiting": 0}

    return blueprint


def _spoiled(body: dict[str, Any], faults: Faults) -> dict[str, Any] | None:
    """The answers that arrive with HTTP 200 and are of no use."""
    fault = faults.take_for_request(BODY_FAULTS, request.method, request.path, request.get_data(as_text=True))
    if fault is None:
        return None
    g.fault = fault.fault
    if fault.fault == "failed":
        return responses.failed(body, fault.message)
    if fault.fault == "refusal":
        return responses.refusal(body, fault.message or "I'm sorry, I can't help with that.")
    reason = "content_filter" if fault.fault == "content_filter" else "max_output_tokens"
    text = responder.write(prompt.read(body.get("instructions"), body["input"]))
    return responses.incomplete(body, text[: len(text) // 2], reason)


def _reply(body: dict[str, Any], script: Script) -> dict[str, Any]:
    line = script.take()
    output = line.output() if line is not None else _improvised(body)
    form = (body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema" and any(item["type"] == "message" for item in output):
        output = _structured(form["schema"], output)
    return _within_limit(body, output)


def _improvised(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Calculations first, where they are offered; then words. The hostile one does what it is told instead."""
    read = prompt.read(body.get("instructions"), body["input"])
    obeyed = hostile.obey(read) if body["model"] == hostile.NAME else None
    if obeyed:
        return obeyed
    may_call = body.get("tool_choice") != "none"
    offered = {
        str(tool.get("name")) for tool in body.get("tools") or [] if may_call and isinstance(tool, dict)
    }
    calls = responder.calls(read, offered)
    if calls:
        return [responses.function_call(name, arguments) for name, arguments in calls]
    return [responses.message(responder.write(read))]


def _structured(schema: dict[str, Any], output: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A scripted text that is JSON already goes out as it is."""
    text = responses.text_of(output)
    return output if text.startswith("{") else [responses.message(structured.fill(schema, text))]


def _within_limit(body: dict[str, Any], output: list[dict[str, Any]]) -> dict[str, Any]:
    limit = body.get("max_output_tokens")
    text = responses.text_of(output)
    if limit and responses.tokens(text) > limit:
        cut = text[: limit * responses.CHARACTERS_PER_TOKEN]
        return responses.incomplete(body, cut, "max_output_tokens")
    return responses.completed(body, output)


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "sandbox",
        "shutdown_date": None,
    }


def _error(status: int, text: str, *, code: str, kind: str = "invalid_request_error") -> ResponseReturnValue:
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}, status


def _wrong_key() -> ResponseReturnValue:
    return _error(401, "Incorrect API key provided.", code="invalid_api_key")


def _unknown_model(name: str) -> ResponseReturnValue:
    text = f"The model `{name}` does not exist or you do not have access to it."
    return _error(404, text, code="model_not_found")


def _rate_limit(fault: Fault) -> ResponseReturnValue:
    text = fault.message or "Rate limit reached for requests."
    return _error(429, text, code="rate_limit_exceeded", kind="requests")


def _no_quota(fault: Fault) -> ResponseReturnValue:
    text = fault.message or "You exceeded your current quota, please check your plan and billing details."
    return _error(429, text, code="insufficient_quota", kind="insufficient_quota")


def _server_error(fault: Fault) -> ResponseReturnValue:
    text = fault.message or "The server had an error while processing your request."
    return _error(500, text, code="server_error", kind="server_error")


def _refuse_401(_fault: Fault) -> ResponseReturnValue:
    return _wrong_key()


def _model_not_found(_fault: Fault) -> ResponseReturnValue:
    return _unknown_model(str((request.get_json(silent=True) or {}).get("model")))


def _too_long(fault: Fault) -> ResponseReturnValue:
    text = fault.message or "Your input exceeds the context window of this model."
    return _error(400, text, code="context_length_exceeded")


BEFORE: dict[str, Answer] = {
    "rate_limit_exceeded": _rate_limit,
    "insufficient_quota": _no_quota,
    "error_500": _server_error,
    "refuse_401": _refuse_401,
    "model_not_found": _model_not_found,
    "context_length_exceeded": _too_long,
}
BODY_FAULTS = ("failed", "incomplete", "content_filter", "refusal")
REQUEST_FAULTS = ("slow", "hang_before", "hang_after", "drop_before", "drop_after", *BEFORE, *BODY_FAULTS)
ALIASES = {"hang": "hang_before", "drop": "drop_before", "429": "rate_limit_exceeded", "500": "error_500"}
"""Short names people will try first."""
