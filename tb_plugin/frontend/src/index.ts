/** TensorBoard loads this module into a frame and calls `render`. */

import { nameFrame, onDataReloaded, onHashChange, onTheme } from "./host.ts";
import { App } from "./parts/frame/app.ts";
import { Dashboard } from "./state/dashboard.ts";

export async function render(): Promise<void> {
  nameFrame("Explain · tfexplain");
  document.documentElement.lang ||= "en";
  document.body.style.margin = "0";
  const dashboard = new Dashboard();
  const app = new App();
  app.dashboard = dashboard;
  document.body.append(app);
  onTheme((dark) => {
    app.dark = dark;
    dashboard.setDark(dark);
  });
  onHashChange(() => dashboard.followLink());
  onDataReloaded(() => void dashboard.refresh());
  await dashboard.refresh();
}
