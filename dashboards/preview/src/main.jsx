// The page's entry: reads the dashboard named in the address, draws it, and tells the driver in
// `window.preview` when every panel is there.
import { createTheme, dateTime, rangeUtil } from "@grafana/data";
import { initPluginTranslations } from "@grafana/i18n";
import { GlobalStyles, PortalContainer, ThemeContext } from "@grafana/ui";
import { createRoot } from "react-dom/client";

import { Dashboard } from "./dashboard.jsx";
import { registerTransformations } from "./fields.js";
import { Prometheus } from "./prometheus.js";
import { Raw, interpolate, resolve, values } from "./variables.js";

const asked = new URLSearchParams(window.location.search);
const RATE_INTERVAL = "1m";

/** The range of time on show, in seconds, with at most some 300 points. */
function range() {
  const to = Number(asked.get("to"));
  const seconds = Number(asked.get("minutes")) * 60;
  return { from: to - seconds, to, step: Math.max(1, Math.ceil(seconds / 300)), seconds };
}

function builtin({ from, to, step, seconds }, uid) {
  return {
    __interval: `${step}s`,
    __interval_ms: String(step * 1000),
    __rate_interval: RATE_INTERVAL,
    __range: `${seconds}s`,
    __range_s: String(seconds),
    __range_ms: String(seconds * 1000),
    __from: String(from * 1000),
    __to: String(to * 1000),
    __url_time_range: new Raw(`from=${from * 1000}&to=${to * 1000}`),
    __dashboard: uid,
  };
}

async function annotations({ annotations: given }, prometheus, known) {
  const own = (given?.list ?? []).filter((one) => one.enable && !one.hide && one.expr);
  const found = own.map(async ({ expr, iconColor = "red", step = "60s" }) => {
    const query = interpolate(expr, { ...known, __interval: step }, "regex");
    const seconds = rangeUtil.intervalToSeconds(step);
    const frames = await prometheus.frames({}, query, seconds);
    return frames.flatMap(({ fields: [time, value] }) =>
      starts(time.values, value.values, seconds, iconColor),
    );
  });
  return (await Promise.all(found)).flat();
}

/** When a series begins to be something else than 0: a mark for each event, not for each sample. */
function starts(times, values, step, color) {
  const goes = (index) => values[index - 1] && times[index] - times[index - 1] <= step * 1000;
  return times.flatMap((at, index) => (values[index] && !goes(index) ? [{ at, color }] : []));
}

async function load() {
  const span = range();
  const prometheus = new Prometheus(span);
  const model = await (await fetch(`/dashboards/${asked.get("dashboard")}.json`)).json();
  const fixed = builtin(span, model.uid);
  const variables = await resolve(model, prometheus, fixed);
  const marks = await annotations(model, prometheus, values(variables, fixed));
  const [from, to] = [dateTime(span.from * 1000), dateTime(span.to * 1000)];
  const timeRange = { from, to, raw: { from, to } };
  return { ...model, variables, prometheus, annotations: marks, builtin: fixed, timeRange };
}

async function main() {
  await initPluginTranslations("dashboard-preview");
  registerTransformations();
  const theme = createTheme({ colors: { mode: asked.get("theme") } });
  const dashboard = await load();
  const drawn = dashboard.panels.filter(({ type }) => type !== "row").length;
  const reports = [];
  window.preview = { reports, done: drawn === 0 };
  const report = (one) => {
    reports.push(one);
    reports.sort((left, right) => left.id - right.id);
    window.preview.done = reports.length >= drawn;
  };
  createRoot(document.getElementById("root")).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Dashboard dashboard={dashboard} width={Number(asked.get("width"))} report={report} />
      <PortalContainer />
    </ThemeContext.Provider>,
  );
}

main().catch((error) => {
  window.preview = { failed: String(error.stack ?? error), reports: [], done: true };
});
