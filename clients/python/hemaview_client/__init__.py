"""A small client of HemaView's API for scripts and notebooks; it needs nothing but Python."""

from hemaview_client.client import HemaView, Refused

__all__ = ["HemaView", "Refused"]
__version__ = "0.1.0"
