"""The running exporter in trouble: /metrics answers all the time, and says nothing wrong."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Lab
from outside import COULD_NOT_TELL, TROUBLES, Trouble
from test_app import Running, polled, running
from test_app_verify import success

from exporter.demo import write_configuration
from exporter.identity import trial
from exporter.simulator import VERIFICATIONS, SimulatedTenant, Simulator
from exporter.simulator.values import secret_value

TARGET = "billing-api"
SECRET = secret_value("billing-api", "production")
ANYWHERE = "/"
OF_EACH_SORT = (
    "never answers",
    "a byte at a time",
    "hangs up in mid-body",
    "web page of a proxy",
    "redirect elsewhere",
    "JSON cut short",
    "nested without end",
    "gzip bomb",
)
"""The others are tested with each service; what asks for a pause is tested in hand-set time."""

CHOSEN = [trouble for trouble in TROUBLES if trouble.name in OF_EACH_SORT]
each_trouble = pytest.mark.parametrize("trouble", CHOSEN, ids=lambda trouble: trouble.name)


@pytest.fixture
def lab(
    tmp_path: Path,
    simulator: Simulator,
    tenants: Sequence[SimulatedTenant],
    monkeypatch: pytest.MonkeyPatch,
) -> Lab:
    """A target, everything every second, and little patience."""
    monkeypatch.setattr(trial, "TIMEOUT", 0.5)
    monkeypatch.setattr("exporter.identity.sign_in.SIGN_IN_TIMEOUT", 0.5)
    scenarios = [one for one in VERIFICATIONS if one.name == TARGET]
    file = write_configuration(tmp_path, simulator, tenants, "http://exporter.test", scenarios)
    text = file.read_text(encoding="utf-8").replace("interval: 10s", "interval: 1s")
    text = text.replace("interval: 5s", "interval: 1s\n    timeout: 1s")
    file.write_text(text, encoding="utf-8")
    return Lab(file, simulator, tenants)


def ends(samples: dict[str, float]) -> dict[str, float]:
    """When every credential ends, and how many there are."""
    kinds = ("entra_credential_expiry_timestamp_seconds", "entra_applications{")
    return {name: samples[name] for name in samples if name.startswith(kinds)}


def causes(samples: dict[str, float]) -> set[str]:
    """Why the target is said to fail."""
    return {
        name.split("'cause': '")[1].split("'")[0]
        for name, value in samples.items()
        if name.startswith("entra_verify_cause") and value == 1
    }


async def in_trouble(exporter: Running, lab: Lab, good: dict[str, float]) -> dict[str, float]:
    """The samples once both the poll and the verification have failed, watched on the way there."""

    def failed(samples: dict[str, float]) -> bool:
        assert ends(samples) == ends(good)
        assert causes(samples) <= {cause.value for cause in COULD_NOT_TELL}
        return samples[polled("contoso")] == 0 and samples[success(TARGET, lab)] == 0

    return await exporter.until(failed)


@each_trouble
async def test_trouble_of_everything_loses_no_series_refuses_no_secret_leaks_nothing_and_ends(
    lab: Lab, trouble: Trouble, capfd: pytest.CaptureFixture[str]
) -> None:
    last = "entra_poll_last_success_timestamp_seconds{'tenant': 'contoso'}"
    async with running(lab) as exporter:
        good = await exporter.until(
            lambda s: s.get(polled("contoso")) == s.get(success(TARGET, lab)) == 1
        )
        lab.simulator.faults.add(trouble.make(ANYWHERE))
        bad = await in_trouble(exporter, lab, good)
        shown = [(await exporter.client.get(path)).text for path in ("/metrics", "/")]
        lab.simulator.faults.clear()
        back = await exporter.until(lambda s: s[polled("contoso")] == s[success(TARGET, lab)] == 1)

    reasons = {
        name.split("'reason': '")[1].split("'")[0]
        for name, value in bad.items()
        if "failures_total" in name and "'contoso'" in name and value > 0
    }
    assert len(ends(good)) > 20
    assert good[last] <= bad[last] <= time.time()
    assert reasons
    assert reasons <= {trouble.graph.value, trouble.login.value}
    assert ends(back) == ends(good)
    assert all(value == 0 for name, value in back.items() if "task_failures" in name)
    written = "".join(capfd.readouterr()) + "".join(shown)
    for hidden in (SECRET, lab.tenants[0].exporter_client_secret, *lab.simulator.tokens.grants):
        assert hidden not in written
