"""Graph in every trouble: the last good data stays, the reason is right, and it recovers."""

import re

from conftest import Lab
from outside import Trouble, each_trouble
from test_poller import polling

from exporter.config import TenantConfig
from exporter.model import FailureReason

GRAPH = "/v1.0/"
TOKEN = re.compile(r"eyJ|Bearer", re.IGNORECASE)


def impatient(lab: Lab, trouble: Trouble) -> TenantConfig:
    """A tenant that is polled hourly, and whose requests are given up soon where that matters."""
    timeout = 0.5 if trouble.graph is FailureReason.NETWORK else 10.0
    poll = lab.contoso.poll.model_copy(update={"interval": 3600.0, "timeout": timeout})
    return lab.contoso.model_copy(update={"poll": poll})


@each_trouble
async def test_poll_in_trouble_keeps_the_data_names_the_reason_and_recovers(
    lab: Lab, trouble: Trouble
) -> None:
    async with polling(lab, impatient(lab, trouble)) as poller:
        await poller.poll()
        good = poller.view.inventory
        lab.simulator.faults.add(trouble.make(GRAPH))
        pause = await poller.poll()
        failed = poller.view
        lab.simulator.faults.clear()
        poller.allowance.not_before = 0.0
        await poller.poll()

        assert good is not None
        assert failed.inventory is good
        assert failed.failure is not None
        assert failed.failure.reason is trouble.graph
        assert failed.failure.remedy
        assert not TOKEN.search(failed.failure.detail)
        assert 0 < pause <= 3600
        assert poller.view.failure is None
        assert poller.view.inventory is not None
        assert poller.view.inventory.objects == good.objects


@each_trouble
async def test_first_poll_in_trouble_shows_nothing_of_what_it_read(
    lab: Lab, trouble: Trouble
) -> None:
    lab.simulator.faults.add(trouble.make("/v1.0/servicePrincipals"))
    async with polling(lab, impatient(lab, trouble)) as poller:
        await poller.poll()

        assert poller.view.inventory is None
        assert poller.view.failure is not None
        assert poller.view.failure.reason is trouble.graph
