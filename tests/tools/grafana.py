"""Prometheus asked as Grafana asks it: variables put in, queries of a moment or of a range."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import test_paging
from dashboard_reading import Json, asked, replaced, value_of, variables
from test_prometheus import Prometheus

WINDOW, STEP = 120, 5
BUILT_IN = {
    "__rate_interval": "20s",
    "__interval": "5s",
    "__interval_ms": "5000",
    "__range": f"{WINDOW}s",
    "__range_s": str(WINDOW),
}
SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
ALL = "$__all"
Series = list[dict[str, Any]]
Chosen = dict[str, str]


class Server(Prometheus):
    """A Prometheus, asked as Grafana asks it; what it refuses is an error."""

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - as each path has it
        """The data of an answer."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}") as answer:  # noqa: S310 - ours
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(json.load(error)["error"]) from None

    def series(self, expression: str, *, instant: bool) -> Series:
        """The series of now, or of the last minutes."""
        if instant:
            return list(self.ask("query", query=expression)["result"])
        # Whole seconds: else the end may be rounded away, and with it the last five.
        now = int(time.time())
        span = {"start": str(now - WINDOW), "end": str(now), "step": str(STEP)}
        return list(self.ask("query_range", query=expression, **span)["result"])

    def options(self, one: Json, chosen: Chosen) -> list[str]:
        """The values that a variable offers, as its regex leaves them."""
        function, expression, label = asked(one)
        expression = expand(expression, chosen)
        if function == "label_values":
            matching = {"match[]": expression} if expression else {}
            found = self.ask(f"label/{label}/values", **matching)
        else:
            assert function == "query_result"
            found = [as_text(one) for one in self.series(expression, instant=True)]
        pattern = (one.get("regex") or "").removeprefix("/").removesuffix("/")
        return [value for text in found for value in picked(pattern, text)]


def as_text(one: dict[str, Any]) -> str:
    """A result as Grafana shows it to a variable."""
    labels = ",".join(f'{name}="{value}"' for name, value in one["metric"].items())
    return f"{{{labels}}} {one['value'][1]} {1000 * one['value'][0]:.0f}"


def picked(pattern: str, text: str) -> list[str]:
    """What the regex of a variable takes of a text: its group `value`, or its first, or all."""
    if not pattern:
        return [text]
    match = re.search(pattern.replace("(?<", "(?P<"), text)
    if match is None:
        return []
    named = match.groupdict()
    return [named["value"] if "value" in named else match[1] if match.groups() else match[0]]


def expand(expression: str, chosen: Chosen) -> str:
    """The expression with what is chosen put in."""
    return replaced(expression, lambda name, _format: BUILT_IN.get(name, chosen.get(name)))


def all_chosen(dashboard: Json) -> Chosen:
    """What a dashboard begins with: everything."""
    return {
        one["name"]: (
            one["allValue"] if one["type"] == "query" and ALL in one["current"]["value"]
            else value_of(one)
        )
        for one in variables(dashboard)
    }  # fmt: skip


def each_chosen(server: Server, dashboard: Json) -> Chosen:
    """Every value of each variable, chosen one by one: `(a|b)`, escaped within quotes."""
    chosen = all_chosen(dashboard)
    for one in variables(dashboard):
        if one["type"] == "query":
            values = server.options(one, chosen)
            escaped = (SPECIAL.sub(r"\\\\\g<0>", value) for value in values)
            chosen[one["name"]] = f"({'|'.join(escaped)})"
    return chosen


@contextmanager
def scraping(folder: Path, target: str) -> Iterator[Server]:
    """Prometheus over a target, with the shipped alerts."""
    arguments = test_paging.prometheus(folder, target, "127.0.0.1:9")
    [address] = [
        one.partition("=")[2] for one in arguments if one.startswith("--web.listen-address=")
    ]
    with test_paging.running(folder, *arguments):
        yield Server(f"http://{address}")
