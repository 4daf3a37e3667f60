"""What this process keeps of the memory that it no longer uses.

The C library keeps what was freed for the next use, in a heap for each thread. An index that grows by copying its
arrays, or a start that reads a whole database, would leave as much free memory as is in use.
"""

import ctypes

ARENAS, LARGE = -8, -3  # M_ARENA_MAX, M_MMAP_THRESHOLD of <malloc.h>
MOST_ARENAS = 4
FROM_THE_SYSTEM = 1 << 20  # bytes: what is larger goes back to the system when it is freed


def keep_small() -> None:
    """Let large blocks come from the system and go back to it; nothing where the C library has no such settings."""
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(ARENAS, MOST_ARENAS)
        option(LARGE, FROM_THE_SYSTEM)  # otherwise it rises with what is freed, to 32 MB


def give_back() -> None:
    """Return to the system what was freed; nothing where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
