"""A stand-in for the model: the Responses API on localhost, deterministic, with replies and faults on request."""

from sandbox.model.sandbox import ModelCall, ModelSandbox

__all__ = ["ModelCall", "ModelSandbox"]
