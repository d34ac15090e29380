// The CommonJS module and its importers disagree about what the default export is.
export {
  Scrollbars as default,
  Scrollbars,
} from "../node_modules/react-custom-scrollbars-2/lib/index.js";
