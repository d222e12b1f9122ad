// The needle chart's own bundle: loaded by the visit's page only.
import "../islands/needle-chart";
