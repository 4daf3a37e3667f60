"""Speaks to the application as a server would, without a socket."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI

HOST = "127.0.0.1:8080"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Client:
    """One client; `peer` is the address that it comes from."""

    app: FastAPI
    peer: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return await self.ask("POST", path, content, {"content-type": "application/json", **headers})

    async def submit(self, path: str, **fields: Any) -> Answer:
        """Send a form as a page does."""
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{HOST}"}
        return await self.ask("POST", path, urlencode(fields, doseq=True).encode(), headers)

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        address, _, query = path.partition("?")
        given = {"host": HOST, "content-length": str(len(body)), **self.headers, **(headers or {})}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": address,
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.replace("_", "-").lower().encode(), value.encode("latin-1"))
                for name, value in given.items()
            ],
            "client": (self.peer, 4711),
            "server": ("127.0.0.1", 8080),
        }
        return self._keep(await _asked(self.app, scope, body))

    def _keep(self, answer: Answer) -> Answer:
        cookie = answer.headers.get("set-cookie", "")
        if cookie:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')
        return answer


async def _asked(app: FastAPI, scope: dict[str, Any], body: bytes) -> Answer:
    messages: list[Any] = []
    asked = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not asked:
            await asyncio.Event().wait()  # the client stays until it has the whole answer
        return asked.pop()

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    return Answer(messages[0]["status"], headers, b"".join(one.get("body", b"") for one in messages[1:]))
