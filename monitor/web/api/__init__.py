"""The HTTP API, one router per noun; its types are the stores' own frozen dataclasses."""
