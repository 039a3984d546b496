"""The labs, a folder each: `exercises.toml` has their texts, `checks.py` the checks.

The same shape works outside the package: see docs/add-a-lab.md.
"""
