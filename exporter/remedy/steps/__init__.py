"""
Every step there is, by name: what the remedies and the runbook pages show. Each module here is one
table of texts. In braces stand the words of `words` and `phrases`; what starts with a capital is to
be replaced by hand.
"""

from exporter.remedy.steps.applications import APPLICATIONS
from exporter.remedy.steps.consumers import CONSUMERS
from exporter.remedy.steps.credentials import CREDENTIALS
from exporter.remedy.steps.own import OWN
from exporter.remedy.steps.proofs import PROOFS
from exporter.remedy.steps.signing import SIGNING
from exporter.remedy.steps.surroundings import SURROUNDINGS
from exporter.remedy.steps.tenants import TENANTS

TABLES = (CREDENTIALS, CONSUMERS, PROOFS, APPLICATIONS, SURROUNDINGS, OWN, TENANTS, SIGNING)
STEPS = {step.name: step for table in TABLES for step in table}
