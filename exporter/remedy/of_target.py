"""What is to be mended at a target: its settings and the ids of its verdict, as a subject. Pure."""

from exporter.model import ObjectType
from exporter.remedy.plans import remedy
from exporter.remedy.subject import Step, Subject
from exporter.snapshot import TargetView


def subject_of(view: TargetView) -> Subject:
    """The target, and the credentials that its last verdict names."""
    target = view.target
    diagnosis = view.verdict.diagnosis if view.verdict else None
    return Subject(
        tenant_id=target.tenant_id,
        client_id=target.client_id,
        object=diagnosis.object if diagnosis else ObjectType.APPLICATION,
        kind=target.kind,
        key_id=diagnosis.key_id if diagnosis else "",
        certain=diagnosis is not None and diagnosis.confidence == "proven",
        newer_key_id=diagnosis.newer_key_id if diagnosis else "",
        other_app_id=diagnosis.other_app_id if diagnosis else "",
        resource=target.resource,
        cloud=target.cloud,
        place=target.place,
        consumer=target.consumer,
        details=target.details,
    )


def remedy_of(view: TargetView) -> tuple[Step, ...]:
    """What mends the target; nothing while it works or was never tried."""
    diagnosis = view.verdict.diagnosis if view.verdict else None
    steps = remedy(diagnosis.cause, subject_of(view)) if diagnosis else ()
    # What was tried by hand has no name, and no exporter watches it.
    return tuple(step for step in steps if view.target.name or step.name != "watch")
