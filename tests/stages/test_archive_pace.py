"""One pace and one budget for the whole installation, and who comes first."""

from datetime import timedelta

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.captures import Captures
from monitor.domain.archive_codes import ACTIONS
from monitor.domain.model import State
from monitor.stages.archive import archive
from tests.site import Rule
from tests.stages.archive_world import DAYS, HOURS, MINUTES, NOW, URL, world_of

__all__ = ["world_of"]  # a fixture


def pages(count, host="h{}.example.org"):
    return [f"https://{host.format(number % 50)}/{number}" for number in range(count)]


def sent(world):
    return [seen[0] for seen in world.line.seen if seen[1:3] == ("POST", "/save")]


def most_in_a_minute(times):
    return max(sum(timedelta() <= other - one < MINUTES for other in times) for one in times)


async def test_the_pace_is_kept_and_used(world_of):
    world = world_of()
    await world.want(*pages(60))
    await world.run(6 * MINUTES)
    assert most_in_a_minute(sent(world)) <= 7
    assert len(sent(world)) >= 40  # of 42
    assert {seen[3] for seen in world.line.seen} == {200}


async def test_two_processes_share_the_pace(world_of):
    world = world_of()
    await world.want(*pages(100))
    second = Database(world.url)
    stores = [world.store, Captures(second)]
    for turn in range(240):
        await archive(store=stores[turn % 2], wayback=world.wayback, clock=world.clock)
        await archive(store=stores[turn % 2 - 1], wayback=world.wayback, clock=world.clock)
        world.clock.advance(1)
    second.close()
    assert most_in_a_minute(sent(world)) <= 7
    assert len(sent(world)) >= 25
    bodies = [row.id for row in await world.rows() if row.state != "wanted"]
    assert len(bodies) == len(sent(world))  # no page was sent by both


async def test_a_stricter_archive_is_obeyed_and_never_bans(world_of):
    world = world_of(per_minute=3)
    await world.want(*pages(45))
    await world.run(2 * HOURS)
    assert not world.spn.throttle.banned
    assert world.spn.throttle._ban == 3600.0  # no ban was ever spoken
    answers = [seen[3] for seen in world.line.seen if seen[2] == "/save"]
    assert answers.count(200) == 45
    assert answers.count(429) / len(world.line.seen) <= 0.04  # all of them while it learns


async def test_the_slow_archive_is_not_crowded(world_of):
    world = world_of(pending_polls=10**6)  # each capture ends after two minutes
    await world.want(*pages(30))
    await world.run(14 * MINUTES)
    reasons = [row.reason for row in await world.rows()]
    assert "user-session-limit" not in reasons
    assert world.taken >= 14 * 3 / 2 * 0.7


async def test_the_best_come_first(world_of):
    world = world_of()
    ids = {
        name: (await world.want(f"https://{name}.example.org/a", priority=priority))[0]
        for name, priority in {"low": 0.1, "high": 1.9, "middle": 1.0, "same": 1.0}.items()
    }
    await world.run(MINUTES)
    order = [change.capture_id for change in world.happened if change.state == "submitted"]
    assert order == [ids[name] for name in ("high", "middle", "same", "low")]


async def test_incidents_that_people_are_labelling_come_before_all(world_of):
    world = world_of()
    await incident(world, 7)
    await world.want(*pages(3), priority=1.9)
    (hot,) = await world.want("https://hot.example.org/a", priority=0.0, incident=7)
    await claim(world, hot)
    await world.step()
    assert [change.capture_id for change in world.happened] == [hot]


async def test_a_reserve_of_the_day_is_kept_for_originals(world_of):
    world = world_of(per_day=40)
    world.clock.advance(-8 * 3600)  # midnight
    await world.want(*pages(39, "copies{}.example.org"), state=State.COPY, priority=0.2)
    await world.run(5 * HOURS)
    copies_sent = len(sent(world))
    assert 30 <= copies_sent <= 36
    (original,) = await world.want(URL)
    (first, *_) = await world.step()
    assert first.capture_id == original
    await world.run(18 * HOURS)
    assert len(sent(world)) >= 38  # the reserve melts towards midnight


async def test_what_others_do_with_the_account_counts(world_of):
    world = world_of(per_day=1_000)
    world.spn._days[f"{NOW:%Y-%m-%d}"] = 998
    await world.want(*pages(10))
    await world.run(12 * HOURS)
    assert len(sent(world)) == 2


async def test_an_outage_of_a_week_is_worked_off_without_a_burst(world_of):
    world = world_of()
    await world.want(*pages(40))
    await world.run(MINUTES)
    world.spn.outage = 503
    await world.run(7 * DAYS)
    during = [seen for seen in world.line.seen if seen[3] == 503]
    assert len(during) <= 7 * 26  # a probe an hour, and the first ones
    world.spn.outage = None
    await world.run(3 * HOURS)
    assert {row.state for row in await world.rows()} == {"verified"}
    assert most_in_a_minute(sent(world)) <= 7
    assert {row.attempts for row in await world.rows()} == {0}


async def test_every_documented_code_ends_a_page_or_lets_it_pass(world_of):
    rules = [Rule(match=f"/{code}$", error=code, times=1) for code in ACTIONS]
    world = world_of(rules=rules)
    await world.want(*(f"https://{code}.example.org/{code}" for code in ACTIONS))
    await world.run(4 * DAYS)
    states = {row.url.rpartition("/")[2]: row.state for row in await world.rows()}
    final = {code for code, action in ACTIONS.items() if action == "final"}
    assert {code for code, state in states.items() if state == "lost"} == final
    assert {state for code, state in states.items() if code not in final} == {"verified"}
    assert world.spn.throttle._ban == 3600.0


async def test_faults_of_every_kind_at_once_lose_nothing(world_of):
    rules = [
        Rule(match="/[0-9]*1$", submit="drop", times=4),
        Rule(match="/[0-9]*2$", submit=503, retry_after=120, times=3),
        Rule(match="/[0-9]*3$", submit="garbage", times=3),
        Rule(match="/[0-9]*4$", error="soft-time-limit-exceeded", times=4),
        Rule(match="/[0-9]*5$", submit="error", error="user-session-limit", times=2),
        Rule(match="/[0-9]*6$", submit=429, retry_after=90, times=2),
    ]
    world = world_of(rules=rules, per_minute=6, index_lag=1800)
    await world.want(*pages(40))
    await world.run(2 * DAYS)
    assert {row.state for row in await world.rows()} == {"verified"}
    assert world.taken == 40
    assert world.spn.throttle._ban == 3600.0


async def incident(world, number):
    row = {
        "id": number,
        "title": "One",
        "topics": [],
        "founded_by": 1,
        "first_report_at": NOW,
        "last_report_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    await world.database.write(lambda connection: connection.execute(t.incidents.insert().values(row)))


async def claim(world, capture_id):
    def work(connection):
        key = connection.execute(
            t.captures.select()
            .with_only_columns(t.captures.c.article_id)
            .where(t.captures.c.id == capture_id)
        ).scalar_one()
        row = {
            "article_id": key,
            "labeller": "ann",
            "token": "x",
            "claimed_at": NOW,
            "leased_until": NOW + HOURS,
        }
        connection.execute(t.claims.insert().values(row))

    await world.database.write(work)
