"""Response objects of the Responses API, in every state a client must read."""

import json
import math
import secrets
import time
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
CHARACTERS_PER_TOKEN = 4  # the usual estimate for English text


def completed(request: Mapping[str, Any], output: list[Json]) -> Json:
    """A response that went well."""
    return _response(request, output=output, status="completed")


def failed(request: Mapping[str, Any], message: str) -> Json:
    """HTTP 200, and no exception in any SDK: only `status` and `error` tell."""
    error = {"code": "server_error", "message": message or "The model failed to generate a response."}
    return _response(request, output=[], status="failed") | {
        "error": error,
        "usage": None,
        "completed_at": None,
    }


def incomplete(request: Mapping[str, Any], text: str, reason: str) -> Json:
    """Cut off by `max_output_tokens` or by the content filter; what was written so far is there."""
    output = [message(text, status="incomplete")] if text else []
    body = _response(request, output=output, status="incomplete")
    return body | {"incomplete_details": {"reason": reason}, "completed_at": None}


def refusal(request: Mapping[str, Any], text: str) -> Json:
    """Completed, but the content is a refusal instead of text."""
    item = message("") | {"content": [{"type": "refusal", "refusal": text}]}
    return _response(request, output=[item], status="completed")


def message(text: str, *, status: str = "completed") -> Json:
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": _id("msg"), "type": "message", "role": "assistant", "status": status, "content": [content]}


def function_call(name: str, arguments: Mapping[str, Any] | str) -> Json:
    """Arguments are sent as JSON text; a string goes out as it is, valid or not."""
    return {
        "id": _id("fc"),
        "type": "function_call",
        "call_id": _id("call"),
        "name": name,
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
        "status": "completed",
    }


def tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def text_of(output: list[Json]) -> str:
    """Everything the model wrote, for counting."""
    parts = []
    for item in output:
        parts += [part.get("text", part.get("refusal", "")) for part in item.get("content", [])]
        parts.append(item.get("arguments", ""))
    return "".join(parts)


def _response(request: Mapping[str, Any], *, output: list[Json], status: str) -> Json:
    now = time.time()
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": int(now),
        "completed_at": int(now),
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "metadata": request.get("metadata") or {},
        "model": request.get("model"),
        "output": output,
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "previous_response_id": request.get("previous_response_id"),
        "prompt_cache_key": request.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None} | (request.get("reasoning") or {}),
        "safety_identifier": request.get("safety_identifier"),
        "service_tier": "default",
        "store": request.get("store", True),
        "temperature": request.get("temperature", 1.0),
        "text": {"format": {"type": "text"}} | (request.get("text") or {}),
        "tool_choice": request.get("tool_choice", "auto"),
        "tools": request.get("tools") or [],
        "top_p": request.get("top_p", 1.0),
        "truncation": request.get("truncation", "disabled"),
        "usage": _usage(request, output),
    }


def _usage(request: Mapping[str, Any], output: list[Json]) -> Json:
    given = request.get("input")
    question = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    read = tokens(request.get("instructions") or "") + tokens(question)
    written = tokens(text_of(output))
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(24)}"
