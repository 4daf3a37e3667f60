"""The Wayback Machine: Save Page Now 2, its index (CDX) and the replay of captures.

https://archive.org/account/s3.php gives the keys. Nothing is submitted by GET: that path answers 429 to everyone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from monitor.domain.captures import (
    Accepted,
    Account,
    Forgotten,
    Pending,
    Polled,
    Refused,
    Replay,
    Saved,
    Snapshot,
)
from monitor.domain.challenges import challenge_in
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Request, Response
from monitor.domain.text import writable_json
from monitor.domain.validators import retry_after_of
from monitor.ports import Fetcher

SUBMIT_TIME = timedelta(seconds=90)
LARGEST_ANSWER = 16 * 1024 * 1024  # bytes; twenty results with 500 addresses each stay far below
REPLAY_BYTES = 64 * 1024
LONGEST_URL = 10_000
MOST_SNAPSHOTS = 50
FIELDS = "timestamp,original,mimetype,statuscode,digest,length"
NO_SUCH = frozenset({400, 403, 404, 414})  # the index's answers to an address that it cannot take
OK, UNAUTHORIZED, THROTTLED, BROKEN = 200, 401, 429, 500


class Wayback:
    """Implements ports.Wayback over a fetcher that needs no pace of its own for this host."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        base_url: str = "https://web.archive.org",
        access_key: str = "",
        secret_key: str = "",
    ) -> None:
        self._fetcher = fetcher
        self._base_url = base_url.rstrip("/")
        self._keys = f"LOW {access_key}:{secret_key}" if access_key and secret_key else ""

    @property
    def has_keys(self) -> bool:
        """Whether anything can be submitted."""
        return bool(self._keys)

    @property
    def base_url(self) -> str:
        """The archive's address."""
        return self._base_url

    async def submit(self, url: str, *, within: timedelta) -> Accepted | Refused:
        """Ask for a capture, unless there is one younger than `within`."""
        form = {
            "url": url,
            "if_not_archived_within": f"{int(within.total_seconds())}",
            "skip_first_archive": "1",
            "js_behavior_timeout": "0",
        }
        answer = await self._ask("/save", form, may_refuse=True)
        if not isinstance(answer, dict):
            raise Transient("not-json", detail="submission")
        remote_id = answer.get("job_id")
        if isinstance(remote_id, str) and remote_id and answer.get("status") != "error":
            return Accepted(remote_id[:300], _text(answer.get("message")), answer)
        if not answer.get("status_ext") and not answer.get("message"):
            raise Transient("not-json", detail="an answer without a message")
        return _refused(answer)

    async def poll(self, remote_ids: Sequence[str]) -> dict[str, Polled]:
        """Return how these requests stand; one that the answer leaves out is pending."""
        answer = await self._ask("/save/status", {"job_ids": ",".join(remote_ids)})
        results = answer if isinstance(answer, list) else [answer]
        known = {
            _text(one.get("job_id")): _polled(one)
            for one in results
            if isinstance(one, dict) and one.get("job_id")
        }
        return {remote_id: known.get(remote_id, Pending()) for remote_id in remote_ids}

    async def look_up(self, url: str, *, since: datetime) -> list[Snapshot]:
        """Return what the index has of a page since then, oldest first."""
        query = {
            "url": url,
            "from": _stamp(since),
            "output": "json",
            "fl": FIELDS,
            "limit": f"-{MOST_SNAPSHOTS}",
        }
        response = await self._fetch(Request(f"{self._base_url}/cdx/search/cdx?{urlencode(query)}"))
        if response.status in NO_SUCH:
            return []
        table = _json_of(response) if response.body.strip() else []
        if not isinstance(table, list):
            raise Transient("not-json", detail="index")
        return [snapshot for row in table[1:] if (snapshot := _snapshot(row))]

    async def replay(self, snapshot: Snapshot) -> Replay:
        """Return the beginning of what the archive shows for a line of its index."""
        address = quote(snapshot.original_url, safe=":/?#[]@!$&'()*+,;=%~-._")
        url = f"{self._base_url}/web/{_stamp(snapshot.at)}id_/{address}"
        response = await self._fetch(Request(url, max_bytes=REPLAY_BYTES))
        shown = re.search(r"/web/(\d{14})", response.final_url)
        return Replay(
            status=response.status,
            at=_time(shown[1]) if shown else None,
            final_url=response.final_url,
            body=response.body,
            source=response.headers.get("x-archive-src", "")[:300],
            wall=challenge_in(response.body) or "",
        )

    async def account(self) -> Account:
        """Return what the account may do; raise Permanent("bad-keys") where the keys are refused."""
        answer = await self._ask("/save/status/user", None)
        if not isinstance(answer, dict):
            raise Transient("not-json", detail="account")
        return Account(
            available=_count(answer.get("available")),
            processing=_count(answer.get("processing")),
            used_today=_count(answer.get("daily_captures")),
            daily_limit=_count(answer.get("daily_captures_limit")),
        )

    async def probe(self) -> None:
        """Return when the service is well enough to be asked; raise Transient when it is not.

        A service that calls itself overloaded still works.
        """
        await self._fetch(self._request("/save/status/system", None))

    async def _ask(self, path: str, form: Mapping[str, str] | None, *, may_refuse: bool = False) -> Any:
        response = await self._fetch(self._request(path, form))
        if response.status == UNAUTHORIZED:
            raise Permanent("bad-keys", detail="the archive refuses the keys")
        if response.status != OK and not may_refuse:
            raise Transient(f"http-{response.status}", detail=path)
        if response.status != OK:
            return {"status": "error", "status_ext": f"error:http-{response.status}"}
        return _json_of(response)

    def _request(self, path: str, form: Mapping[str, str] | None) -> Request:
        headers = {"Authorization": self._keys} if self._keys else {}
        body = None
        if form is not None:
            body = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return Request(
            f"{self._base_url}{path}",
            method="GET" if body is None else "POST",
            headers=headers,
            body=body,
            timeout=SUBMIT_TIME,
            max_bytes=LARGEST_ANSWER,
            accept="application/json",
        )

    async def _fetch(self, request: Request) -> Response:
        """Return the answer; raise Transient where the archive is throttling or unwell."""
        response = await self._fetcher.fetch(request)
        if response.status == THROTTLED or response.status >= BROKEN:
            wait = retry_after_of(response.headers, response.fetched_at)
            raise Transient(f"http-{response.status}", retry_after=wait)
        return response


def _polled(answer: dict[str, Any]) -> Polled:
    status = answer.get("status")
    if status == "pending":
        return Pending()
    if status == "success":
        at = _time(_text(answer.get("timestamp")))
        if at is None:
            return Refused("no-timestamp", raw=answer)
        return Saved(at, _safe_url(_text(answer.get("original_url"))), answer)
    refused = _refused(answer)
    lost = not refused.code and re.search(r"(?i)job.{0,40}not found|no such job|expired", refused.message)
    return Forgotten() if lost else refused


def _refused(answer: dict[str, Any]) -> Refused:
    code = _text(answer.get("status_ext")).removeprefix("error:")
    return Refused(code[:100], _text(answer.get("message"))[:1000], answer)


def _snapshot(row: Any) -> Snapshot | None:
    """Read one line of the index; None for a line that is none (a resume key, an empty one)."""
    if not isinstance(row, list) or len(row) != FIELDS.count(",") + 1:
        return None
    timestamp, original, mimetype, status, digest, length = (_text(value) for value in row)
    at, url = _time(timestamp), _safe_url(original)
    if at is None or not url:
        return None
    return Snapshot(
        at, url, int(status) if status.isdigit() else None, mimetype[:100], digest[:100], _count(length) or 0
    )


def _json_of(response: Response) -> Any:
    try:
        return json.loads(writable_json(response.body.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        raise Transient("not-json", detail=f"{len(response.body)} bytes") from None


def _safe_url(url: str) -> str:
    """Return an http(s) address without spaces and control characters, "" for anything else."""
    good = re.fullmatch(r"(?i)https?://[^\s\x00-\x20\x7f<>\"]+", url)
    return url if good and len(url) <= LONGEST_URL else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _count(value: Any) -> int | None:
    number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value) else value
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _time(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
