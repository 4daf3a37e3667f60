"""`make demo`: the real daemon against the replayed web; needs no network and leaves nothing behind."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PROXY_PORT = 8765


def main() -> int:
    """Serve the replay, run the daemon on it, and stop both with Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8080, help="of the page, on loopback (default: 8080, or a free one)"
    )
    listen = f"127.0.0.1:{free_port(parser.parse_args().port)}"
    port = free_port(PROXY_PORT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="monitor-demo-") as folder:
        site = subprocess.Popen([sys.executable, "-m", "tests.site", "--port", str(port), "--start-paced"])
        daemon = subprocess.Popen(
            [str(Path(sys.executable).with_name("monitor")), "run"], env=environment(port, listen, folder)
        )
        print(
            f"\n  The replayed web starts to publish. Watch the incidents fill up at http://{listen}/\n",
            flush=True,
        )
        try:
            return daemon.wait()
        except KeyboardInterrupt:
            return daemon.wait(timeout=40)
        finally:
            for process in (daemon, site):
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    process.wait(timeout=40)


def environment(port: int, listen: str, folder: str) -> dict[str, str]:
    """Return what points the daemon at the replay: its proxy, its archive, short intervals between fetches."""
    site = f"http://127.0.0.1:{port}"
    return {
        **os.environ,
        "MONITOR_PROXY": site,
        "MONITOR_WAYBACK_URL": site,
        "MONITOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "MONITOR_WAYBACK_ACCESS_KEY": "demo-access",
        "MONITOR_WAYBACK_SECRET_KEY": "demo-secret",
        "MONITOR_SOURCES": str(HERE / "sources.yaml"),
        "MONITOR_DATA_DIR": folder,
        "MONITOR_LISTEN": listen,
        "MONITOR_HOST_INTERVAL": "0.1",
    }


def free_port(wanted: int) -> int:
    """Return the wanted port of loopback, or another one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


if __name__ == "__main__":
    sys.exit(main())
