"""The way from KMS to the proxies of external key stores: a name of a proxy stands for an address on this machine."""
