// One panel: runs its queries and transformations, and puts the outcome into Grafana's frame.
import {
  FieldType,
  applyFieldOverrides,
  cacheFieldDisplayNames,
  transformDataFrame,
} from "@grafana/data";
import { PanelChrome, useTheme2 } from "@grafana/ui";
import { useEffect, useState } from "react";
import { lastValueFrom } from "rxjs";

import { fieldOptions } from "./fields.js";
import { interpolate, values } from "./variables.js";
import { VISUALISATIONS } from "./visualisations.jsx";

/** The panel in its place, and the links of its first row given to `report`. */
export function Panel({ panel, place, dashboard, report }) {
  const theme = useTheme2();
  const [outcome, setOutcome] = useState();
  useEffect(() => {
    evaluate(panel, dashboard, theme)
      .catch((error) => ({ error: String(error), frames: [] }))
      .then((one) => {
        report(summary(panel, one));
        setOutcome(one);
      });
  }, []);
  const text = (given) =>
    interpolate(given, values(dashboard.variables, dashboard.builtin), "text");
  return (
    <div style={{ position: "absolute", ...place }}>
      <PanelChrome
        title={text(panel.title)}
        description={panel.description ? text(panel.description) : undefined}
        displayMode={panel.transparent ? "transparent" : "default"}
        width={place.width}
        height={place.height}
        padding={panel.type === "table" ? "none" : "md"}
        statusMessage={outcome?.error}
      >
        {(width, height) =>
          outcome && <Content {...{ panel, outcome, dashboard, width, height, theme }} />
        }
      </PanelChrome>
    </div>
  );
}

function Content({ panel, outcome, ...rest }) {
  const Shown = VISUALISATIONS[panel.type];
  const empty = outcome.frames.every((frame) => !frame.length);
  if (!Shown) return <Notice {...rest}>no picture of “{panel.type}”</Notice>;
  if (empty && panel.type !== "stat") {
    return <Notice {...rest}>{panel.fieldConfig?.defaults?.noValue ?? "No data"}</Notice>;
  }
  return <Shown options={panel.options ?? {}} {...outcome} {...rest} />;
}

function Notice({ width, height, children }) {
  const middle = { width, height, display: "flex", alignItems: "center", justifyContent: "center" };
  return <div style={{ ...middle, fontSize: 16, textAlign: "center", padding: 8 }}>{children}</div>;
}

async function evaluate(panel, { variables, builtin, prometheus }, theme) {
  const known = values(variables, builtin);
  const targets = (panel.targets ?? []).filter((one) => !one.hide);
  const many = targets.filter((one) => one.format === "table").length > 1;
  const answers = targets.map((target) =>
    prometheus.frames(
      { ...target, valueName: many ? `Value #${target.refId}` : "Value" },
      interpolate(target.expr, known, "regex"),
    ),
  );
  const raw = (await Promise.all(answers)).flat();
  const steps = (panel.transformations ?? []).filter((one) => !one.disabled);
  const context = { interpolate: (text) => interpolate(text, known) };
  const data = await lastValueFrom(transformDataFrame(steps, raw, context));
  const { fieldConfig, registry } = fieldOptions(panel);
  const frames = applyFieldOverrides({
    data,
    fieldConfig,
    fieldConfigRegistry: registry,
    replaceVariables: (text, scoped, format) =>
      interpolate(text, known, format ?? "glob", scoped?.__dataContext?.value),
    theme,
    timeZone: "utc",
  });
  cacheFieldDisplayNames(frames);
  return { frames, fieldConfig };
}

/** What a person may want to check by eye: sizes, errors, and where the first row's links go. */
function summary({ id, title, type }, { frames, error }) {
  const links = frames.flatMap((frame) => (frame.length ? frame.fields.flatMap(firstLinks) : []));
  const rows = frames.reduce((sum, frame) => sum + frame.length, 0);
  return { id, title, type, rows, ...(error && { error }), ...(links.length && { links }) };
}

function firstLinks(field) {
  if (field.type === FieldType.time) return [];
  const found = field.getLinks?.({ valueRowIndex: 0 }) ?? [];
  return found.map(({ title, href }) => ({
    field: field.config.displayName ?? field.name,
    title,
    href,
  }));
}
