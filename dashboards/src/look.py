"""
How panels look alike: colours, thresholds, words for numbers, and one function for each type of
panel. Knows no metric.
"""

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    common as common_builders,
)
from grafana_foundation_sdk.builders import (
    dashboard as builders,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

# Told apart by people who are colour-blind too (the palette of Okabe and Ito, its amber darker so
# that white is read on it), and never alone: each stands behind a number or a word.
GOOD, WARNING, BAD, UNKNOWN, PLAIN = "#009E73", "#C77F00", "#D55E00", "#CC79A7", "text"
PROMETHEUS = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
Steps = tuple[tuple[float | None, str], ...]
"""Colours from a value on; the first from the beginning."""

Override = list[dashboard.DynamicConfigValue]


def query(
    expression: str, legend: str = "", ref: str = "A", *, instant: bool = False
) -> prometheus.Dataquery:
    """A query over the time range, or of its end."""
    made = prometheus.Dataquery().expr(expression).ref_id(ref).datasource(PROMETHEUS)
    made = made.legend_format(legend) if legend else made
    return made.instant() if instant else made.range()


def rows(expression: str, ref: str = "A") -> prometheus.Dataquery:
    """A query whose series are the rows of a table."""
    return query(expression, ref=ref, instant=True).format(PromQueryFormat.TABLE)


def thresholds(steps: Steps) -> builders.ThresholdsConfig:
    """Absolute thresholds."""
    return (
        builders.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=color) for value, color in steps])
    )


def always(color: str) -> builders.FieldColor:
    """One colour, whatever the value."""
    return builders.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(color)


def by_thresholds() -> builders.FieldColor:
    """Colour by threshold."""
    return builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def words(**meanings: tuple[str, str]) -> dashboard.ValueMap:
    """Words for values, with their colours: `_0=("refused", BAD)`; an underscore leads a digit."""
    options = {
        value.removeprefix("_"): dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(meanings.items())
    }
    return dashboard.ValueMap(options=options)


def matching(pattern: str, text: str, color: str | None = None) -> dashboard.RegexMap:
    """Another text for every text that a pattern fits."""
    result = dashboard.ValueMappingResult(text=text, color=color, index=0)
    return dashboard.RegexMap(
        options=dashboard.DashboardRegexMapOptions(pattern=pattern, result=result)
    )


def tile(title: str, question: str, asked: prometheus.Dataquery, steps: Steps) -> stat.Panel:
    """One number, on a colour that says how good it is."""
    last = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
    return (
        stat.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .with_target(asked)
        .unit("short")
        .decimals(0)
        .thresholds(thresholds(steps))
        .color_scheme(by_thresholds())
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE)
        .reduce_options(last)
        .no_value("not known")
        .height(4)
    )


def listing(title: str, question: str, asked: prometheus.Dataquery) -> table.Panel:
    """A table; without a unit of its own, with which Grafana writes a name `2024` as 2.02 K."""
    return (
        table.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .with_target(asked)
        .filterable(filterable=True)
        .cell_height(common.TableCellHeight.SM)
        .show_header(show_header=True)
        .footer(common_builders.TableFooterOptions().show(show=False).reducer([]))
        .height(9)
    )


def sorted_by(
    title: str, *, descending: bool = False
) -> list[Builder[common.TableSortByFieldState]]:
    """The order of a table's rows."""
    order = common_builders.TableSortByFieldState().display_name(title)
    return [order.desc(desc=descending)]


def columns(**titles: str) -> list[dashboard.DataTransformerConfig]:
    """Only these columns, in this order, under these titles."""
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: index for index, name in enumerate(titles)},
        "renameByName": dict(titles),
    }
    include = {"include": {"names": list(titles)}}
    return [
        dashboard.DataTransformerConfig(id_val="filterFieldsByName", options=include),
        dashboard.DataTransformerConfig(id_val="organize", options=organize),
    ]


def setting(name: str, value: object) -> dashboard.DynamicConfigValue:
    """One setting of an override."""
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def wide(pixels: int) -> dashboard.DynamicConfigValue:
    """The width of a column."""
    return setting("custom.width", pixels)


def cell(kind: str) -> dashboard.DynamicConfigValue:
    """How a cell shows its colour."""
    return setting("custom.cellOptions", {"type": kind})


def link(title: str, url: str) -> dashboard.DynamicConfigValue:
    """A link on the cells of a column, in a tab of its own."""
    return setting("links", [{"title": title, "url": url, "targetBlank": True}])


def colour(fixed: str) -> dashboard.DynamicConfigValue:
    """One colour, whatever the value."""
    return setting("color", {"mode": "fixed", "fixedColor": fixed})


def hidden() -> dashboard.DynamicConfigValue:
    """A column that is there for links only."""
    return setting("custom.hidden", value=True)


def as_words(text: str) -> dashboard.DynamicConfigValue:
    """The same words for whatever a column holds; a link that refers to it gets the words too."""
    return setting("mappings", [matching(".+", text)])


def steps_of(steps: Steps) -> dashboard.DynamicConfigValue:
    """The thresholds of one column."""
    return setting("thresholds", thresholds(steps).build())


def graph(title: str, question: str, *asked: prometheus.Dataquery) -> timeseries.Panel:
    """Lines over time; a hole in the data stays a hole."""
    legend = (
        common_builders.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
        .calcs([])
    )
    tooltip = common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .unit("short")
        .min(0)
        .line_width(2)
        .fill_opacity(10)
        .show_points(common.VisibilityMode.NEVER)
        .span_nulls(span_nulls=False)
        .legend(legend)
        .tooltip(tooltip.sort(common.SortOrder.DESCENDING))
        .height(8)
    )
    for one in asked:
        panel = panel.with_target(one)
    return panel


def counts(panel: timeseries.Panel) -> timeseries.Panel:
    """Whole numbers, on an axis that is not empty when there are none."""
    return panel.decimals(0).axis_soft_max(1)


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """Areas above each other: the height of all is their sum."""
    stacking = common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A")
    return panel.stacking(stacking).fill_opacity(60).line_width(1)


def strips(title: str, question: str, asked: prometheus.Dataquery) -> statetimeline.Panel:
    """A strip over time for each series, whose values are words."""
    legend = common_builders.VizLegendOptions().show_legend(show_legend=False).calcs([])
    return (
        statetimeline.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .with_target(asked)
        .unit("none")
        .color_scheme(by_thresholds())
        .merge_values(merge_values=True)
        .show_value(common.VisibilityMode.AUTO)
        .row_height(0.8)
        .per_page(25)
        .legend(legend)
        .height(9)
    )


def bars(title: str, question: str, *asked: prometheus.Dataquery) -> barchart.Panel:
    """A bar for each row."""
    legend = (
        common_builders.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
        .calcs([])
    )
    panel = (
        barchart.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .unit("short")
        .decimals(0)
        .min(0)
        .fill_opacity(80)
        .legend(legend)
        .height(8)
    )
    for one in asked:
        panel = panel.with_target(one)
    return panel


def ranking(title: str, question: str, asked: prometheus.Dataquery) -> bargauge.Panel:
    """A horizontal bar with its number for each series."""
    last = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
    return (
        bargauge.Panel()
        .title(title)
        .description(question)
        .datasource(PROMETHEUS)
        .with_target(asked)
        .unit("short")
        .decimals(0)
        .min(0)
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .reduce_options(last)
        .height(8)
    )
