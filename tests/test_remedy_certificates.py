"""Certificates: never handled as secrets, and always the one that belongs to the private key."""

import pytest
from test_remedy import APP, CONSUMERS, DETAILS, OLD, PLACES, command, names, subject

from exporter.model import Cause, CredentialKind, ObjectType
from exporter.remedy import Place, Subject, remedy


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_certificate_is_never_handled_as_a_secret(consumer: str) -> None:
    about = subject(PLACES[2], consumer, DETAILS[1], kind=CredentialKind.CERTIFICATE)
    for cause in Cause:
        for step in remedy(cause, about):
            assert "new-secret" not in step.command
            assert "--query password" not in step.command


def test_certificates_and_service_principals_have_their_own_commands() -> None:
    about = subject(kind=CredentialKind.CERTIFICATE, where=ObjectType.SERVICE_PRINCIPAL)
    deletion = command(Cause.EXPIRED, "delete_old", about)
    assert deletion == f"az ad sp credential delete --id {APP} --key-id {OLD} --cert"


def test_certificate_that_is_not_registered_is_looked_for_among_certificates() -> None:
    steps = {step.name: step for step in remedy(Cause.CERTIFICATE_NOT_REGISTERED, Subject())}
    assert "--cert" in steps["list"].command
    assert "prove_stored_certificate" in steps


def stored_in(file: str) -> Subject:
    return subject(Place("file", file=file), kind=CredentialKind.CERTIFICATE)


@pytest.mark.parametrize("name", ["show_certificate", "register_certificate"])
@pytest.mark.parametrize("file", ["/etc/a.pfx", "/etc/a.p12", "/etc/A.PFX"])
def test_pkcs12_is_opened_as_such(name: str, file: str) -> None:
    text = command(Cause.CERTIFICATE_NOT_REGISTERED, name, stored_in(file))
    assert f"openssl pkcs12 -in {file} -clcerts -nokeys |" in text


@pytest.mark.parametrize("name", ["show_certificate", "register_certificate"])
@pytest.mark.parametrize("file", ["", "/etc/a.pem", "/etc/pfx"])
def test_of_a_chain_in_pem_the_certificate_of_the_key_is_taken(name: str, file: str) -> None:
    text = command(Cause.CERTIFICATE_NOT_REGISTERED, name, stored_in(file))
    assert f"openssl pkcs12 -export -in {file or 'FILE'} -passout pass: |" in text


def test_nothing_is_registered_when_no_certificate_was_found() -> None:
    text = command(Cause.CERTIFICATE_NOT_REGISTERED, "register_certificate", Subject())
    assert "-out new-certificate.pem &&\naz " in text


def test_certificate_is_not_registered_again_before_it_is_known_who_removed_it() -> None:
    found = names(Cause.CERTIFICATE_NOT_REGISTERED, Subject())
    assert found.index("audit") < found.index("register_certificate")


def test_pair_that_does_not_match_is_shown_where_the_file_is_refused() -> None:
    steps = remedy(Cause.SOURCE_UNREADABLE, stored_in("/etc/a.pem"))
    assert [step.name for step in steps] == ["read_file", "read_certificate", "watch"]
    assert "the key was made for another certificate" in steps[1].note
    assert names(Cause.SOURCE_UNREADABLE, subject(PLACES[2])) == ["read_file", "watch"]
