"""What is told of the exporter itself: that it answers says much already. Pure."""

from exporter.remedy import Subject
from exporter.runbooks.found import Found
from exporter.runbooks.runbook import Runbook
from exporter.runbooks.told import Told, ago
from exporter.snapshot import Snapshot


def of_exporter(book: Runbook, _found: Found, snapshot: Snapshot, now: float) -> Told:
    """For the alerts about the exporter."""
    told = Told(Subject(), book.ways[0].plan)
    accepted = snapshot.reload
    if told.plan == "config_reload_failed":
        if accepted.successful:
            said = f"The configuration in force was accepted {ago(accepted.last_success, now)}."
            return Told(told.subject, told.plan, mended=said)
        said = f"The configuration in force is that of {ago(accepted.last_success, now)}."
        return Told(told.subject, told.plan, says=said)
    answers = (
        "This page comes from an exporter, so one is running. If the alert still fires, Prometheus "
        "does not reach this one: look at the target first."
    )
    return Told(told.subject, told.plan, changed=answers)
