"""The operator's console at /ops: see and act.

access         who is signed in, as what; every action is checked, done and written down in one transaction
signin         signing in and out
now            what is wrong, how things stand, who waits
brokers        who has room, how they do, limits and pauses; broker_words has their wording and its preview
conversations  finding a conversation, its story, and what an operator may do with it
searching      what the address bar looks for
turns          a story grouped by the customer's turns
moments        one thing that happened, in the page's words; talking_moments and working_moments have the kinds
jobs           what waits, runs and has failed; attempt_lines one job's life, job_actions what is done with them
charts         how it has been going; charting makes the charts, drawing is one of them
actions        what was done through the console
show           times, amounts and names as pages write them

A page is a module with a blueprint of its own. Pages are rendered on the server; htmx fetches them again every few
seconds and swaps the part marked #live. Without a password the console does not exist.
"""

from __future__ import annotations

from flask import Flask

from nextnest.settings import Settings
from web.ops import (
    access,
    actions,
    broker_words,
    brokers,
    charts,
    conversations,
    job_actions,
    jobs,
    now,
    show,
    signin,
)

# In the order of the navigation.
PAGES = (now, brokers, conversations, jobs, charts, actions)
# Each adds routes to the blueprint of a page; importing it is enough.
PARTS = (broker_words, job_actions)


def install(app: Flask, settings: Settings) -> None:
    """Open the console, if there is a password for it."""
    if settings.nextnest_ops_password is None:
        app.register_blueprint(signin.closed)
        return
    access.install(app, settings)
    show.install(app)
    app.register_blueprint(signin.routes)
    for page in PAGES:
        app.register_blueprint(page.routes)
    app.extensions["ops_pages"] = [(page.routes.name, page.TITLE) for page in PAGES]
