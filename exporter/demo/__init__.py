"""The exporter over simulated tenants, for people who try it and for the tests."""

from exporter.demo.configuration import store_value, stored_file, write_configuration
from exporter.demo.running import run

__all__ = ["run", "store_value", "stored_file", "write_configuration"]
