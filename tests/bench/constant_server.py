"""The least that a server can do: any request gets the same answer. The floor of a call of boto3 over HTTP.

One connection at a time. Prints its port.
"""

from __future__ import annotations

import socket

BODY = (
    b'{"KeyMetadata": {"KeyId": "0"}, "KeyId": "arn:aws:kms:us-east-1:111122223333:key/0",'
    b' "CiphertextBlob": "AAAA", "Plaintext": "AAAA"}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n" % len(BODY)


def serve(listener: socket.socket) -> None:
    """Answer until the process is ended."""
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while request := connection.recv(65536):
            head, _, body = request.partition(b"\r\n\r\n")
            missing = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) - len(body)
            while missing > 0:
                missing -= len(connection.recv(65536))
            connection.sendall(HEAD + BODY)


def main() -> None:
    """Listen on any port of the loopback interface."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(listener.getsockname()[1], flush=True)
        serve(listener)


if __name__ == "__main__":
    main()
