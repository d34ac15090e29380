"""The login service in every trouble while the exporter signs in to read a tenant."""

import re
import time

import pytest
from conftest import Lab
from outside import Trouble, each_trouble
from test_identity import TOKEN, refused, token_answer
from test_poller import polling

from exporter.model import FailureReason
from exporter.simulator import Fault


@each_trouble
async def test_sign_in_in_trouble_keeps_the_data_names_the_reason_and_recovers(
    lab: Lab, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble.login is FailureReason.NETWORK:
        monkeypatch.setattr("exporter.identity.sign_in.SIGN_IN_TIMEOUT", 0.5)
    async with polling(lab) as poller:
        await poller.poll()
        good = poller.view.inventory
        await poller.sign_in.forget()
        lab.simulator.faults.add(trouble.make(f"/{lab.contoso.tenant_id}"))
        await poller.poll()
        failed = poller.view
        lab.simulator.faults.clear()
        poller.allowance.not_before = 0.0
        await poller.poll()

        assert good is not None
        assert failed.inventory is good
        assert failed.failure is not None
        assert failed.failure.reason is trouble.login
        assert failed.failure.aadsts_code is None
        said = f"{failed.failure.detail} {failed.failure.remedy}"
        assert lab.tenants[0].exporter_client_secret not in said
        assert poller.view.failure is None


def granted(**fields: object) -> Fault:
    """A token answer with fields of one's own."""
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": "token"} | fields
    return Fault(path=TOKEN, status=200, body=body)


@pytest.mark.parametrize(
    "fields",
    [
        {"access_token": 5},
        {"access_token": ["token"]},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "x" * 500_000},
        {"access_token": "two\r\nlines: of a header"},
        {"expires_in": "soon"},
        {"expires_in": None},
        {"expires_in": [3599]},
    ],
    ids=lambda fields: str(fields)[:40],
)
async def test_token_answer_with_nonsense_in_it_is_malformed_and_shows_no_token(
    lab: Lab, fields: dict[str, object]
) -> None:
    lab.simulator.faults.add(granted(**fields))

    error = await refused(lab, lab.contoso)

    assert error.reason is FailureReason.MALFORMED
    assert not re.search("xxxx|two", f"{error} {error.detail} {error.remedy}")


async def test_number_beyond_all_range_in_a_token_answer_is_no_bug(lab: Lab) -> None:
    body = token_answer("token").replace(b"3599", b"1e999")
    lab.simulator.faults.add(Fault(path=TOKEN, status=200, body=body))

    assert (await refused(lab, lab.contoso)).reason is FailureReason.MALFORMED


@pytest.mark.parametrize("seconds", [10**9, 10**18, 10**400])
async def test_token_that_says_it_lasts_for_ever_is_kept_for_a_day_at_most(
    lab: Lab, seconds: int
) -> None:
    body = token_answer("token").replace(b"3599", str(seconds).encode())
    async with polling(lab) as poller:
        lab.simulator.faults.add(Fault(path=TOKEN, status=200, body=body))
        token = await poller.sign_in.get_token(f"{lab.cloud.graph}/.default")

        assert token.expires_on <= time.time() + 86_400


@pytest.mark.parametrize("seconds", [0, -5, -(10**9)])
async def test_token_that_has_ended_already_is_asked_for_anew_and_no_poll_is_lost(
    lab: Lab, seconds: int
) -> None:
    grant = lab.simulator.tokens
    async with polling(lab) as poller:
        real = (await poller.sign_in.get_token(f"{lab.cloud.graph}/.default")).token
        await poller.sign_in.forget()
        body = token_answer(real).replace(b"3599", str(seconds).encode())
        lab.simulator.faults.add(Fault(path=TOKEN, status=200, body=body))
        await poller.poll()

        assert grant.find(real) is not None
        assert poller.view.failure is None
