"""What a database's driver complains of, as one of the two kinds of error, with its cure."""

import re

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from monitor.domain.errors import Permanent, Transient

CONTENTS = re.compile("\nLINE | with text ")  # behind these stands what people wrote
RESTORE = "restore the last back-up (docs/deploy.md)"
# words of the driver, whether they mean so in any error or only in one of operation, kind, cure
CURES: tuple[tuple[str, bool, type[Permanent] | type[Transient], str], ...] = (
    ("malformed", True, Permanent, RESTORE),
    ("not a database", True, Permanent, RESTORE),
    ("vtable constructor failed", True, Permanent, RESTORE),
    ("Could not decode", True, Permanent, RESTORE),  # letters that are none: pages were written over
    ("permission denied", True, Permanent, "grant it to the role in DATABASE_URL"),
    ("readonly", True, Permanent, ""),
    ("unable to open", False, Permanent, "set DATA_DIR to a folder that this user can write to"),
    (
        "read-only transaction",
        True,
        Transient,
        "name the primary in DATABASE_URL, this server takes no writes",
    ),
    ("too many", False, Transient, "raise max_connections, or run fewer processes"),
    ("password authentication", False, Transient, "mend the password in DATABASE_URL"),
    ("does not exist", False, Transient, "create it, or mend DATABASE_URL"),
    ("disk I/O error", False, Transient, "see whether the disk is full, or failing"),
    ("is full", False, Transient, "free space; work goes on by itself"),
    ("No space left", False, Transient, "free space; work goes on by itself"),
)


def translate(error: DBAPIError) -> Exception:
    """Turn a driver's error into one of the two kinds, with its cure; a programming error stays what it is."""
    text = CONTENTS.split(str(error.orig), maxsplit=1)[0].strip()
    if "no such table" in text or "UndefinedTable" in type(error.orig).__name__:
        return Permanent("database", detail="it has no tables of this release; run `monitor db upgrade`")
    is_passing = isinstance(error, OperationalError | InterfaceError)
    for words, always, kind, cure in CURES:
        if words in text and (always or is_passing):
            return kind("database", detail=f"{text}; {cure}" if cure else text)
    return Transient("database", detail=text) if is_passing else error
