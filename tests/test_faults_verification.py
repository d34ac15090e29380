"""The login service in every trouble while a secret is verified: never a word about the secret."""

from pathlib import Path

import pytest
from outside import COULD_NOT_TELL, TROUBLES, Trouble, each_trouble
from test_identity import token_answer
from test_trial import TOKEN
from test_verifier import verified

from exporter.identity import trial
from exporter.model import Cause
from exporter.simulator import Fault
from exporter.simulator.values import secret_value

TARGET = "billing-api"
SECRET = secret_value("billing-api", "production")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are given up soon."""
    monkeypatch.setattr(trial, "TIMEOUT", 0.5)


def test_every_trouble_means_that_it_could_not_be_told() -> None:
    assert {trouble.cause for trouble in TROUBLES} == COULD_NOT_TELL


@each_trouble
async def test_trouble_is_no_refusal_keeps_what_is_known_and_ends_with_the_trouble(
    tmp_path: Path, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble.cause is not Cause.NETWORK:
        monkeypatch.setattr(trial, "TIMEOUT", 10.0)
    async with verified(tmp_path, TARGET, poll=True) as bench:
        before = bench.view(TARGET)
        bench.simulator.faults.add(trouble.make(TOKEN))
        bench.clock.now += 20
        pause = await bench.turn(TARGET)
        failed = bench.view(TARGET)
        bench.simulator.faults.clear()
        bench.clock.now += 700
        await bench.turn(TARGET)

        assert before.verdict is not None
        assert before.verdict.works
        assert failed.verdict is not None
        assert failed.verdict.could_not_tell
        assert failed.verdict.refusal is None
        assert failed.verdict.diagnosis is not None
        assert failed.verdict.diagnosis.cause is trouble.cause
        assert failed.holds == before.holds
        assert failed.last_success == before.last_success
        assert failed.memory.refusals == 0
        assert 0 < pause <= bench.config.verify.interval
        assert SECRET not in repr(failed)
        assert bench.verdict(TARGET).works


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": 5, "expires_in": 3599}',
        b'{"access_token": ["token"], "expires_in": 3599}',
        b'{"access_token": "token", "expires_in": "soon"}',
        b'{"access_token": "token", "expires_in": 1e999}',
        b'{"access_token": "token"}',
        b'"' + b"token" * 50 + b'"',
    ],
)
async def test_token_answer_that_makes_no_sense_says_nothing_about_the_secret(
    tmp_path: Path, body: bytes
) -> None:
    async with verified(tmp_path, TARGET) as bench:
        bench.simulator.faults.add(Fault(path=TOKEN, status=200, body=body))
        bench.clock.now += 20
        await bench.turn(TARGET)

        assert bench.cause(TARGET) is Cause.LOGIN_UNAVAILABLE


async def test_secret_is_not_sent_where_a_redirect_leads(tmp_path: Path) -> None:
    async with verified(tmp_path, TARGET) as bench:
        for status in (301, 302, 303, 307, 308):
            elsewhere = {"Location": f"{bench.simulator.url}/elsewhere"}
            bench.simulator.faults.clear()
            bench.simulator.faults.add(Fault(path=TOKEN, status=status, headers=elsewhere, body=""))
            bench.clock.now += 700
            await bench.turn(TARGET)

            assert bench.cause(TARGET) is Cause.LOGIN_UNAVAILABLE
        assert not [r for r in bench.simulator.requests if r.path == "/elsewhere"]


async def test_token_is_in_nothing_that_is_kept_of_a_good_answer(tmp_path: Path) -> None:
    async with verified(tmp_path, TARGET) as bench:
        token = "x" * 5000
        bench.simulator.faults.add(Fault(path=TOKEN, status=200, body=token_answer(token)))
        bench.clock.now += 20
        await bench.turn(TARGET)

        assert bench.verdict(TARGET).works
        assert token[:50] not in repr(bench.view(TARGET))
