"""Which values the login service is asked about, and how often, over the simulated one."""

import dataclasses
import re
import time
from pathlib import Path

import pytest
from conftest import Lab
from test_identity import make_certificate

from exporter.identity.trial import UNSENDABLE, Applicant
from exporter.simulator import Fault
from exporter.sources import CertificateMaterial, Secret
from exporter.verdict import Granted, Refusal
from exporter.verify.once import EMPTY, Asked, Mended, ask

TOKEN = re.compile(r".*/token")
UNKNOWN = "Zq78Q~abcdefghijklmnopqrstuvwxyz01234567"
NOT_KNOWN = Refusal(7000215, "invalid_client", "AADSTS7000215: no.", 401)


def applicant(lab: Lab, tenant: int = 0) -> Applicant:
    """The exporter's own application in a tenant, asking for Graph."""
    there = lab.tenants[tenant]
    return Applicant(there.tenant_id, there.exporter_client_id, lab.cloud.graph, lab.cloud)


def good(lab: Lab, tenant: int = 0) -> str:
    """The secret of the exporter's own application; the second tenant's has expired."""
    return lab.tenants[tenant].exporter_client_secret


def sent(lab: Lab) -> int:
    """How many token requests there were."""
    return sum(bool(TOKEN.fullmatch(request.path)) for request in lab.simulator.requests)


async def asked(
    lab: Lab, value: str | CertificateMaterial, mended: Mended = None, tenant: int = 0
) -> Asked:
    """What comes of asking."""
    stored = Secret(value) if isinstance(value, str) else value
    return await ask(applicant(lab, tenant), stored, time.time(), mended)


async def test_value_that_works_is_sent_once(lab: Lab) -> None:
    assert await asked(lab, good(lab)) == Asked(Granted())
    assert sent(lab) == 1


@pytest.mark.parametrize("around", ["{}\n", '"{}"', " {}\r\n", "\ufeff{}"])
async def test_value_that_is_not_known_is_tried_once_more_mended(lab: Lab, around: str) -> None:
    found = await asked(lab, around.format(good(lab)))
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended_works, found.telling) == (7000215, True, found.answer)
    assert sent(lab) == 2


@pytest.mark.parametrize("known", [Granted(), NOT_KNOWN], ids=["works", "refused"])
async def test_mended_value_is_not_tried_again_when_it_is_known(lab: Lab, known: Mended) -> None:
    found = await asked(lab, f"{good(lab)}\n", known)
    assert found.mended is known
    assert sent(lab) == 1


async def test_mended_value_that_has_expired_says_more_than_the_damaged_one(lab: Lab) -> None:
    found = await asked(lab, f"{good(lab, 1)}\n", tenant=1)
    assert isinstance(found.answer, Refusal)
    assert isinstance(found.telling, Refusal)
    assert (found.answer.code, found.telling.code, found.mended_works) == (7000215, 7000222, False)


async def test_well_formed_value_that_is_not_known_is_sent_once(lab: Lab) -> None:
    found = await asked(lab, UNKNOWN)
    assert (found.mended, found.mended_works) == (None, None)
    assert sent(lab) == 1


async def test_what_works_is_not_remembered_of_a_value_that_needs_no_mending(lab: Lab) -> None:
    assert (await asked(lab, good(lab), NOT_KNOWN)).mended is None


async def test_refusal_that_is_not_about_the_value_lets_the_mended_one_rest(lab: Lab) -> None:
    nobody = dataclasses.replace(applicant(lab), client_id="00000000-1111-2222-3333-444444444444")
    found = await ask(nobody, Secret(f"{good(lab)}\n"), time.time())
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended) == (700016, None)
    assert sent(lab) == 1


@pytest.mark.parametrize("value", ["", "\udcff\udcfe"], ids=["empty", "no text"])
async def test_what_cannot_be_sent_is_not_sent(lab: Lab, value: str) -> None:
    found = await asked(lab, value)
    assert found == Asked(EMPTY if not value else UNSENDABLE)
    assert not lab.simulator.requests


@pytest.mark.parametrize("value", [" ", "\n", "\ufeff", '""'])
async def test_what_holds_nothing_is_not_mended_to_an_empty_value(lab: Lab, value: str) -> None:
    found = await asked(lab, value)
    assert isinstance(found.answer, Refusal)
    assert found.mended is None
    assert sent(lab) <= 1


async def test_trouble_with_the_mended_value_leaves_it_unknown(lab: Lab) -> None:
    lab.simulator.faults.add(Fault.server_error(path=TOKEN, after=1))
    found = await asked(lab, f"{good(lab)}\n")
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended) == (7000215, None)


@pytest.mark.parametrize("code", [50196, 90033, 53003, 500011])
async def test_mended_value_that_met_other_trouble_is_not_called_refused(
    code: int, lab: Lab
) -> None:
    body = f'{{"error": "invalid_grant", "error_description": "AADSTS{code}: no.",'
    body += f' "error_codes": [{code}]}}'
    lab.simulator.faults.add(Fault(path=TOKEN, status=400, body=body.encode(), after=1))
    found = await asked(lab, f"{good(lab)}\n")
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended_works is False) == (7000215, False)


async def test_certificate_is_sent_once_and_never_mended(lab: Lab, tmp_path: Path) -> None:
    file, _ = make_certificate(tmp_path)
    stored = CertificateMaterial(file.read_bytes(), None, "A1" * 20, 1.0, 0.0, "CN=exporter")
    found = await asked(lab, stored)
    assert isinstance(found.answer, Refusal)
    assert (found.answer.code, found.mended, sent(lab)) == (700027, None, 1)
