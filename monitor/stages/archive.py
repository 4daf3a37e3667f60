"""Archive: take captures that are due, best first; submit, ask, verify."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from monitor.domain.archive_proof import (
    after_missing,
    after_replay,
    fault_of_replay,
    fault_of_snapshot,
    found_in,
    look_from,
)
from monitor.domain.archiving import (
    after_poll,
    after_submit,
    after_trouble,
    change_of,
    given_back,
    trouble_pause,
    within,
)
from monitor.domain.captures import Account, Capture, Change, Errand, Forgotten, Pause, Scope, Step
from monitor.domain.errors import MonitorError
from monitor.domain.pacing import Duty
from monitor.ports import ArchiveStore, Clock, Wayback

BATCH = 20  # results that one poll asks for

Do = Callable[[Wayback, Capture, datetime], Coroutine[Any, Any, Step]]


async def archive(
    *, store: ArchiveStore, wayback: Wayback, clock: Clock, limit: int = BATCH
) -> list[Change | Pause]:
    """Do one step of work within pace and budget; return what changed, empty while nothing did.

    Without keys nothing is submitted: the backlog stays wanted, and what was captured is still verified.
    """
    happened: list[Change | Pause] = []
    if wayback.has_keys:
        happened += await _duty(store, wayback, clock)
        happened += await _poll(store, wayback, clock, limit)
        happened += await _one_by_one(
            Errand.SUBMIT, _submit, store=store, wayback=wayback, clock=clock, limit=limit
        )
    else:
        await store.note_no_keys()
    happened += await _one_by_one(
        Errand.LOOK_UP, _look_up, store=store, wayback=wayback, clock=clock, limit=limit
    )
    return happened


async def _duty(store: ArchiveStore, wayback: Wayback, clock: Clock) -> list[Change | Pause]:
    """Ask what the account may do, or after a pause whether the archive is well."""
    duty = await store.duty(clock.now())
    if duty is None:
        return []
    try:
        account = await _ask(duty, wayback)
    except MonitorError as error:
        pause = trouble_pause(error, clock.now())
        await store.settle_duty(pause, now=clock.now())
        return [pause]
    await store.settle_duty(account, now=clock.now())
    return []


async def _ask(duty: Duty, wayback: Wayback) -> Account | None:
    if duty is Duty.ACCOUNT:
        return await wayback.account()
    await wayback.probe()
    return None


async def _poll(store: ArchiveStore, wayback: Wayback, clock: Clock, limit: int) -> list[Change | Pause]:
    """Ask for all submitted captures that are due, with one request."""
    captures = await store.take(Errand.POLL, min(limit, BATCH), now=clock.now())
    if not captures:
        return []
    try:
        answers = await wayback.poll([capture.remote_id for capture in captures])
    except MonitorError as error:
        now = clock.now()
        steps = [after_trouble(capture, Errand.POLL, error, now) for capture in captures]
    else:
        now = clock.now()
        steps = [
            after_poll(capture, answers.get(capture.remote_id, Forgotten()), now, base_url=wayback.base_url)
            for capture in captures
        ]
    return await _settle(store, captures, steps, now)


async def _one_by_one(
    errand: Errand, do: Do, *, store: ArchiveStore, wayback: Wayback, clock: Clock, limit: int
) -> list[Change | Pause]:
    """Do an errand for each capture; once the archive asks for a pause the others go back untouched."""
    captures = await store.take(errand, limit, now=clock.now())
    happened: list[Change | Pause] = []
    paused = False
    for capture in captures:
        if paused:
            step = given_back(capture, errand, clock.now())
        else:
            try:
                step = await do(wayback, capture, clock.now())
            except MonitorError as error:
                step = after_trouble(capture, errand, error, clock.now())
        paused = paused or (step.pause is not None and step.pause.scope is not Scope.HOST)
        happened += await _settle(store, [capture], [step], clock.now())
    return happened


async def _submit(wayback: Wayback, capture: Capture, now: datetime) -> Step:
    answer = await wayback.submit(capture.url, within=within(capture))
    return after_submit(capture, answer, now)


async def _look_up(wayback: Wayback, capture: Capture, now: datetime) -> Step:
    """Find the capture in the index, then look at what it shows."""
    snapshots = await wayback.look_up(capture.final_url or capture.url, since=look_from(capture))
    snapshot = found_in(capture, snapshots)
    if snapshot is None:
        return after_missing(capture, now)
    fault = fault_of_snapshot(snapshot)
    if not fault:
        fault = fault_of_replay(capture, snapshot, await wayback.replay(snapshot))
    return after_replay(capture, snapshot, fault, now, base_url=wayback.base_url)


async def _settle(
    store: ArchiveStore, before: list[Capture], steps: list[Step], now: datetime
) -> list[Change | Pause]:
    held = await store.settle(steps, now=now)
    changes = [
        change_of(capture, step.capture)
        for capture, step, ours in zip(before, steps, held, strict=True)
        if ours
    ]
    pauses = dict.fromkeys(step.pause for step in steps if step.pause)
    return [change for change in changes if change] + list(pauses)
