"""What each cause of a failed verification means, in a sentence for people. Text only."""

from exporter.model import Cause

MEANINGS: dict[Cause, str] = {
    Cause.EXPIRED: "the stored credential has expired",
    Cause.REVOKED: "the stored credential was removed from the application",
    Cause.ROTATION_MISMATCH: "it was replaced by a newer one, and the old one is still stored",
    Cause.FORMAT_ERROR: "what is stored is not written as Entra made it",
    Cause.INVALID_SECRET: "Entra does not know the stored value, and nothing more can be told",
    Cause.WRONG_APPLICATION: "the stored value seems to belong to another application",
    Cause.APPLICATION_NOT_FOUND: "the tenant does not know the application: deleted, or a wrong id",
    Cause.APPLICATION_DISABLED: "the application is disabled",
    Cause.APPLICATION_MISCONFIGURED: "the application is registered in a way that forbids this",
    Cause.NO_SERVICE_PRINCIPAL: "the application has no service principal in the tenant",
    Cause.TENANT_NOT_FOUND: "there is no such tenant",
    Cause.WRONG_CLOUD: "the tenant is in another cloud",
    Cause.CERTIFICATE_NOT_REGISTERED: "the stored certificate is not registered",
    Cause.RESOURCE_NOT_FOUND: "the resource that the consumer asks a token for is not known",
    Cause.BLOCKED_BY_POLICY: "the secret is good, and a policy or a risk blocks the sign-in",
    Cause.FEDERATION_MISMATCH: "the federated token is not what the application trusts",
    Cause.CLOCK_SKEW: "the clock of the machine is wrong",
    Cause.UNKNOWN: "the login service refuses for a reason that the exporter does not know",
    Cause.PROPAGATING: "something is new, and Microsoft does not know it everywhere yet",
    Cause.THROTTLED: "the login service asks for fewer sign-ins",
    Cause.LOGIN_UNAVAILABLE: "the login service is in trouble",
    Cause.NETWORK: "the exporter cannot reach the login service",
    Cause.SOURCE_UNREADABLE: "the exporter cannot read what is stored",
}


def in_words(cause: Cause) -> str:
    """`rotation mismatch`."""
    return cause.value.replace("_", " ")
