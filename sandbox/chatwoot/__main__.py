"""`python -m sandbox.chatwoot`: the stand-in as a server of its own."""

import argparse

from sandbox.chatwoot import ChatwootSandbox
from sandbox.chatwoot.events import ACCOUNT_EVENTS
from sandbox.command import run


def main() -> None:
    options = parse()
    chatwoot = ChatwootSandbox(
        options.webhook_url,
        webhook_secret=options.webhook_secret,
        subscriptions=tuple(options.subscriptions.split(",")),
        token=options.token,
        account_id=options.account_id,
        inbox_id=options.inbox_id,
        agent_bot=options.agent_bot,
        bot_url=options.bot_url,
        state=options.state,
        host=options.host,
        port=options.port,
        verbose=options.verbose,
    )
    run(chatwoot, f"Chatwoot sandbox: inbox page at {chatwoot.base_url}/")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.chatwoot", description="A stand-in for Chatwoot."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000, help="0 picks a free port")
    parser.add_argument("--webhook-url", help="where account webhooks go")
    parser.add_argument("--webhook-secret", default="sandbox-webhook-secret")
    parser.add_argument("--subscriptions", default=",".join(ACCOUNT_EVENTS), help="events, comma-separated")
    parser.add_argument(
        "--token", default="sandbox-administrator-token", help="the administrator's access token"
    )
    parser.add_argument("--account-id", type=int, default=1)
    parser.add_argument("--inbox-id", type=int, default=1)
    parser.add_argument(
        "--agent-bot", action="store_true", help="attach a bot: new conversations start pending"
    )
    parser.add_argument("--bot-url", default="", help="where the bot's webhooks go")
    parser.add_argument("--state", help="a file that keeps everything across restarts")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    return parser.parse_args()


if __name__ == "__main__":
    main()
