"""Custom key stores in a lab: over HTTP, with S3, CloudTrail and IAM; and in a `labkit serve`."""

from __future__ import annotations

import datetime
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import labkit
from labkit import xks
from labkit.cloud.services.xks.names import Names
from labkit.commands import serve
from labkit.errors import LabError


class Outside:
    """A lab with a connected external key store, and a key in it."""

    def __init__(self) -> None:
        self.lab = labkit.start("key-stores")
        self.kms = boto3.client("kms")
        self.proxy = self.lab.xks_proxy()
        self.proxy.keys.create("vault-1")
        made = self.kms.create_custom_key_store(CustomKeyStoreName="vault", **self.proxy.parameters())
        self.store = made["CustomKeyStoreId"]
        self.kms.connect_custom_key_store(CustomKeyStoreId=self.store)
        self.lab.clock.advance(minutes=5)
        made = self.kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=self.store, XksKeyId="vault-1")
        self.key = made["KeyMetadata"]["Arn"]

    def refused(self, call: Any, **params: Any) -> tuple[str, str]:
        """Code and message of a call that must fail."""
        with pytest.raises(ClientError) as caught:
            call(**params)
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]

    def last(self, name: str) -> dict[str, Any]:
        """The newest record of this event."""
        return next(event for event in reversed(self.lab.events()) if event["eventName"] == name)


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """One for the file."""
    made = Outside()
    yield made
    made.proxy.stop()


def test_the_two_logs_are_joined_by_the_request_id(outside: Outside) -> None:
    """CloudTrail's requestID is the proxy's kmsRequestId; the record names store and external key."""
    outside.kms.encrypt(KeyId=outside.key, Plaintext=b"x")
    record, entry = outside.last("Encrypt"), outside.proxy.log()[-1]
    assert outside.lab.xks_proxies() == [outside.proxy]
    assert repr(outside.proxy) == "XKS proxy https://xks.example.com/labkit/kms/xks/v1: running, external keys: 1"
    assert record["requestID"] == entry.kms_request_id
    assert record["additionalEventData"] == {"customKeyStoreId": outside.store, "xksKeyId": "vault-1"}
    assert entry.principal == record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
    made = outside.last("CreateKey")
    assert made["requestParameters"]["xksKeyId"] == "vault-1"
    assert made["responseElements"]["keyMetadata"]["xksKeyConfiguration"] == {"id": "vault-1"}
    stored = outside.last("CreateCustomKeyStore")
    assert stored["requestParameters"] == {"customKeyStoreName": "vault"}
    assert stored["responseElements"] == {"customKeyStoreId": outside.store}
    connected = outside.last("ConnectCustomKeyStore")
    assert connected["requestParameters"] == {"customKeyStoreId": outside.store}
    assert connected["additionalEventData"] == {"customKeyStoreName": "vault"}
    assert connected["responseElements"] is None


def test_pulling_the_plug(outside: Outside) -> None:
    """S3 can't read while the proxy is away; the record of the failure names the store; plugged in, it reads."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="vault")
    s3.put_object(Bucket="vault", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=outside.key)
    assert (outside.proxy.log()[-1].via_service, outside.proxy.log()[-1].kms_operation) == ("s3", "GenerateDataKey")
    outside.proxy.stop()
    code, message = outside.refused(outside.kms.encrypt, KeyId=outside.key, Plaintext=b"x")
    assert code == "KMSInvalidStateException"
    assert message.startswith("AWS KMS cannot communicate with the external key store proxy.")
    assert outside.last("Encrypt")["additionalEventData"]["xksKeyId"] == "vault-1"
    with pytest.raises(ClientError):
        s3.get_object(Bucket="vault", Key="a")
    assert outside.last("Decrypt")["errorCode"] == "KMSInvalidStateException"
    outside.proxy.start()
    assert s3.get_object(Bucket="vault", Key="a")["Body"].read() == b"x"


def test_a_slow_proxy_is_too_late(outside: Outside) -> None:
    """250 milliseconds; a little slow is not too slow."""
    outside.proxy.slow(0.05)
    outside.kms.encrypt(KeyId=outside.key, Plaintext=b"x")
    outside.proxy.slow(1)
    code, message = outside.refused(outside.kms.encrypt, KeyId=outside.key, Plaintext=b"x")
    outside.proxy.slow(0)
    assert code == "KMSInvalidStateException"
    assert "did not respond in time" in message


def test_metrics(outside: Outside) -> None:
    """Errors by kind, the key managers' health, the credential's age: KMS publishes them with its requests."""
    outside.proxy.fail("ThrottlingException")
    outside.refused(outside.kms.encrypt, KeyId=outside.key, Plaintext=b"x")
    outside.proxy.fail()
    cloudwatch = boto3.client("cloudwatch")
    end = outside.lab.clock.now() + datetime.timedelta(minutes=1)

    def total(name: str, **dimensions: str) -> list[float]:
        named = {"CustomKeyStoreId": outside.store} | dimensions
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/KMS", MetricName=name, Period=3600, Statistics=["Sum"],
            StartTime=end - datetime.timedelta(hours=1), EndTime=end,
            Dimensions=[{"Name": key, "Value": value} for key, value in named.items()],
        )  # fmt: skip
        return [point["Sum"] for point in found["Datapoints"]]

    asked = {"KmsOperation": "Encrypt", "XksOperation": "Encrypt", "KeySpec": "SYMMETRIC_DEFAULT"}
    assert total("XksProxyErrors", **asked, ErrorType="Retryable", ExceptionName="ThrottlingException") == [1]
    assert total("XksProxyLatency", **asked)
    assert total("XksExternalKeyManagerStates", XksExternalKeyManagerState="Active") == [1]
    assert total("XksExternalKeyManagerStates", XksExternalKeyManagerState="Unavailable") == [0]
    assert total("XksProxyCredentialAge") == [0]


def test_permission_is_asked_on_everything(outside: Outside) -> None:
    """IAM policies only, with Resource *: a key store has no ARN."""
    actions = ["kms:DescribeCustomKeyStores", "kms:DisconnectCustomKeyStore"]
    allowed = outside.lab.role("Keeper", policy=[{"Effect": "Allow", "Action": actions, "Resource": "*"}])
    allowed.client("kms").describe_custom_key_stores()
    arn = f"arn:aws:kms:us-east-1:{outside.lab.account_id}:key/*"
    wrong = outside.lab.role("Wrong", policy=[{"Effect": "Allow", "Action": "kms:*", "Resource": arn}])
    code, _ = outside.refused(wrong.client("kms").describe_custom_key_stores)
    assert code == "AccessDeniedException"


def test_key_origin_is_a_condition(outside: Outside) -> None:
    """kms:KeyOrigin: a policy can demand, or forbid, keys outside AWS."""
    deny = {"Effect": "Deny", "Action": "kms:CreateKey", "Resource": "*",
            "Condition": {"StringEquals": {"kms:KeyOrigin": "EXTERNAL_KEY_STORE"}}}  # fmt: skip
    allow = {"Effect": "Allow", "Action": ["kms:CreateKey", "kms:Encrypt"], "Resource": "*"}
    maker = outside.lab.role("Maker", policy=[allow, deny]).client("kms")
    maker.create_key()
    given = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": outside.store, "XksKeyId": "vault-2"}
    assert outside.refused(maker.create_key, **given)[0] == "AccessDeniedException"
    only = allow | {"Condition": {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}}}
    user = outside.lab.role("User", policy=[only]).client("kms")
    assert outside.refused(user.encrypt, KeyId=outside.key, Plaintext=b"x")[0] == "AccessDeniedException"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for the proxy's name that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tls.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.DNSName("tls.example.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    signed = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    path = tmp_path / "tls.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


def test_tls(outside: Outside, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody trusts is refused; one that this machine trusts for the name is taken."""
    proxy = xks.Proxy(uri_path="/tls/kms/xks/v1")
    proxy.open()
    assert proxy._server is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    proxy._server.socket = context.wrap_socket(proxy._server.socket, server_side=True)
    proxy._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that the client ends
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    address = proxy.endpoint.replace("http://", "https://")
    outside.lab.map_xks_proxy("https://tls.example.com", address)
    params = outside.proxy.parameters() | proxy.for_kms()
    params |= {"CustomKeyStoreName": "tls", "XksProxyUriEndpoint": "https://tls.example.com"}
    code, message = outside.refused(outside.kms.create_custom_key_store, **params)
    assert code == "XksProxyUriUnreachableException"
    assert message.startswith("AWS KMS cannot establish a TLS connection")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outside.kms.create_custom_key_store(**params)
    proxy.stop()
    outside.lab.map_xks_proxy("https://tls.example.com", None)


def test_the_same_at_each_run() -> None:
    """Ids, credentials and ciphertexts follow from the seed."""
    runs = []
    for _ in range(2):
        made = Outside()
        blob = made.kms.encrypt(KeyId=made.key, Plaintext=b"x")["CiphertextBlob"]
        runs.append((made.store, made.key, made.proxy.credential.access_key_id, blob))
        made.proxy.stop()
    assert runs[0] == runs[1]


def test_a_cluster_and_an_endpoint_service() -> None:
    """The lab's hooks, from making to breaking."""
    lab = labkit.start("key-stores")
    kms = boto3.client("kms")
    cluster = lab.cloudhsm_cluster(password="kmsPassword")
    store = kms.create_custom_key_store(CustomKeyStoreName="hsm", CloudHsmClusterId=cluster.id,
                                        KeyStorePassword="kmsPassword",
                                        TrustAnchorCertificate=cluster.certificate)["CustomKeyStoreId"]  # fmt: skip
    x509.load_pem_x509_certificate(cluster.certificate.encode())
    cloudhsm = boto3.client("cloudhsmv2")
    (told,) = cloudhsm.describe_clusters(Filters={"clusterIds": [cluster.id]})["Clusters"]
    assert (told["State"], len(told["Hsms"])) == ("ACTIVE", 2)
    assert told["Certificates"]["ClusterCertificate"] == cluster.certificate
    assert cloudhsm.describe_clusters(Filters={"states": ["DELETED"]})["Clusters"] == []
    nobody = lab.role("Nobody", policy=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}])
    with pytest.raises(ClientError, match="cloudhsm:DescribeClusters"):
        nobody.client("cloudhsmv2").describe_clusters()
    with pytest.raises(ClientError, match="NotImplemented"):
        cloudhsm.delete_cluster(ClusterId=cluster.id)
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    cluster.change(password="another")
    lab.clock.advance(minutes=20)
    (entry,) = kms.describe_custom_key_stores()["CustomKeyStores"]
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", "INVALID_CREDENTIALS")
    record = next(event for event in lab.events() if event["eventName"] == "CreateCustomKeyStore")
    assert record["requestParameters"] == {"clusterId": cluster.id, "customKeyStoreName": "hsm"}
    relative = lab.cloudhsm_cluster(password="kmsPassword", backup_of=cluster)
    assert relative.certificate == cluster.certificate
    service = lab.vpc_endpoint_service("private.example.com").change(zones=1)
    params = lab.xks_proxy("https://private.example.com").parameters()
    params |= {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyVpcEndpointServiceName": service.name}
    with pytest.raises(ClientError, match="XksProxyVpcEndpointServiceInvalidConfiguration"):
        kms.create_custom_key_store(CustomKeyStoreName="vpc", **params)
    lab.xks_proxy("https://private.example.com").stop()
    for wrong in (
        lambda: cluster.change(hsms="many"),
        lambda: cluster.change(nettwork=False),
        lambda: cluster.change(state="BROKEN"),
        lambda: service.change(subnets=1),
        lambda: lab.cloudhsm_cluster(password="short"),
    ):
        with pytest.raises(LabError):
            wrong()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("https://xks.example.com:443", "http://127.0.0.1:1"),
        ("http://xks.example.com", "http://127.0.0.1:1"),
        ("https://xks.example.com/path", "http://127.0.0.1:1"),
        ("https://xks.example.com", "http://192.0.2.1:80"),
        ("https://xks.example.com", "http://xks.example.com:80"),
        ("https://xks.example.com", "http://127.0.0.1"),
        ("https://xks.example.com", "http://127.0.0.1:1/path"),
        ("https://xks.example.com", "ftp://127.0.0.1:1"),
        ("https://xks.example.com", "http://127.0.0.1:99999"),
        ("https://xks.example.com", "http://me@127.0.0.1:1"),
        ("https://xks.example.com", ""),
    ],
)
def test_names_that_are_not_mapped(name: str, address: str) -> None:
    """Loopback only, and names that KMS takes; `labkit serve --xks` says the same."""
    with pytest.raises(ValueError, match=r"proxy's name|address of this machine"):
        Names().map(name, address)
    with pytest.raises(Exception, match=r"proxy's name|address of this machine"):
        serve.proxy_name(f"{name}={address}")


def test_names_that_are_mapped() -> None:
    """As the option of `labkit serve` is written."""
    names = Names()
    assert serve.proxy_name("https://xks.example.com=http://127.0.0.1:8080") == (
        "https://xks.example.com",
        "http://127.0.0.1:8080",
    )
    for address in ("http://127.0.0.1:8080", "https://localhost:8443", "http://[::1]:80/"):
        names.map("https://xks.example.com", address)
        assert names.all() == {"https://xks.example.com": address.rstrip("/")}
    names.forget("https://xks.example.com")
    assert names.find("https://xks.example.com") is None


def test_a_labkit_serve_finds_a_proxy(checkout: Path) -> None:
    """`--xks`: the account of another process calls the proxy of this one."""
    proxy = xks.Proxy().start()
    proxy.keys.create("far")
    name = "https://xks.example.com"
    command = [sys.executable, "-m", "labkit.cli", "serve", "--json", "--xks", f"{name}={proxy.endpoint}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=checkout) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        (account,) = told["accounts"]
        keys = {name: account[name.removeprefix("aws_")] for name in ("aws_access_key_id", "aws_secret_access_key")}
        kms = boto3.Session(**keys, region_name="us-east-1").client("kms", endpoint_url=told["endpoint"])
        params = {"XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": name, **proxy.for_kms()}
        kms.create_custom_key_store(CustomKeyStoreName="far", CustomKeyStoreType="EXTERNAL_KEY_STORE", **params)
        process.terminate()
        process.wait(20)
    assert [each.kms_operation for each in proxy.log()] == ["CreateCustomKeyStore"]
    proxy.stop()
    proxy.open()
    proxy.stop()  # opened, and never served
