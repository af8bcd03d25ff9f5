"""A stand-in for the model: the Responses API on localhost, with scripted replies and faults."""

from sandbox.model.sandbox import ModelCall, ModelSandbox

__all__ = ["ModelCall", "ModelSandbox"]
