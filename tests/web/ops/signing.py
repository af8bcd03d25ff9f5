"""Somebody signed in to the console of a real web process."""

from __future__ import annotations

import html
import re
from types import TracebackType
from typing import Self

import httpx

from tests.web.ops.conftest import TOKEN


class Person:
    """One person's browser, without the browser: pages and forms over HTTP."""

    def __init__(self, web_url: str, password: str, name: str = "Aisha") -> None:
        self._client = httpx.Client(base_url=web_url, timeout=30)
        answer = self._client.post("/ops/sign-in", data={"name": name, "password": password})
        assert answer.status_code == 303, answer.text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def page(self, path: str) -> str:
        """A page as a person reads it: without tags, blanks as one."""
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())

    def act(self, path: str, **fields: str) -> str:
        """Send a form; the page it leads to."""
        found = TOKEN.search(self._client.get("/ops/log").text)
        assert found
        answer = self._client.post(path, data={"csrf_token": found[1], **fields})
        assert answer.status_code == 303, answer.text
        return self.page(answer.headers["Location"])
