"""Certificates with their keys from files: every usual form opens, every mistake is named."""

import asyncio
import base64
import copy
import pickle
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.identity.aio import CertificateCredential
from conftest import Lab
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from exporter.config import CertificateConfig, SourceConfig
from exporter.simulator import key_credential
from exporter.sources import (
    CertificateMaterial,
    Secret,
    SourceUnreadable,
    read_certificate,
)
from exporter.sources.certificate import material_of

MARKER = "marker-Kx7vLpZt0dGmWb"
PASSWORD = "passw\u00f6rd"
LOCK = BestAvailableEncryption(PASSWORD.encode())
DAYS = 90
START = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def certified(key: Key, subject: str, issuer: str, signer: Key) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=DAYS))
    )
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, algorithm)


AUTHORITY_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
AUTHORITY = certified(AUTHORITY_KEY, "authority", "authority", AUTHORITY_KEY)
RSA_LEAF = certified(RSA_KEY, "billing", "authority", AUTHORITY_KEY)
EC_LEAF = certified(EC_KEY, "billing", "authority", AUTHORITY_KEY)
ED_LEAF = certified(ED_KEY, "billing", "authority", AUTHORITY_KEY)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def key_pem(
    key: Key,
    form: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, lock or NoEncryption())


def pfx(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None,
    leaf: x509.Certificate | None,
    lock: KeySerializationEncryption | None = None,
    chain: Sequence[x509.Certificate] = (),
) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"billing", key, leaf, chain, lock or NoEncryption()
    )


def old_encryption() -> KeySerializationEncryption:
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - as Windows exports by default
        .build(PASSWORD.encode())
    )


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CertificateConfig]:
    def configured(content: bytes, password: str | None = None) -> CertificateConfig:
        file = tmp_path / "billing.certificate"
        file.write_bytes(content)
        if password is None:
            return CertificateConfig(file=file)
        monkeypatch.setenv("TEST_PASSWORD", password)
        return CertificateConfig(file=file, password=SourceConfig(env="TEST_PASSWORD"))

    return configured


Load = Callable[..., CertificateConfig]


def assert_is(material: CertificateMaterial, leaf: x509.Certificate) -> None:
    assert material.thumbprint == leaf.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303
    assert material.subject == "CN=billing"
    assert material.starts == START.timestamp()
    assert material.expires == START.timestamp() + DAYS * 86_400


def assert_takes_the_pair(material: CertificateMaterial) -> None:
    """The first key and the first certificate, which is what azure-identity takes, are the pair."""
    password = material.password.to_bytes() if material.password else None
    content = material.pem_or_pfx
    key: object
    leaf: x509.Certificate | None
    if b"-----BEGIN" in content:
        key = serialization.load_pem_private_key(content, password)
        leaf = x509.load_pem_x509_certificate(content)
    else:
        key, leaf, _ = pkcs12.load_key_and_certificates(content, password)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert leaf is not None
    assert leaf.public_key() == key.public_key()
    assert leaf.fingerprint(hashes.SHA1()).hex().upper() == material.thumbprint  # noqa: S303


async def unreadable(config: CertificateConfig) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        await read_certificate(config)
    text = str(caught.value)
    assert PASSWORD not in text
    assert MARKER not in text
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return text


TRADITIONAL = PrivateFormat.TraditionalOpenSSL
OPEN = [
    pytest.param(key_pem(RSA_KEY) + pem(RSA_LEAF), id="key first"),
    pytest.param(pem(RSA_LEAF) + key_pem(RSA_KEY), id="certificate first"),
    pytest.param(key_pem(RSA_KEY, TRADITIONAL) + pem(RSA_LEAF), id="PKCS#1"),
    pytest.param(key_pem(RSA_KEY) + pem(RSA_LEAF, AUTHORITY), id="with its chain"),
    pytest.param(pem(AUTHORITY, RSA_LEAF) + key_pem(RSA_KEY), id="chain from the root"),
    pytest.param(
        key_pem(AUTHORITY_KEY) + pem(RSA_LEAF) + key_pem(RSA_KEY), id="with another key before it"
    ),
    pytest.param(
        b"Bag Attributes\n  friendlyName: b\n" + key_pem(RSA_KEY) + b"subject=b\n" + pem(RSA_LEAF),
        id="with text between",
    ),
    pytest.param(
        (key_pem(RSA_KEY) + pem(RSA_LEAF)).replace(b"\n", b"\r\n"), id="with Windows line ends"
    ),
    pytest.param(b"\xef\xbb\xbf" + key_pem(RSA_KEY) + pem(RSA_LEAF), id="with a byte order mark"),
    pytest.param(pfx(RSA_KEY, RSA_LEAF), id="PKCS#12"),
    pytest.param(pfx(RSA_KEY, RSA_LEAF, chain=[AUTHORITY]), id="PKCS#12 with its chain"),
]
LOCKED = [
    pytest.param(key_pem(RSA_KEY, lock=LOCK) + pem(RSA_LEAF), id="PKCS#8"),
    pytest.param(key_pem(RSA_KEY, TRADITIONAL, LOCK) + pem(RSA_LEAF), id="OpenSSL's older way"),
    pytest.param(pem(AUTHORITY, RSA_LEAF) + key_pem(RSA_KEY, lock=LOCK), id="chain from the root"),
    pytest.param(pfx(RSA_KEY, RSA_LEAF, LOCK), id="PKCS#12"),
    pytest.param(pfx(RSA_KEY, RSA_LEAF, old_encryption()), id="PKCS#12 in the older way"),
]


# --- what opens


@pytest.mark.parametrize("content", OPEN)
async def test_certificate_without_password_is_read(load: Load, content: bytes) -> None:
    material = await read_certificate(load(content))
    assert_is(material, RSA_LEAF)
    assert material.password is None
    assert_takes_the_pair(material)


@pytest.mark.parametrize("content", LOCKED)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
async def test_certificate_with_password_is_read(load: Load, content: bytes, end: str) -> None:
    material = await read_certificate(load(content, PASSWORD + end))
    assert_is(material, RSA_LEAF)
    assert_takes_the_pair(material)


@pytest.mark.parametrize("content", OPEN)
async def test_password_that_is_not_needed_does_no_harm(load: Load, content: bytes) -> None:
    material = await read_certificate(load(content, PASSWORD))
    assert material.password is None
    assert_takes_the_pair(material)


@pytest.mark.parametrize(
    "content",
    [
        key_pem(EC_KEY) + pem(EC_LEAF),
        b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n"
        + key_pem(EC_KEY, TRADITIONAL)
        + pem(EC_LEAF),
        pfx(EC_KEY, EC_LEAF),
    ],
    ids=["PKCS#8", "SEC1", "PKCS#12"],
)
async def test_elliptic_key_is_read(load: Load, content: bytes) -> None:
    assert_is(await read_certificate(load(content)), EC_LEAF)


async def test_usable_content_is_kept_as_it_is(load: Load) -> None:
    content = pfx(RSA_KEY, RSA_LEAF, LOCK)
    material = await read_certificate(load(content, PASSWORD))
    assert material.pem_or_pfx == content
    assert material.password == Secret(PASSWORD)


@pytest.mark.parametrize("password", [None, ""])
async def test_empty_password_needs_not_be_configured(load: Load, password: str | None) -> None:
    material = await read_certificate(load(base64.b64decode(EMPTY_PASSWORD), password))
    assert (material.subject, material.password) == ("CN=billing", None)


async def test_certificate_renewed_over_the_same_key_is_the_first_in_the_file(load: Load) -> None:
    older = certified(RSA_KEY, "older", "authority", AUTHORITY_KEY)
    material = await read_certificate(load(key_pem(RSA_KEY) + pem(RSA_LEAF, older)))
    assert_is(material, RSA_LEAF)


async def test_changed_file_is_read_anew(load: Load) -> None:
    await read_certificate(load(key_pem(EC_KEY) + pem(EC_LEAF)))
    assert_is(await read_certificate(load(key_pem(RSA_KEY) + pem(RSA_LEAF))), RSA_LEAF)


@pytest.mark.parametrize("content", [*OPEN[4:6], *LOCKED[1:4]])
async def test_material_signs_in(load: Load, lab: Lab, content: bytes) -> None:
    tenant = lab.tenants[0]
    registered = key_credential(RSA_LEAF, "eeeeeeee-0000-4000-8000-000000000001")
    lab.simulator.replace_tenant(
        replace(
            tenant,
            applications=tuple(
                replace(one, key_credentials=(registered,))
                if one.app_id == tenant.exporter_client_id
                else one
                for one in tenant.applications
            ),
        )
    )
    material = await read_certificate(load(content, PASSWORD))
    async with CertificateCredential(
        tenant.tenant_id,
        tenant.exporter_client_id,
        certificate_data=material.pem_or_pfx,
        password=material.password.reveal() if material.password else None,
        authority=lab.simulator.url,
        disable_instance_discovery=True,
        connection_verify=str(lab.simulator.ca_file),
    ) as credential:
        assert (await credential.get_token("https://management.azure.com/.default")).token


# --- what does not


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty; accepted are PEM with a private key", id="empty"),
        pytest.param(MARKER.encode(), "is neither PEM nor PKCS#12; accepted", id="text"),
        pytest.param(bytes(range(256)), "is neither PEM nor PKCS#12", id="binary"),
        pytest.param(
            RSA_LEAF.public_bytes(Encoding.DER),
            "is a certificate alone, in DER, without its private key",
            id="DER",
        ),
        pytest.param(
            base64.encodebytes(pfx(RSA_KEY, RSA_LEAF)),
            "is PKCS#12 written as base64 text: decode it with `base64 -d`",
            id="PKCS#12 as base64",
        ),
        pytest.param(pem(RSA_LEAF), "holds 1 certificate and no private key", id="no key"),
        pytest.param(
            pem(RSA_LEAF, AUTHORITY), "holds 2 certificates and no private key", id="chain, no key"
        ),
        pytest.param(
            pfx(None, RSA_LEAF), "holds 1 certificate and no private key", id="PFX no key"
        ),
        pytest.param(
            RSA_KEY.public_key().public_bytes(
                Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            "holds 0 certificates and no private key",
            id="public key",
        ),
        pytest.param(
            key_pem(RSA_KEY), "holds a private key and no certificate", id="no certificate"
        ),
        pytest.param(
            pfx(RSA_KEY, None), "holds a private key and no certificate", id="PFX no certificate"
        ),
        pytest.param(
            key_pem(RSA_KEY) + pem(EC_LEAF, AUTHORITY),
            "belongs to no certificate in it (there: 2 certificates); put the certificate that",
            id="of another key",
        ),
        pytest.param(
            key_pem(ED_KEY) + pem(ED_LEAF), "is of the kind Ed25519; accepted are", id="Ed25519"
        ),
        pytest.param(
            key_pem(RSA_KEY)[:-200] + b"\n-----END PRIVATE KEY-----\n" + pem(RSA_LEAF),
            "is damaged or of an unknown kind; accepted are PEM",
            id="damaged key",
        ),
        pytest.param(
            key_pem(RSA_KEY) + pem(RSA_LEAF) + pem(AUTHORITY).replace(b"MII", b"MIX", 1),
            "certificate 2 in",
            id="damaged certificate",
        ),
        pytest.param(pfx(RSA_KEY, RSA_LEAF)[:-10], "cut short to", id="cut short"),
    ],
)
async def test_mistake_says_what_was_found_and_what_is_accepted(
    load: Load, content: bytes, said: str
) -> None:
    config = load(content)
    text = await unreadable(config)
    assert said in text
    assert str(config.file) in text


@pytest.mark.parametrize("content", LOCKED)
@pytest.mark.parametrize("password", [None, "", "\n"])
async def test_missing_password_is_told_with_its_setting(
    load: Load, content: bytes, password: str | None
) -> None:
    assert "set `certificate.password` to where" in await unreadable(load(content, password))


@pytest.mark.parametrize("content", LOCKED)
async def test_wrong_password_is_told_from_a_missing_one(load: Load, content: bytes) -> None:
    text = await unreadable(load(content, MARKER))
    assert "the password does not open" in text
    assert "correct the value that `certificate.password` names" in text


@pytest.mark.parametrize(
    "stored",
    [
        f"{PASSWORD}\0".encode(),
        PASSWORD.encode("utf-16"),
        PASSWORD.encode("utf-16-le"),
        b"\0",
    ],
    ids=["NUL at its end", "UTF-16", "UTF-16 without mark", "NUL alone"],
)
@pytest.mark.parametrize("lock", [LOCK, old_encryption(), None], ids=["new", "old", "open"])
async def test_password_with_nul_is_refused_before_the_library_panics_over_it(
    load: Load,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    stored: bytes,
    lock: KeySerializationEncryption | None,
) -> None:
    (tmp_path / "password").write_bytes(stored)
    password = SourceConfig(file=tmp_path / "password")
    file = load(pfx(RSA_KEY, RSA_LEAF, lock)).file
    text = await unreadable(CertificateConfig(file=file, password=password))
    assert "has a NUL character in it" in text
    assert "save the value that `certificate.password` names as UTF-8" in text
    assert capfd.readouterr() == ("", "")


class PanicException(BaseException):
    """What Rust code that panics raises; the type itself cannot be imported."""


@pytest.mark.parametrize(
    "error", [PanicException(MARKER), ValueError(MARKER), x509.InvalidVersion(MARKER, 41)]
)
@pytest.mark.parametrize("content", [pfx(RSA_KEY, RSA_LEAF), key_pem(RSA_KEY) + pem(RSA_LEAF)])
async def test_library_that_panics_is_told_without_its_words(
    load: Load, monkeypatch: pytest.MonkeyPatch, error: BaseException, content: bytes
) -> None:
    def panic(*_: object) -> None:
        raise error

    monkeypatch.setattr("exporter.sources.certificate.opened", panic)
    config = load(content, PASSWORD)
    with pytest.raises(SourceUnreadable) as caught:
        await read_certificate(config)
    assert str(caught.value).startswith(f"{config.file} could not be opened: it made the library")
    assert MARKER not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_wish_to_end_passes_through(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def end(*_: object) -> None:
        raise kind

    monkeypatch.setattr("exporter.sources.certificate.opened", end)
    with pytest.raises(kind):
        material_of(b"", None, Path("billing.pfx"))


async def test_file_that_does_not_exist_is_told(tmp_path: Path) -> None:
    config = CertificateConfig(file=tmp_path / "nowhere")
    assert "does not exist; mount" in await unreadable(config)


async def test_password_that_cannot_be_read_is_told_with_its_place(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(pfx(RSA_KEY, RSA_LEAF, LOCK), PASSWORD)
    monkeypatch.delenv("TEST_PASSWORD")
    assert "environment variable TEST_PASSWORD is not set" in await unreadable(config)


async def test_password_in_key_vault_is_read_with_the_identity_that_is_given(load: Load) -> None:
    vault = SourceConfig(key_vault="https://x.vault.azure.net", name="password")
    config = CertificateConfig(file=load(pfx(RSA_KEY, RSA_LEAF, LOCK)).file, password=vault)
    assert "cannot be read without the identity" in await unreadable(config)


# --- nothing is shown


async def test_material_shows_neither_key_nor_password(load: Load) -> None:
    open_key = key_pem(RSA_KEY)
    for content in (open_key + pem(RSA_LEAF), pfx(RSA_KEY, RSA_LEAF, LOCK)):
        material = await read_certificate(load(content, PASSWORD))
        pickled = pickle.dumps(material)
        shown = f"{material} {material!r} {[material]} {material!s:>9} {pickled.decode('latin-1')}"
        assert PASSWORD not in shown
        assert open_key.decode().splitlines()[3] not in shown
        assert material.pem_or_pfx not in pickled
        assert material.thumbprint in shown
        assert pickle.loads(pickled).thumbprint == material.thumbprint  # noqa: S301 - made just now


async def test_copies_of_material_are_whole(load: Load) -> None:
    material = await read_certificate(load(key_pem(RSA_KEY) + pem(RSA_LEAF)))
    assert copy.copy(material).pem_or_pfx == material.pem_or_pfx
    assert copy.deepcopy([material])[0].pem_or_pfx == material.pem_or_pfx


# `openssl pkcs12 -export -passout pass:`, which the library used here does not write.
EMPTY_PASSWORD = """
MIIEDAIBAzCCA8IGCSqGSIb3DQEHAaCCA7MEggOvMIIDqzCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcN
AQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgUYsHPGH6oVgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQME
ASoEEHuSFecjGL1+UjN75DqZjaaAggHgME581ptsghu26A+nvVVz5pWZm2jBS18oRYmLSvMqs+m9zhKzw5Wxp3bwWYllx+AX
gAb4ivk9rgW2wbE1d+qRWk0hYx0BVzI0KSYNHL6Z1QOtkfBTLczrsGDOQrsJVGPcVz4NkSrhNTsaZd6ViOPUlBdHFae2Ht+w
i3BazMEsgxZtvroJbGiu7SZoOIF4OD9yzuLSt+x/zUDGmdQ7OBzxGPbA1wIOJli6IlcAbaw3ThO2QXMsXyC0JMsN1TqlYv5t
6gYb0IeOHRrG4c5O+ahzVB8rA6mEItDyu1opSLjmWYD384jsEc2/kS9MbJNFsqdQoUoiTvm9z3mMllBI3zr59ZOtmOoUtxjV
MX46MKZKTHK3+93Chi0zppdO/Uvd6BRZUSgRLSU7GhNbu/qNqG3H6cgHcfDMipKXJfsD8TryUy+Nj96Q1W2XA2/knTDYrVh5
G/MoCVuw+qCYJIWH0Srn8WE+MIRhhbGGWyrK3+zrZ7B7qom2nJBeMsHkl0IUaXIQpzD4ky3RxhXotSu+sQHOpahLXBhHnWB2
RYcqo69bDstWuMJ7xgGDLtt3nZNYkIndCSX/KInfK6GuyggLo/lZ/J6pG6jhnW0wisugmBSwsYJ6wpRc6F8hpUNDb2PPFMQV
MIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZI
hvcNAQUMMBwECFgHZzcr9C5cAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQr7TywKFUVZfVN6+w03I/uwSBkIrz
7aH8F8Nqg9hbTyzC0VtqpWHyZahXCQ5u1Kz1+mRGdOo/7DAAqXlJg8Dgos8zwkwiQ3GHzw6Vz25W823Ke4B1i7Pr/yw0Csr8
sTx0IoK3U6lVww4MTiER7GI3m7e8RKjLXOzbWadMoXY7E47FYw3sf6Bu5LipZrB2Ey22sSl4O4Elzuh/s9h7i5EMnbV67TEl
MCMGCSqGSIb3DQEJFTEWBBTei267ceZMzrv/+FPR3SPTmwC5NTBBMDEwDQYJYIZIAWUDBAIBBQAEIJIiKSmXZb6wga2X8nHE
pd8Mki9GJ14XlDFqWhEXdIpVBAiywNCgd+AHLQICCAA=
"""
