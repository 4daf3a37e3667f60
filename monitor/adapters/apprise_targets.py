"""Sends alerts wherever Apprise can (mail, chat, push services); an optional package brings it."""

import asyncio
import logging
from typing import Any

from monitor.adapters.notify import Message, Target
from monitor.domain.alerts import as_text
from monitor.domain.errors import ConfigurationError, Problem, Transient

INSTALL = "pip install 'incident-monitor[alerts]'"
_SECONDS = 60.0  # for one try; Apprise has shorter limits of its own


def apprise_targets(addresses: str) -> list[Target]:
    """Return a target for each Apprise address of a list with commas.

    Raises ConfigurationError, which never repeats an address, where Apprise is missing or knows one of them not.
    """
    if not addresses.strip():
        return []
    try:
        import apprise
    except ImportError:
        raise ConfigurationError([Problem("ALERTS", "needs Apprise", INSTALL)]) from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines may name addresses
    found = apprise.Apprise()
    if not found.add(addresses) or not len(found):
        count = len(found)
        raise ConfigurationError(
            [Problem("ALERTS", f"{count} understood, but not all", "see Apprise's list of services")]
        )
    return [_Apprise(server, number) for number, server in enumerate(found, 1)]


class _Apprise:
    """Implements notify.Target over one service of Apprise, so that a refusal of one does not repeat the others."""

    def __init__(self, server: Any, number: int) -> None:
        import apprise

        self.name = f"alerts-{number}"
        self._kinds = apprise.NotifyType
        self._text = apprise.NotifyFormat.TEXT
        self._one = apprise.Apprise()
        self._one.add(server)

    async def send(self, message: Message) -> None:
        """Deliver; raise Transient where it was not taken, for Apprise does not say why."""
        title, body = as_text(message.alerts)
        well = all(alert.recovered for alert in message.alerts)
        kind = self._kinds.SUCCESS if well else self._kinds.WARNING
        try:
            async with asyncio.timeout(_SECONDS):
                taken = await asyncio.to_thread(
                    self._one.notify, title=title, body=body, notify_type=kind, body_format=self._text
                )
        except Exception as error:
            raise Transient("unreachable", detail=type(error).__name__) from error
        if not taken:
            raise Transient("refused")
