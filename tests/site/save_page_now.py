"""Save Page Now as state: jobs, limits, scripted trouble. Time comes from a clock, pages from a function."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tests.site.answers import Answer, as_json, plain_error, text
from tests.site.archive_model import (
    LATE_VISIBILITY,
    WHOLE_CAPTURE,
    Job,
    Limits,
    Rule,
    Target,
    fresh,
    known,
    on,
    refusal,
    too_many,
    trouble,
    within,
)
from tests.site.captures import Capture, CaptureIndex
from tests.site.clock import Clock
from tests.site.throttle import Throttle


class SavePageNow:
    """The archive's front door; every method answers as the real one would."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008 frozen
        rules: Iterable[Rule] = (),
        visit: Callable[[str], Target] = Target,
    ) -> None:
        self.limits = limits
        self.rules = list(rules)
        self.index = CaptureIndex()
        self.mood = "ok"  # ok | overloaded | down
        self.outage: int | None = None  # an HTTP status that all of archive.org answers with
        self.throttle = Throttle(clock, limits.per_minute)
        self._clock = clock
        self._visit = visit
        self._jobs: dict[str, Job] = {}
        self._uses: Counter[int] = Counter()
        self._paused: dict[str, datetime] = {}
        self._days: Counter[str] = Counter()

    # -- submitting

    def save(self, authorization: str, form: Mapping[str, str]) -> Answer:
        """Take a URL in for capture."""
        url = form.get("url", "").strip()
        if not known(authorization):
            return as_json({"message": "You need to be logged in to use Save Page Now."}, status=401)
        wait = self.throttle.admit()
        if wait:
            return too_many(wait)
        if not re.fullmatch(r"https?://[^\s/]+\S*", url):
            return refusal("invalid-url-syntax", f"{url} URL syntax is not valid.")
        rule = self._rule(url)
        answer = (
            self._scripted(url, rule)
            or self._again(url, form)
            or self._full(url)
            or self._accept(url, rule, form)
        )
        return replace(answer, delay=rule.delay)

    def _rule(self, url: str) -> Rule:
        for place, rule in enumerate(self.rules):
            if re.search(rule.match, url) and (rule.times is None or self._uses[place] < rule.times):
                self._uses[place] += 1
                return rule
        return Rule(match="")

    def _scripted(self, url: str, rule: Rule) -> Answer | None:
        if rule.submit == "job":
            return None
        if rule.captured:
            self._capture(Target(url), {})
        if isinstance(rule.submit, int):
            answer = plain_error(rule.submit, "Wayback Machine")
            return answer.with_headers(retry_after=str(rule.retry_after)) if rule.retry_after else answer
        if rule.submit == "drop":
            return Answer(drop=True)
        if rule.submit == "garbage":
            return text("<!DOCTYPE html><html><title>Wayback Machine</title><body>Loading…</body></html>")
        return refusal(rule.error or "unknown", rule.message)

    def _again(self, url: str, form: Mapping[str, str]) -> Answer | None:
        """Hand out the job of a recent capture instead of making another."""
        now, window = self._clock.now(), within(form.get("if_not_archived_within", ""))
        recent = [job for job in self._jobs.values() if job.url == url and fresh(job, now, window)]
        if not recent:
            return None
        job = recent[-1]
        minutes = int((now - job.submitted_at).total_seconds() // 60)
        job.touched_at = now if job.outcome else None
        made = f"The same snapshot had been made {minutes} minutes ago. You can make new capture of this URL after 1 hour."
        return as_json({"url": url, "job_id": job.id, "message": made})

    def _full(self, url: str) -> Answer | None:
        """Refuse what exceeds a limit of the account, the page or the host."""
        now, host = self._clock.now(), _host(url)
        if self._days[f"{now:%Y-%m-%d}"] >= self.limits.per_day:
            return as_json(
                {
                    "status": "error",
                    "message": f"You cannot make more than {self.limits.per_day} captures per day.",
                }
            )
        if self._days[f"{now:%Y-%m-%d} {url}"] >= self.limits.per_url:
            return refusal(
                "too-many-daily-captures",
                "This URL has been already captured 10 times today. Please try again tomorrow.",
            )
        if len(self._running()) >= self.limits.concurrent:
            words = f"You have already reached the limit of {self.limits.concurrent} active Save Page Now sessions."
            return refusal("user-session-limit", f"{words} Please wait for a minute and then try again.")
        pause = (self._paused.get(host, now) - now).total_seconds()
        if pause > 0:
            return refusal("too-many-requests", f"Crawling this host is paused for {pause:.0f} seconds.")
        return None

    def _accept(self, url: str, rule: Rule, form: Mapping[str, str]) -> Answer:
        now = self._clock.now()
        crowd = sum(_host(job.url) == _host(url) for job in self._running())
        late = crowd / 5 if crowd > self.limits.host_concurrent else 0.0
        job_id = "spn2-" + hashlib.sha1(f"{url} {now.timestamp()}".encode()).hexdigest()
        self._jobs[job_id] = Job(job_id, url, rule, dict(form), now, now + timedelta(seconds=late))
        self._days.update((f"{now:%Y-%m-%d}", f"{now:%Y-%m-%d} {url}"))
        answer = {"url": url, "job_id": job_id}
        return as_json(
            answer | {"message": f"The capture will start in {late:.1f} seconds."} if late else answer
        )

    # -- asking

    def status(self, job_id: str) -> dict[str, Any]:
        """Return how a job stands; asking moves it on."""
        self._advance()
        job, now = self._jobs.get(job_id), self._clock.now()
        if job is None or (
            job.touched_at and (now - job.touched_at).total_seconds() > self.limits.result_kept
        ):
            return {
                "status": "error",
                "job_id": job_id,
                "message": "Job not found; results are kept for 1 hour.",
            }
        if not job.outcome:
            job.polls += 1
            self._advance()
        return job.outcome or {"status": "pending", "job_id": job.id, "resources": []}

    def user(self, authorization: str) -> Answer:
        """Tell an account what it may still do."""
        if not known(authorization):
            return as_json({"message": "You need to be logged in to use Save Page Now."}, status=401)
        running = len(self._running())
        numbers = {"processing": running, "available": max(0, self.limits.concurrent - running)}
        daily = {
            "daily_captures": self._days[f"{self._clock.now():%Y-%m-%d}"],
            "daily_captures_limit": self.limits.per_day,
        }
        return as_json(numbers | daily)

    def system(self) -> Answer:
        """Tell how the service is."""
        if self.mood == "down":
            return plain_error(502, "Bad Gateway")
        slow = "Save Page Now servers are temporarily overloaded. Your captures may be delayed."
        return as_json({"status": "ok" if self.mood == "ok" else slow})

    # -- what goes on behind the door

    def _running(self) -> list[Job]:
        self._advance()
        return [job for job in self._jobs.values() if not job.outcome]

    def _advance(self) -> None:
        for job in self._jobs.values():
            if not job.outcome and self._done(job):
                job.outcome = self._finish(job)
                job.touched_at = self._clock.now()

    def _done(self, job: Job) -> bool:
        now = self._clock.now()
        polls = self.limits.pending_polls if job.rule.pending is None else job.rule.pending
        waited = (now - job.submitted_at).total_seconds()
        return now >= job.ready_at and (job.polls > polls or waited >= WHOLE_CAPTURE)

    def _finish(self, job: Job) -> dict[str, Any]:
        target = self._visit(job.url)
        code = job.rule.error or trouble(target, archive_errors=on(job.options.get("capture_all", "")))
        if job.rule.original_url:
            target = replace(target, url=job.rule.original_url)
        if code:
            return self._failed(job, target, code)
        capture = self._capture(target, job.options)
        return {
            "status": "success",
            "job_id": job.id,
            "original_url": target.url,
            "timestamp": capture.timestamp,
            "duration_sec": 4.37,
            "http_status": target.status,
            "resources": [target.url],
            "outlinks": [],
            "counters": {"embeds": 1, "outlinks": 0},
        }

    def _failed(self, job: Job, target: Target, code: str) -> dict[str, Any]:
        if job.rule.captured:
            self._capture(target, job.options)
        if code == "too-many-requests":
            self._paused[_host(job.url)] = self._clock.now() + timedelta(seconds=self.limits.host_pause)
        words = job.rule.message or f"The capture of {job.url} failed: {code}."
        error = {"exception": f"[{code}]", "status_ext": f"error:{code}", "message": words}
        return {"status": "error", "job_id": job.id, **error, "resources": []}

    def _capture(self, target: Target, options: Mapping[str, str]) -> Capture:
        now = self._clock.now()
        late = LATE_VISIBILITY if on(options.get("delay_wb_availability", "")) else self.limits.index_lag
        visible_at = now + timedelta(seconds=late)
        capture = Capture(target.url, now, visible_at, target.digest, target.status, length=target.length)
        self.index.add(capture)
        return capture


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
