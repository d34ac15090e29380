// The kinds of panels, drawn with the components that Grafana publishes.
import {
  VizOrientation,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
} from "@grafana/data";
import { BarGauge, BigValue, TimeSeries, VizRepeater } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";

import { BarChart } from "./bars.jsx";
import { StateTimeline } from "./timeline.jsx";

const REDUCE = { values: false, calcs: ["lastNotNull"], fields: "" };

function reduced({ frames, fieldConfig, options, theme, sparkline }) {
  return getFieldDisplayValues({
    data: frames,
    fieldConfig,
    reduceOptions: { ...REDUCE, ...options.reduceOptions },
    replaceVariables: (text) => text,
    sparkline,
    theme,
    timeZone: "utc",
  });
}

function Repeated({ width, height, options, shown, auto, children }) {
  return (
    <VizRepeater
      width={width}
      height={height}
      source={shown}
      renderCounter={0}
      getValues={() => shown}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      orientation={options.orientation ?? VizOrientation.Auto}
      autoGrid={auto}
      itemSpacing={auto ? 3 : 10}
      minVizWidth={auto ? undefined : 8}
      minVizHeight={auto ? undefined : 16}
      maxVizHeight={auto ? undefined : (options.maxVizHeight ?? 300)}
      renderValue={children}
    />
  );
}

function Stat({ width, height, options, theme, fieldConfig, dashboard, ...rest }) {
  const {
    graphMode = "area",
    colorMode = "value",
    justifyMode = "auto",
    wideLayout = true,
  } = options;
  const shown = reduced({ ...rest, options, theme, fieldConfig, sparkline: graphMode !== "none" });
  const named = fieldConfig.defaults.displayName || options.reduceOptions?.values;
  const textMode =
    (options.textMode ?? "auto") === "auto" && named
      ? "value_and_name"
      : (options.textMode ?? "auto");
  return (
    <Repeated {...{ width, height, options, shown }} auto>
      {({ value, count, alignmentFactors, width: wide, height: high }) => (
        <BigValue
          {...{ colorMode, graphMode, justifyMode, textMode, theme, count, alignmentFactors }}
          value={value.display}
          sparkline={value.sparkline && { ...value.sparkline, timeRange: dashboard.timeRange }}
          hasLinks={value.hasLinks}
          text={options.text}
          width={wide}
          height={high}
          disableWideLayout={!wideLayout}
        />
      )}
    </Repeated>
  );
}

function Gauge({ width, height, options, theme, ...rest }) {
  const shown = reduced({ ...rest, options, theme });
  return (
    <Repeated {...{ width, height, options, shown }}>
      {({ value, alignmentFactors, orientation, width: wide, height: high }) => (
        <BarGauge
          {...{ theme, alignmentFactors, orientation }}
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          text={options.text}
          width={wide}
          height={high}
          itemSpacing={10}
          lcdCellWidth={12}
          displayMode={options.displayMode ?? "gradient"}
          valueDisplayMode={options.valueMode ?? "color"}
          namePlacement={options.namePlacement ?? "auto"}
          showUnfilled={options.showUnfilled ?? true}
        />
      )}
    </Repeated>
  );
}

function Table({ frames, width, height, options, fieldConfig, dashboard }) {
  return (
    <TableNG
      data={frames[options.frameIndex ?? 0] ?? frames[0]}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      showTypeIcons={options.showTypeIcons}
      sortBy={options.sortBy}
      cellHeight={options.cellHeight ?? "sm"}
      frozenColumns={options.frozenColumns?.left}
      enablePagination={options.enablePagination ?? options.footer?.enablePagination}
      maxRowHeight={options.maxRowHeight}
      noValue={fieldConfig.defaults.noValue}
      fieldConfig={fieldConfig}
      timeRange={dashboard.timeRange}
      structureRev={1}
      enableVirtualization={false}
    />
  );
}

function Lines({ frames, width, height, options, theme, dashboard }) {
  const legend = {
    showLegend: true,
    displayMode: "list",
    placement: "bottom",
    calcs: [],
    ...options.legend,
  };
  return (
    <TimeSeries
      frames={withoutEmpty(frames)}
      structureRev={1}
      width={width}
      height={height}
      timeRange={dashboard.timeRange}
      timeZone="utc"
      legend={legend}
      options={options}
      theme={theme}
    >
      {(config) => {
        config.addHook("draw", (plot) => mark(plot, dashboard.annotations, theme));
        return null;
      }}
    </TimeSeries>
  );
}

function withoutEmpty(frames) {
  return frames.filter((frame) => frame.length);
}

/** Annotations, as dashed lines with a small triangle below. */
function mark({ ctx, bbox, valToPos }, annotations, theme) {
  ctx.save();
  for (const { at, color } of annotations) {
    const x = Math.round(valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = theme.visualization.getColorByName(color);
    ctx.setLineDash([5, 5]);
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 5, bbox.top + bbox.height + 6);
    ctx.lineTo(x + 5, bbox.top + bbox.height + 6);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.fill();
  }
  ctx.restore();
}

/** By the panel's `type`. */
export const VISUALISATIONS = {
  stat: Stat,
  bargauge: Gauge,
  table: Table,
  timeseries: Lines,
  barchart: BarChart,
  "state-timeline": StateTimeline,
};
