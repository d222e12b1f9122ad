// Keeps an answer of the server when it says that it may be kept: `X-Myotome-Keep: USER DAY`, or forgets that chart.

import { forgetChart, keepChart } from "./store";

const CHART = /^\/[-\w]+\/visit\/(\d+)\//;
const GUARDS = ["content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy"];

/** The visit and the address of its chart, of any address of that visit. */
export function chartAt(path: string): { visit: string; path: string } | undefined {
  const match = CHART.exec(path);
  return match ? { visit: match[1] ?? "", path: match[0] } : undefined;
}

export async function keepAnswer(path: string, header: (name: string) => string | null, html: string): Promise<void> {
  const chart = chartAt(path);
  if (!chart) return;
  const [user, day] = (header("X-Myotome-Keep") ?? "").split(" ");
  if (!user || !day) return forgetChart(chart.visit); // closed, or not hers: nothing stays here
  const headers = GUARDS.flatMap((name): [string, string][] => (header(name) ? [[name, header(name) ?? ""]] : []));
  await keepChart({ ...chart, user, day, keptAt: Date.now(), headers, html });
}
