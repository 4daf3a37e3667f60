"""A daemon that watches the news and keeps track of incidents."""

__version__ = "0.1.0"
