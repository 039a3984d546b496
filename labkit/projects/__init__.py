"""The projects, a folder each, in the shape of the labs: `exercises.toml` has the texts, `checks.py` the checks.

Their notebooks, and the applications that these build, are in notebooks/projects/. See docs/add-a-lab.md.
"""
