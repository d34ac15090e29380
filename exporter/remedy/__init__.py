"""
What mends a failing credential, or answers an alert: the steps, with commands filled in for one
application, credential and consumer. Pure; it runs nothing, and the program changes nothing in a
tenant.
"""

from exporter.remedy.plans import plan, remedy
from exporter.remedy.subject import Step, Subject
from exporter.snapshot import Place

__all__ = ["Place", "Step", "Subject", "plan", "remedy"]
