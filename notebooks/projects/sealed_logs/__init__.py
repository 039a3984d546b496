"""Log files that are sealed on the machine where they are written, and then uploaded, each exactly once.

`sealing` is the format: a data key for each file, AES-GCM in frames. `shipping` uploads what has been rotated, and goes
on where it was killed. `reading` opens it again, as the auditor. `rules` has the policies of bucket and roles. Plain
boto3: it runs on any account (`python -m sealed_logs --help`).
"""

from .reading import read_back
from .sealing import Damaged, NotSealed, WrongFile, seal, unseal
from .shipping import NameTaken, Shipper

__all__ = ["Damaged", "NameTaken", "NotSealed", "Shipper", "WrongFile", "read_back", "seal", "unseal"]
