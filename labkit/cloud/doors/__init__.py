"""How a call comes in: from botocore in this process (door one), or over HTTP on 127.0.0.1 (door two).

Knows of sockets and of the gateway's `handle`; nothing of any service.
"""
