"""AWS Key Management Service on your desk: keys, their material and their lives. No HTTP in here."""

from .agenda import Happening
from .model import Alias, Grant, Key
from .service import Kms

__all__ = ["Alias", "Grant", "Happening", "Key", "Kms"]
