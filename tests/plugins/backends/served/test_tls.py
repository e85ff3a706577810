"""The backend ``http`` and certificates: one that nobody vouches for is refused, and at once."""

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from cl_core import ConfigError
from cl_core.testing import sample_dataset
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.backends.served.predict import predict_http
from local_servers import serving


def write_certificate(path: Path) -> None:
    """Write a key and a certificate for 127.0.0.1 that the key itself signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def secure_url(tmp_path: Path) -> Iterator[str]:
    """Run a server that is sure of every row, behind a certificate of its own making."""
    app = FastAPI()

    @app.post("/predict")
    def predict(body: dict[str, list[object]]) -> dict[str, list[list[float]]]:
        return {"predictions": [[1.0, 0.0, 0.0] for _ in body["instances"]]}

    write_certificate(tmp_path / "server.pem")
    with serving(app, ssl_certfile=str(tmp_path / "server.pem")) as port:
        yield f"https://127.0.0.1:{port}/predict"


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_url: str) -> None:
    """Without a second try; who wants it anyhow says so, and a note says it was so."""
    options = {"url": secure_url, "protocol": "json"}
    with pytest.raises(ConfigError, match="certificate that nobody vouches for") as caught:
        predict_http(sample_dataset(), HttpOptions.model_validate(options), lambda *_: None)
    assert "SSL_CERT_FILE" in caught.value.hint
    unsafe = HttpOptions.model_validate({**options, "verify_tls": False})
    found = predict_http(sample_dataset(), unsafe, lambda *_: None)
    assert found.pred_probs[:, 0].tolist() == [1.0] * 240
    assert "the server's certificate was not checked (verify_tls: false)" in found.notes


def test_a_certificate_of_ones_own_authority_is_accepted(
    secure_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the hint says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    options = HttpOptions.model_validate({"url": secure_url, "protocol": "json"})
    found = predict_http(sample_dataset(), options, lambda *_: None)
    assert not any("certificate" in note for note in found.notes)
