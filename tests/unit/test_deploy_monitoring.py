"""Alert rules and dashboard: they parse, name only series and labels that exist, and the handbook knows every alert."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import events as told
from bot.domain.status import Vitals
from bot.observe.metrics import MetricsListener
from tests.support_deploy import DEPLOY, ROOT, documents, series

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "kabarbot.json").read_text("utf-8"))
(ALERTS,) = documents(DEPLOY / "prometheus" / "alerts.yaml")
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
EXPRESSIONS = [*QUERIES, *(rule["expr"] for rule in RULES)]


def known() -> dict[str, dict[str, set[str]]]:
    """Every series of a bot to which a little of everything happened: its labels, and their values seen."""
    metrics = MetricsListener(["terbaru"])
    for kind in (
        told.Surge(NOW, "f", 1, 1),
        told.Polled(NOW, "f", "ok"),
        told.HeadlinesRecorded(NOW, "f", (1,), 1),
    ):
        metrics(kind)
    metrics(told.Delivered(NOW, 1, 1, -100, "@a", 1, NOW - NOW))
    metrics(told.PostEdited(NOW, 1, 1, -100, "done"))
    metrics(told.CommandAnswered(NOW, "terbaru", NOW - NOW))
    metrics.observe(Vitals(NOW, beats={"poller": NOW}))
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


KNOWN = known()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_series_exists(expression: str) -> None:
    """A name that is gone would be an alert that never rings, or an empty panel."""
    named = series(expression)

    assert named <= KNOWN.keys()
    assert named or expression.startswith("up{")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_label_exists_with_its_value(expression: str) -> None:
    """`{state="failing"}` is a label of that series, and a value that it can have."""
    for name, inside in re.findall(r"(\w+)\{([^}]*)\}", expression):
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', inside):
            if name == "up" or label in {"instance", "job"}:
                continue
            assert set(values.split("|")) <= KNOWN[name][label]
    grouped = {
        label for inside in re.findall(r"\bby \(([^)]*)\)", expression) for label in inside.split(", ")
    }
    labels = {label for name in series(expression) for label in KNOWN[name]}
    assert grouped <= labels | {"instance"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_counters_are_read_as_rates(expression: str) -> None:
    """A counter's own value says when the bot was started, and nothing else; brackets are closed."""
    for name in series(expression):
        is_counter = name.endswith(("_total", "_bucket"))
        ranged = re.search(rf"(?:rate|increase)\({name}(?:\{{[^}}]*\}})?\[\d+[mh]\]\)", expression)
        assert bool(ranged) == is_counter
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_is_whole(rule: dict[str, Any]) -> None:
    """Name, expression, a severity of two, a sentence; nothing that Prometheus does not know."""
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Kabarbot[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"] in ({"severity": "page"}, {"severity": "warn"})
    assert rule["annotations"]["summary"].endswith(".")
    labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert labels <= {"instance", *(label for name in series(rule["expr"]) for label in KNOWN[name])}


def test_no_rule_twice() -> None:
    """Names are what silences and the handbook go by."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 10


def test_the_handbook_has_every_alert_and_no_other() -> None:
    """What rings at night is looked up there."""
    handbook = (ROOT / "docs" / "operating.md").read_text("utf-8")

    assert set(re.findall(r"`(Kabarbot\w+)`", handbook)) == {rule["alert"] for rule in RULES}


def test_the_scraped_job_is_the_one_that_is_asked_for() -> None:
    """`job="kabarbot"`, at the address that the bot has by default."""
    (jobs,) = documents(DEPLOY / "prometheus" / "scrape.yaml")
    jobs_asked = {job for expression in EXPRESSIONS for job in re.findall(r'job="(\w+)"', expression)}

    assert {job["job_name"] for job in jobs} == jobs_asked
    assert jobs[0]["static_configs"] == [{"targets": ["127.0.0.1:8080"]}]


def test_panels_have_a_place_and_a_source() -> None:
    """24 columns, none over another; the data source is chosen on the page."""
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        grid = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_variables_are_those_that_are_used() -> None:
    """`$instance` and `${datasource}`, and no other."""
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}

    assert set(re.findall(r"\$\{?(\w+)", json.dumps(PANELS))) == names


def test_an_alerts_first_step_is_seen() -> None:
    """`increase()` does not see a series that is born at one, so those that alerts watch are there from the start."""
    metrics = MetricsListener()
    metrics.observe(Vitals(NOW, beats={"poller": NOW}))
    there = {
        (sample.name, *sorted(sample.labels.values()))
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.value == 0
    }
    watched = {name for rule in RULES if "increase(" in rule["expr"] for name in series(rule["expr"])}

    assert len(watched) > 4
    assert watched <= {name for name, *_ in there}
    assert {
        ("kabarbot_twins_total", "reported"),
        ("kabarbot_updates_trouble_total", "conflict"),
        ("kabarbot_worker_failures_total", "poller"),
        ("kabarbot_worker_failures_total", "updates"),
    } <= there
