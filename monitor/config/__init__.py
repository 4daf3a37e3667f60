"""Settings and sources: everything an operator writes, checked at once, every error with its place."""

from monitor.config.settings import Settings, load_settings
from monitor.config.sources import Configuration, load_sources

__all__ = ["Configuration", "Settings", "load_settings", "load_sources"]
