"""Who acted, for counting: one name for each principal. Events without one are not one person's."""

from __future__ import annotations

from typing import Any

import pandas


def actors(events: Any) -> Any:
    """Write a text for each event that is the same for the same actor: the principal, as far as it was recorded.

    Where it was not, the address stands in for it, and where there is none either, each event is an actor of its own.
    For grouping, not for reading.
    """
    named = events["principal"].astype("str")
    place = events["source_ip"].astype("str")
    number = pandas.Series([f"(event {at})" for at in range(len(events))], index=events.index, dtype="str")
    return named.where(named.notna(), ("(from " + place + ")").where(place.notna(), number)).rename("actor")
