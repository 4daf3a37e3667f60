"""Tools of other projects replay and validate what we recorded: pywb, and py-wacz of the format's makers.

Both need versions of packages that ours exclude, so they live in an environment of their own:

    python -m venv tools && tools/bin/pip install pywb wacz
    REPLAY_TOOLS=tools/bin pytest tests/unit/test_replay_tools.py
"""

import asyncio
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.adapters.wacz import WaczPage, export_wacz
from monitor.adapters.warc import WarcArchive
from tests.fakes import NOON, response

TOOLS = Path(os.environ.get("REPLAY_TOOLS", "")).absolute()
pytestmark = pytest.mark.skipif("REPLAY_TOOLS" not in os.environ, reason="REPLAY_TOOLS names no folder")
PAGE, OLD, NEW = (f"https://news.example.org/{name}" for name in ("a", "old", "new"))
TEXT = "<html><title>克隆声音</title><p>一名市长的声音被克隆。</p></html>".encode()
ASK = """
from gevent.monkey import patch_all; patch_all()
import os, sys
from pywb.apps.frontendapp import FrontEndApp
from werkzeug.test import Client
client = Client(FrontEndApp())
for path in sys.argv[1:]:
    answer = client.get(path, headers={"Accept-Encoding": "identity"})
    print("answer", answer.status_code, answer.data.hex(), flush=True)
os._exit(0)
"""


@pytest.fixture
async def archive(tmp_path):
    """An archive with a page, and one that was asked for at an older address."""
    made = WarcArchive(tmp_path / "archive")
    await made.record(response(PAGE, TEXT))
    await made.record(replace(response(NEW, TEXT), url=OLD, redirects=((301, NEW),)))
    made._writer.close()
    yield made
    await made.close()


async def run(folder, *command):
    return await asyncio.to_thread(
        subprocess.run, command, cwd=folder, capture_output=True, text=True, check=True
    )


async def replayed(folder, warc, *paths):
    """Put a file into a collection of pywb's and ask it for these paths: status and body of each."""
    await run(folder, TOOLS / "wb-manager", "init", "news")
    await run(folder, TOOLS / "wb-manager", "add", "news", warc)
    done = await run(folder, TOOLS / "python", "-c", ASK, *paths)
    answers = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("answer ")]
    return [(int(status), bytes.fromhex(body)) for status, body in answers]


async def test_pywb_replays_what_was_recorded(archive, tmp_path):
    (path,) = archive._folder.glob("*.warc.gz")
    at = f"{NOON:%Y%m%d%H%M%S}"
    page, listed = await replayed(
        tmp_path, path, f"/news/{at}id_/{PAGE}", f"/news/cdx?url={PAGE}&output=json"
    )
    assert page == (200, TEXT)
    assert json.loads(listed[1])["status"] == "200"


async def test_pywb_replays_an_incident_and_its_makers_find_the_file_valid(archive, tmp_path):
    path = tmp_path / "incident.wacz"
    await export_wacz(archive, [WaczPage(PAGE, "标题"), WaczPage(OLD)], path, title="One", now=NOON)
    await run(tmp_path, TOOLS / "wacz", "validate", "-f", path)
    await run(tmp_path, TOOLS / "python", "-m", "zipfile", "-e", path, "out")
    at = f"{NOON:%Y%m%d%H%M%S}"
    asked = [f"/news/{at}id_/{one}" for one in (PAGE, NEW)]
    page, moved = await replayed(tmp_path, tmp_path / "out/archive/data.warc.gz", *asked)
    assert page == moved == (200, TEXT)
