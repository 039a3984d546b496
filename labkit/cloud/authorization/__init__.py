"""May this caller do this, now? Gathers policies and the request context, asks `policy/`, keeps the explanation."""
