"""A shop's account to practise on: `open_shop` builds it as it should be, and each of FAULTS spoils one thing in it.

The audit finds nothing in the good shop, and each fault once. Lab 21 begins with a shop full of faults.
"""

from __future__ import annotations

from .faults import FAULTS, faulty_shop, plant, plant_old
from .shop import Shop, furnish, open_shop

__all__ = ["FAULTS", "Shop", "faulty_shop", "furnish", "open_shop", "plant", "plant_old"]
