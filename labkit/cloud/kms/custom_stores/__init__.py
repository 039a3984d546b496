"""Custom key stores: KMS keys whose material is in an AWS CloudHSM cluster, or outside AWS behind a proxy.

The room stands below the KMS that uses it: it knows no key and no HTTP. What carries a request to a proxy is handed
in (`ProxyCaller`), and so is the agenda by which a connection takes its time.
"""
