"""Which credentials signed a request: signature versions 4 and 2, and what is said when they do not match."""
