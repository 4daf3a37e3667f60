"""Parsers for the kinds of source: bytes in, entries out."""
