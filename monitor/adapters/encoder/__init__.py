"""The bundled encoder: a text as a vector, worked out on this machine."""

import os

# else the runtime, from its import on, keeps a number of this machine and tells its maker about every session
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
