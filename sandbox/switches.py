"""The switches of a sandbox over HTTP: faults are added, listed and cleared at /sandbox/faults."""

from dataclasses import asdict

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.faults import Faults, UnknownFault, add_from_json


def switches(faults: Faults) -> Blueprint:
    """The routes for one sandbox's faults."""
    blueprint = Blueprint("switches", __name__)

    @blueprint.get("/sandbox/faults")
    def show() -> ResponseReturnValue:
        return {"known": list(faults.known), "active": faults.active()}

    @blueprint.post("/sandbox/faults")
    def add() -> ResponseReturnValue:
        try:
            return asdict(add_from_json(faults, request.get_json(silent=True, force=True) or {}))
        except UnknownFault as error:
            return {"error": str(error)}, 422

    @blueprint.delete("/sandbox/faults")
    def clear() -> ResponseReturnValue:
        faults.clear()
        return {"active": faults.active()}

    @blueprint.delete("/sandbox/faults/<int:fault_id>")
    def clear_one(fault_id: int) -> ResponseReturnValue:
        faults.clear(fault_id)
        return {"active": faults.active()}

    return blueprint
