export { FewStepElement } from "./web/element.js";
