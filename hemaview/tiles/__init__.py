"""Tiles over HTTP: a small ASGI application ahead of Django. It knows files and tokens, and no database."""

from hemaview.tiles.app import TileApp
from hemaview.tiles.keep import KeptTiles
from hemaview.tiles.token import Signer

__all__ = ["KeptTiles", "Signer", "TileApp"]
