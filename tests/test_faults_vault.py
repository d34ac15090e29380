"""Key Vault in every trouble: the source cannot be read, which is never a word about the secret."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from azure.keyvault.secrets._shared import http_challenge_cache
from outside import Trouble, each_trouble
from verifying import Bench, verifying

from exporter import config
from exporter.demo import stored_file
from exporter.model import Cause
from exporter.simulator import VERIFICATIONS
from exporter.simulator.key_vault import VaultSecret
from exporter.simulator.values import secret_value

TARGET = "billing-api"
SECRET = secret_value("billing-api", "production")
SECRETS = "/secrets/"
TOKEN = re.compile(r".*/token")


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A target whose secret is in a vault, verified once."""
    monkeypatch.setattr("exporter.sources.vault.IN_ALL", 1.0)
    http_challenge_cache.clear()
    scenarios = [one for one in VERIFICATIONS if one.name == TARGET]
    async with verifying(tmp_path, scenarios) as made:
        made.simulator.vault_secrets["billing"] = (VaultSecret(SECRET),)
        file = tmp_path / "config.yaml"
        text = yaml.safe_load(file.read_text(encoding="utf-8"))
        text["verify"]["targets"][0]["secret"] = {
            "key_vault": made.simulator.url,
            "name": "billing",
        }
        file.write_text(yaml.safe_dump(text), encoding="utf-8")
        stored_file(tmp_path, TARGET).unlink()
        in_vault = Bench(tmp_path, made.simulator, config.load(file))
        await in_vault.poll()
        await in_vault.turn(TARGET)
        try:
            yield in_vault
        finally:
            await in_vault.aclose()


async def unreadable(bench: Bench) -> None:
    """The next turn finds nothing to try, and says so alone."""
    before, asked = bench.view(TARGET), bench.asked()
    bench.clock.now += 20
    pause = await bench.turn(TARGET)
    failed = bench.view(TARGET)

    assert before.verdict is not None
    assert before.verdict.works
    assert bench.cause(TARGET) is Cause.SOURCE_UNREADABLE
    assert failed.verdict is not None
    assert failed.verdict.could_not_tell
    assert failed.verdict.refusal is None
    assert (failed.holds, failed.last_success) == (before.holds, before.last_success)
    assert 0 < pause <= bench.config.verify.interval
    assert SECRET not in repr(failed)
    # The exporter's own sign-in to the vault may be asked for; the target's secret is not tried.
    assert bench.asked() - asked <= 1


@each_trouble
async def test_vault_in_trouble_is_an_unreadable_source_and_recovers(
    bench: Bench, trouble: Trouble
) -> None:
    bench.simulator.faults.add(trouble.make(SECRETS))
    await unreadable(bench)
    bench.simulator.faults.clear()
    bench.clock.now += 20
    await bench.turn(TARGET)

    assert bench.verdict(TARGET).works


@each_trouble
async def test_sign_in_to_the_vault_in_trouble_is_an_unreadable_source_too(
    bench: Bench, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.identity.sign_in.SIGN_IN_TIMEOUT", 0.5)
    await bench.shared.reader.aclose()
    bench.simulator.faults.add(trouble.make(TOKEN))
    await unreadable(bench)
