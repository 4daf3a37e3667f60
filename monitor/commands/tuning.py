"""tune: learn from corrections and confirmations."""

import click

from monitor.adapters.calibration import load, save
from monitor.adapters.store.told import Spoken
from monitor.commands.common import asynchronous, json_option, out, print_json, print_table, settings
from monitor.daemon import open_stores
from monitor.domain.tune import LEAST, Calibration, Fit, Told, fitted, measured


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@asynchronous
async def tune(yes: bool, as_json: bool) -> None:
    """Recalibrate matching on what people confirmed and corrected; shows before and after, and asks."""
    loaded = settings()
    old, made_at = load(loaded.DATA_DIR)
    async with open_stores(loaded) as system:
        told = await Spoken(system.stores.database).told(made_at, old)
        now = system.clock.now()
    new = fitted(told)
    if len(told) < LEAST and not as_json:
        out.print(f"{len(told)} decisions were confirmed or corrected; {LEAST} are needed")
        return
    _show(told, old, new, as_json)
    if len(told) < LEAST:
        return
    if yes or (not as_json and click.confirm("Use the new calibration?", default=False)):
        file = save(loaded.DATA_DIR, new, now)
        out.print(f"written to {file}; the daemon reads it when it starts") if not as_json else None


def _show(told: list[Told], old: Calibration, new: Calibration, as_json: bool) -> None:
    before, after = measured(told, old), measured(told, new)
    if as_json:
        print_json({"decisions": len(told), "before": before, "after": after, "calibration": new})
        return
    rows = [_row("before", old, before), _row("after", new, after)]
    print_table(["", "slope", "offset", "held-out decisions", "as people said", "log loss"], rows)


def _row(name: str, calibration: Calibration, fit: Fit) -> tuple[object, ...]:
    return name, calibration.slope, calibration.offset, fit.decisions, f"{fit.agreed:.0%}", fit.log_loss
