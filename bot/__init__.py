"""Kabarbot: the social-media desk of a news portal."""

__version__ = "0.1.0"
