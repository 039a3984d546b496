"""`labkit doctor --account aws`: what one reads before a lab is let into an account."""
