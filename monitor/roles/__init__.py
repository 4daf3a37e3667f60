"""The roles of the daemon: each takes what is due, hands it to its stage, logs and counts what came of it."""

from monitor.roles.common import Stepwise, Tickets
from monitor.roles.polling import Polling
from monitor.roles.reading import Reading
from monitor.roles.settling import Archiving, Deciding

__all__ = ["Archiving", "Deciding", "Polling", "Reading", "Stepwise", "Tickets"]
