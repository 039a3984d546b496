"""Where a lab runs: in this process (the default), in a `labkit serve` process, later in a real account."""
