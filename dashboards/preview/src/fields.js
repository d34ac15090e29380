// Prepares Grafana's registries: transformations, and the options that a field can have with the
// defaults of the panel that shows it.
import {
  FieldConfigOptionsRegistry,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  valueMappingsOverrideProcessor,
} from "@grafana/data";

const STANDARD = [
  "unit",
  "min",
  "max",
  "decimals",
  "color",
  "noValue",
  "fieldMinMax",
  "filterable",
  "description",
];
const GREEN_UNTIL_80 = {
  mode: "absolute",
  steps: [
    { value: -Infinity, color: "green" },
    { value: 80, color: "red" },
  ],
};
/** What Grafana takes where a panel's JSON is silent. */
const DEFAULTS = {
  timeseries: {
    color: { mode: "palette-classic" },
    custom: {
      drawStyle: "line",
      lineInterpolation: "linear",
      lineWidth: 1,
      fillOpacity: 0,
      gradientMode: "none",
      spanNulls: false,
      insertNulls: false,
      showPoints: "auto",
      pointSize: 5,
      axisPlacement: "auto",
      scaleDistribution: { type: "linear" },
      stacking: { mode: "none", group: "A" },
      thresholdsStyle: { mode: "off" },
      axisBorderShow: false,
      axisGridShow: true,
    },
  },
  table: { custom: { align: "auto", cellOptions: { type: "auto" }, inspect: false } },
  barchart: { color: { mode: "palette-classic" }, custom: { lineWidth: 1, fillOpacity: 80 } },
  "state-timeline": {
    color: { mode: "continuous-GrYlRd" },
    custom: { lineWidth: 0, fillOpacity: 70 },
  },
};

/** Register the transformations of @grafana/data. */
export function registerTransformations() {
  const all = Object.values(standardTransformers);
  const unique = new Map(all.map((one) => [one.id, one]));
  standardTransformersRegistry.setInit(() =>
    [...unique.values()].map((one) => ({
      id: one.id,
      name: one.name,
      transformation: async () => one,
      imageDark: "",
      imageLight: "",
    })),
  );
}

/** The field options of a panel, and a registry that knows every one of them. */
export function fieldOptions({ type, fieldConfig = {} }) {
  const given = fieldConfig.defaults ?? {};
  const base = DEFAULTS[type] ?? {};
  const defaults = {
    thresholds: GREEN_UNTIL_80,
    ...base,
    ...given,
    color: given.color?.mode ? given.color : base.color,
    custom: { ...base.custom, ...given.custom },
  };
  defaults.thresholds = open(defaults.thresholds);
  const overrides = (fieldConfig.overrides ?? []).map((one) => ({
    ...one,
    properties: one.properties.map(current),
  }));
  return { fieldConfig: { defaults, overrides }, registry: registry(defaults.custom, overrides) };
}

/** A setting as the newest Grafana has it. */
function current({ id, value }) {
  if (id === "thresholds") return { id, value: open(value) };
  return { id: id === "custom.hidden" ? "custom.hideFrom.viz" : id, value };
}

/** Thresholds whose first step reaches down without end, which JSON can only write as null. */
function open({ steps, ...rest }) {
  return { ...rest, steps: steps.map((step) => ({ ...step, value: step.value ?? -Infinity })) };
}

function registry(custom, overrides) {
  const known = new FieldConfigOptionsRegistry();
  const add = (id, process = identityOverrideProcessor, more = {}) =>
    known.register({ id, path: id, name: id, process, shouldApply: () => true, ...more });
  STANDARD.forEach((id) => add(id));
  const texts = { settings: { expandTemplateVars: true } };
  add("displayName", displayNameOverrideProcessor, texts);
  add("thresholds", thresholdsOverrideProcessor);
  add("mappings", valueMappingsOverrideProcessor);
  add("links", dataLinksOverrideProcessor);
  const used = overrides.flatMap((one) => one.properties.map(({ id }) => id));
  const customs = [...Object.keys(custom).map((name) => `custom.${name}`), ...used];
  for (const id of new Set(customs.filter((one) => one.startsWith("custom.")))) {
    add(id, identityOverrideProcessor, { path: id.slice("custom.".length), isCustom: true });
  }
  return known;
}
