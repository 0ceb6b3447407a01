/**
 * The demo: invented citizens with drawn images, provinces that sign receipts, and the run that makes a real batch out of
 * them through the API. It is a client of the plant like any other; nothing in the plant knows that it is a demo.
 */
export { finishDemo, openDemo, type DemoArguments, type DemoFolders } from './demo-run.ts';
export { DEMO_OFFICES, demoOrders, orderJson, type DemoOrder, type DemoTrait } from './people.ts';
export { drawImages } from './portraits.ts';
export { demoProvinceKey, type DemoProvinceKey } from './province-keys.ts';
export { demoTerminalKey, type DemoTerminalKey } from './terminal-key.ts';
export type { DemoMaterial } from './results.ts';
export { runDemo, type DemoBooks, type DemoDeps, type DemoShow } from './run-demo.ts';
