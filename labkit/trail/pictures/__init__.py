"""Pictures of a trail, for what a table doesn't show. Each takes the table of `load`, of pandas or dask.

timeline(events)      when: a lane for each principal, or whatever a column holds, with uses, refusals and changes
heat_map(events)      how many: the hours of the day, or the values of a column, by days
key_graph(events)     who uses which key: principals left, keys right

In a notebook a picture is SVG, elsewhere the same as text. Every call of the table is in it: what has no lane, row or
box of its own is drawn as "others". A call across accounts counts once (`questions.each_call_once`). The same events
give the same picture, to the letter, in whatever order they come. Names in a trail are chosen by whoever calls, so they
are shortened, and characters that are not printable are written as escapes.
"""

from .heat_map import heat_map
from .key_graph import key_graph
from .timeline import timeline

__all__ = ["heat_map", "key_graph", "timeline"]
