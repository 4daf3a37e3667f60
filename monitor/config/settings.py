"""Settings: `MONITOR_*` from the environment, `.env`, or the same names in `monitor.toml`, in that order.

A secret may come as `MONITOR_NAME_FILE`, the path of a file that holds it (systemd credentials, Docker secrets).
"""

import ipaddress
import os
import re
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from monitor.config.problems import keys_of, nearest, problems_of, visible
from monitor.domain.errors import ConfigurationError, Problem

PREFIX = "MONITOR_"
HIGHEST_PORT = 65535
LONGEST = 36_500  # days that dates can be reckoned with
SECRETS = (
    "API_TOKEN",
    "WAYBACK_ACCESS_KEY",
    "WAYBACK_SECRET_KEY",
    "DATABASE_URL",
    "EMBEDDINGS_KEY",
    "WEBHOOK_SECRET",
    "ALERTS",
)

DATABASE = re.compile(r"sqlite:///.|postgresql\+psycopg://.")  # the two kinds that there are


def _words(value: Any) -> Any:
    return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value


def _loadable(authorities: Path) -> None:
    """Raise ValueError for a file without certificates, which every fetch would stumble over later."""
    try:
        ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise ValueError("holds no certificates (PEM) that can be read") from error


class Settings(BaseModel):
    """All settings with their defaults; docs/operate.md explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    DATABASE_URL: SecretStr = Field(
        SecretStr(""), description="database; default: an SQLite file in DATA_DIR"
    )
    DATA_DIR: Path = Field(Path("./data"), description="where the embedded database, archive and caches live")
    SOURCES: Path = Field(Path("./sources.yaml"), description="what to watch")
    LISTEN: str = Field("127.0.0.1:8080", description="address and port of the page and the API")
    PUBLIC_URL: str = Field(
        "", description="address under which others reach LISTEN (links in feeds, WebSub)"
    )
    METRICS_LISTEN: str = Field(
        "", description="address and port of /metrics and /healthz in processes without the web role"
    )
    API_TOKEN: SecretStr = Field(
        SecretStr(""), description="token of the API; without one only loopback is served"
    )
    USER_AGENT: Annotated[str, AfterValidator(visible)] = Field(
        "incident-monitor/0.1 (news monitoring; set USER_AGENT to name yourself)",
        description="how we introduce ourselves",
    )
    PROXY: str = Field("", description="HTTP proxy for all fetches")
    CA_FILE: Path | None = Field(None, description="further certificate authorities (PEM)")
    ALLOW_NETWORKS: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        (), description="private networks (CIDR) that may be fetched from"
    )
    HOST_INTERVAL: float = Field(5.0, ge=0, le=86_400, description="seconds between starts on one host")
    HOST_CONCURRENCY: int = Field(2, ge=1, le=1_000, description="fetches at once on one host")
    FETCH_CONCURRENCY: int = Field(64, ge=1, le=10_000, description="fetches at once in all")
    READ_PROCESSES: int = Field(0, ge=0, le=256, description="worker processes; 0: one per core, at most 4")
    WAYBACK_URL: str = Field("https://web.archive.org", description="base address of the archive")
    WAYBACK_ACCESS_KEY: SecretStr = Field(SecretStr(""), description="archive.org S3 access key")
    WAYBACK_SECRET_KEY: SecretStr = Field(SecretStr(""), description="archive.org S3 secret key")
    ARCHIVE: Literal["wayback", "warc", "both", "off"] = Field("both", description="where pages are archived")
    LOG_FORMAT: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: console on a terminal, else json"
    )
    LOG_LEVEL: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severe event logged"
    )
    TRACES: str = Field("", description="address of an OpenTelemetry collector (OTLP over HTTP)")
    EMBEDDINGS: str = Field(
        "bundled", description="bundled, off, or the URL of an OpenAI-compatible /v1/embeddings"
    )
    EMBEDDINGS_KEY: SecretStr = Field(SecretStr(""), description="bearer token for that URL")
    MATCH_WINDOW_DAYS: int = Field(
        180, ge=1, le=LONGEST, description="how far back a new article may join an incident"
    )
    RETENTION_DAYS: int = Field(
        0, ge=0, le=LONGEST, description="rejected articles older than this are pruned; 0: never"
    )
    WEBHOOK: str = Field("", description="URL that gets source alerts")
    WEBHOOK_SECRET: SecretStr = Field(SecretStr(""), description="signs what the webhook gets")
    ALERTS: SecretStr = Field(
        SecretStr(""), description="Apprise URLs that get source alerts, comma-separated"
    )

    @field_validator("DATABASE_URL")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not DATABASE.match(value.get_secret_value()):
            raise ValueError("is neither sqlite:///FILE nor postgresql+psycopg://USER@HOST/NAME")
        return value

    @field_validator("ALLOW_NETWORKS")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator("LISTEN", "METRICS_LISTEN")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "METRICS_LISTEN":
            return value
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > HIGHEST_PORT:
            raise ValueError("is no address; write 127.0.0.1:8080")
        return value

    @field_validator("CA_FILE")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("is no file")
        if value is not None:
            _loadable(value)
        return value

    @field_validator("EMBEDDINGS")
    @classmethod
    def _embeddings(cls, value: str) -> str:
        if value not in {"bundled", "off"} and not value.startswith(("http://", "https://")):
            raise ValueError("is neither 'bundled' nor 'off' nor an http(s) URL")
        return value

    @field_validator("WEBHOOK", "TRACES", "PROXY", "WAYBACK_URL", "PUBLIC_URL")
    @classmethod
    def _address_of_service(cls, value: str) -> str:
        if value and not re.match(r"https?://[^/\s]+", value):
            raise ValueError("is no http(s) URL")
        return value

    @property
    def database_url(self) -> str:
        """The database in force."""
        given = self.DATABASE_URL.get_secret_value()
        return given or f"sqlite:///{self.DATA_DIR / 'monitor.db'}"

    @property
    def has_archive_keys(self) -> bool:
        """Whether Save Page Now can be used."""
        return bool(self.WAYBACK_ACCESS_KEY.get_secret_value() and self.WAYBACK_SECRET_KEY.get_secret_value())

    @property
    def processes(self) -> int:
        """How many worker processes read."""
        return self.READ_PROCESSES or min(4, os.cpu_count() or 1)

    @property
    def encodes(self) -> bool:
        """Whether worker processes encode."""
        return self.EMBEDDINGS == "bundled"


@dataclass(frozen=True)
class _Given:
    value: Any
    where: str


def load_settings(
    environment: Mapping[str, str] | None = None,
    *,
    folder: Path = Path(),
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings; raise ConfigurationError that lists every unknown key and bad value with its place."""
    environment = os.environ if environment is None else environment
    problems: list[Problem] = []
    given = {
        **_from_toml(folder / "monitor.toml", problems),
        **_from_dotenv(folder / ".env", problems),
        **_from_environment(environment),
        **{
            name: _Given(value, "command line")
            for name, value in (overrides or {}).items()
            if value is not None
        },
    }
    _read_secret_files(given, problems)
    names = keys_of(Settings)
    for name in [name for name in given if name not in names]:
        found = given.pop(name)
        problems.append(Problem(found.where, f"unknown setting {name!r}", nearest(name, names)))
    try:
        settings = Settings(**{name: _hidden(name, found.value) for name, found in given.items()})
    except ValidationError as error:
        places = {name: found.where for name, found in given.items()}
        problems += problems_of(
            error, lambda at: places.get(str(at[0]) if at else "", "settings"), lambda _: names
        )
        raise ConfigurationError(problems) from None
    if problems:
        raise ConfigurationError(problems)
    return settings


def _hidden(name: str, value: Any) -> Any:
    """Return a secret so that no error message repeats it."""
    return SecretStr(value) if name in SECRETS and isinstance(value, str) else value


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    return {
        name.removeprefix(PREFIX): _Given(value, f"environment {name}")
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }


def _text_of(path: Path, problems: list[Problem]) -> str:
    """Return what a file says, "" where there is none."""
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(str(path), f"cannot be read as UTF-8: {error}"))
        return ""


def _from_dotenv(path: Path, problems: list[Problem]) -> dict[str, _Given]:
    found = {}
    for number, line in enumerate(_text_of(path, problems).splitlines(), 1):
        name, separator, value = line.removeprefix("export ").partition("=")
        if separator and name.strip().startswith(PREFIX):
            cleaned = value.strip().strip("'\"")
            found[name.strip().removeprefix(PREFIX)] = _Given(cleaned, f"{path}:{number}")
    return found


def _from_toml(path: Path, problems: list[Problem]) -> dict[str, _Given]:
    text = _text_of(path, problems)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(str(path), f"is no TOML: {error}"))
        return {}
    lines = {line.partition("=")[0].strip(): number for number, line in enumerate(text.splitlines(), 1)}
    return {
        name.removeprefix(PREFIX): _Given(value, f"{path}:{lines.get(name, 1)}")
        for name, value in values.items()
    }


def _read_secret_files(given: dict[str, _Given], problems: list[Problem]) -> None:
    for secret in SECRETS:
        found = given.pop(f"{secret}_FILE", None)
        if found is None:
            continue
        try:
            given[secret] = _Given(Path(str(found.value)).read_text("utf-8").strip(), found.where)
        except OSError as error:
            problems.append(Problem(found.where, f"cannot read {found.value}: {error.strerror}"))
        except UnicodeDecodeError:  # its words would show a part of the secret
            problems.append(Problem(found.where, f"cannot read {found.value}: it is not UTF-8"))
