"""`python -m sandbox.model`: the stand-in as a server of its own."""

import argparse

from sandbox.command import run
from sandbox.model import ModelSandbox


def main() -> None:
    options = parse()
    model = ModelSandbox(
        api_key=options.api_key,
        latency=options.latency,
        host=options.host,
        port=options.port,
        verbose=options.verbose,
    )
    run(model, f"Model sandbox: {model.page_url} answers at {model.base_url}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.model", description="A stand-in for the model.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3001, help="0 picks a free port")
    parser.add_argument("--api-key", default="sandbox-model-key")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    return parser.parse_args()


if __name__ == "__main__":
    main()
