"""Outputs of a real account are never saved over a lab: Jupyter's server keeps them apart, and kernels make sure of it.

`jupyter_server` finds the extension by tools/jupyter-server-labkit.json, which tools/make-venv, or pip, puts into
etc/jupyter/jupyter_server_config.d of the environment.
"""

from .extension import _jupyter_server_extension_points as _jupyter_server_extension_points
from .extension import _load_jupyter_server_extension as _load_jupyter_server_extension
from .kernel import mark, require_a_safe_place

__all__ = ["mark", "require_a_safe_place"]
