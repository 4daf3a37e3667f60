"""Settings: every error at once, with its place and the nearest valid word; secrets from files; precedence."""

from pathlib import Path

import pytest

from monitor.config import load_settings
from monitor.config.settings import Settings
from monitor.domain.errors import ConfigurationError


def problems(environment, **arguments):
    with pytest.raises(ConfigurationError) as raised:
        load_settings(environment, **arguments)
    return [str(problem) for problem in raised.value.problems]


def test_every_error_is_reported_at_once(tmp_path):
    (tmp_path / "monitor.toml").write_text('LOG_LEVEL = "loud"\nDATA_DRI = "x"\n')
    (tmp_path / ".env").write_text("MONITOR_HOST_INTERVAL=-1\nOTHER=1\n")
    found = problems(
        {"MONITOR_LISEN": "127.0.0.1:1", "MONITOR_ALLOW_NETWORKS": "300.0.0.0/8"}, folder=tmp_path
    )
    text = "\n".join(found)
    assert len(found) == 5
    assert f"{tmp_path}/monitor.toml:2: unknown setting 'DATA_DRI' (did you mean 'DATA_DIR'?)" in text
    assert f"{tmp_path}/monitor.toml:1: LOG_LEVEL" in text
    assert f"{tmp_path}/.env:1: HOST_INTERVAL" in text
    assert "environment MONITOR_LISEN: unknown setting 'LISEN' (did you mean 'LISTEN'?)" in text
    assert "environment MONITOR_ALLOW_NETWORKS" in text


def test_the_environment_beats_dotenv_beats_toml(tmp_path):
    (tmp_path / "monitor.toml").write_text('LOG_LEVEL = "error"\nUSER_AGENT = "toml"\nHOST_CONCURRENCY = 7\n')
    (tmp_path / ".env").write_text('MONITOR_USER_AGENT="dotenv"\nMONITOR_LOG_LEVEL=warning\n')
    loaded = load_settings({"MONITOR_LOG_LEVEL": "debug"}, folder=tmp_path)
    assert (loaded.LOG_LEVEL, loaded.USER_AGENT, loaded.HOST_CONCURRENCY) == ("debug", "dotenv", 7)


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path):
    (tmp_path / "key").write_text("very-secret\n")
    loaded = load_settings({"MONITOR_WAYBACK_ACCESS_KEY_FILE": str(tmp_path / "key")}, folder=tmp_path)
    assert loaded.WAYBACK_ACCESS_KEY.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(loaded)


def test_a_missing_secret_file_is_named(tmp_path):
    assert "cannot read" in problems({"MONITOR_API_TOKEN_FILE": str(tmp_path / "no")}, folder=tmp_path)[0]


@pytest.mark.parametrize("value", ["8080", "localhost:99999", "localhost:http", ""])
def test_a_bad_address_is_refused(value, tmp_path):
    assert "LISTEN" in problems({"MONITOR_LISTEN": value}, folder=tmp_path)[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST_INTERVAL", "inf"),
        ("HOST_INTERVAL", "nan"),
        ("RETENTION_DAYS", "99999999999"),
        ("MATCH_WINDOW_DAYS", "99999999999"),
        ("USER_AGENT", "a\r\nHost: b"),
        ("PROXY", "me:s3cret@localhost"),
        ("WAYBACK_URL", "web.archive.org"),
        ("PUBLIC_URL", "news.example.org"),
        ("CA_FILE", "/nowhere.pem"),
        ("CA_FILE", __file__),
        ("HOST_CONCURRENCY", "1001"),
        ("FETCH_CONCURRENCY", "10001"),
        ("READ_PROCESSES", "257"),
    ],
)
def test_what_would_only_fail_later_is_refused_at_once(name, value, tmp_path):
    (found,) = problems({f"MONITOR_{name}": value}, folder=tmp_path)
    assert found.startswith(f"environment MONITOR_{name}: {name}: ")
    assert "s3cret" not in found


def test_files_that_are_no_text_are_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"MONITOR_LISTEN=\xff")
    (tmp_path / "monitor.toml").write_bytes(b'LISTEN = "\xff"')
    (tmp_path / "token").write_bytes(b"s3cret\xff")
    found = problems({"MONITOR_API_TOKEN_FILE": str(tmp_path / "token")}, folder=tmp_path)
    assert [problem.split(": ")[0] for problem in sorted(found)] == sorted(
        [str(tmp_path / ".env"), str(tmp_path / "monitor.toml"), "environment MONITOR_API_TOKEN_FILE"]
    )
    assert "s3cret" not in "".join(found)


def test_defaults_are_an_embedded_database_in_the_data_folder(tmp_path):
    loaded = load_settings({"MONITOR_DATA_DIR": str(tmp_path)}, folder=tmp_path)
    assert loaded.database_url == f"sqlite:///{tmp_path}/monitor.db"
    assert not loaded.has_archive_keys


def test_every_setting_is_documented():
    text = (Path(__file__).parents[3] / "docs" / "operate.md").read_text()
    missing = [name for name in Settings.model_fields if f"`{name}`" not in text]
    assert not missing
