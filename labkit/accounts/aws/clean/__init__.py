"""`labkit clean-up`: finds what a run has made, takes it away in order, looks again, and says what is left."""
