"""moto, at arm's length: its back ends, and how a call is handed to it and its answer read."""
