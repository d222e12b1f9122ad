// What a tablet keeps: charts of today's open visits, and commands that the server has not answered yet.
//
// Both are sealed with one AES-GCM key that the browser made and never gives out (non-extractable): it survives a killed
// browser, and what lies on the disk cannot be read without this browser's profile. The worker and the pages share this file.

const NAME = "myotome";

export interface Chart {
  visit: string;
  path: string;
  user: string;
  day: string;
  keptAt: number;
  headers: [string, string][];
  html: string;
}

export interface Row {
  key: string;
  name: string;
  side: string;
  region: string;
  regionWords: string;
  size: string;
  how?: string;
  state: string;
}

/** One act of a visit, exactly as the form would have sent it. */
export interface Command {
  seq: number;
  id: string;
  visit: string;
  user: string;
  by: string;
  state: "waiting" | "refused";
  path: string;
  kind: string;
  fields: [string, string][];
  at: number;
  words: string;
  rows: Row[];
  answer?: string;
  status?: number;
}

interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  box: ArrayBuffer;
}
type Plain<T, K extends keyof T> = Pick<T, K> & Sealed;
type StoredChart = Plain<Chart, "visit" | "user" | "day" | "keptAt">;
type StoredCommand = Omit<Plain<Command, "seq" | "id" | "visit" | "user" | "state">, "seq"> & { seq?: number };

/** True where a page may keep anything: a secure address, with a database and cryptography. */
export function canKeep(): boolean {
  return typeof indexedDB !== "undefined" && typeof crypto !== "undefined" && crypto.subtle !== undefined;
}

let opening: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = (event) => {
      if (event.oldVersion < 1) {
        request.result.createObjectStore("keys");
        request.result.createObjectStore("charts", { keyPath: "visit" });
        const commands = request.result.createObjectStore("commands", { keyPath: "seq", autoIncrement: true });
        commands.createIndex("id", "id", { unique: true });
      }
      if (event.oldVersion < 2) request.result.createObjectStore("device");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        opening = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("the device's database does not open"));
  });
  return opening;
}

/** Runs `work` in one transaction; resolves with its request's result once the transaction is on the disk. */
async function inside<T>(store: string, mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error ?? new Error("not kept"));
  });
}

async function key(): Promise<CryptoKey> {
  const read = () => inside<CryptoKey | undefined>("keys", "readonly", (rows) => rows.get("one") as IDBRequest<CryptoKey | undefined>);
  const found = await read();
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await inside("keys", "readwrite", (rows) => rows.add(made, "one")).catch(() => undefined); // another tab was first
  return (await read()) ?? made;
}

/** The key of charts: at hand, set, or taken away; without one charts use the device's key, unless there is a PIN. */
export async function keyOfCharts(set?: CryptoKey | null): Promise<CryptoKey | undefined> {
  if (set === null) await inside("keys", "readwrite", (rows) => rows.delete("charts"));
  else if (set) await inside("keys", "readwrite", (rows) => rows.put(set, "charts"));
  return inside<CryptoKey | undefined>("keys", "readonly", (rows) => rows.get("charts") as IDBRequest<CryptoKey | undefined>);
}

async function chartKey(): Promise<CryptoKey> {
  const own = await keyOfCharts();
  if (own) return own;
  if (await read("pin")) throw new Error("locked");
  return key();
}

/** Facts of the device: the PIN, whether it is locked, what stands above the lock. */
export async function read<T>(name: string): Promise<T | undefined> {
  return inside<T | undefined>("device", "readonly", (rows) => rows.get(name) as IDBRequest<T | undefined>);
}

export async function write(name: string, value: unknown): Promise<void> {
  await inside("device", "readwrite", (rows) => rows.put(value, name));
}

export async function remove(name: string): Promise<void> {
  await inside("device", "readwrite", (rows) => rows.delete(name));
}

async function seal(value: unknown, about: string, by?: CryptoKey): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const way = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(about) };
  return { iv, box: await crypto.subtle.encrypt(way, by ?? (await key()), new TextEncoder().encode(JSON.stringify(value))) };
}

async function unseal<T>(sealed: Sealed, about: string, by?: CryptoKey): Promise<T> {
  const way = { name: "AES-GCM", iv: sealed.iv, additionalData: new TextEncoder().encode(about) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(way, by ?? (await key()), sealed.box))) as T;
}

export async function keepChart(chart: Chart): Promise<void> {
  const { visit, user, day, keptAt, ...rest } = chart;
  const sealed = await seal(rest, `chart ${visit} ${user}`, await chartKey());
  await inside("charts", "readwrite", (rows) => rows.put({ visit, user, day, keptAt, ...sealed }));
}

export async function keptChart(visit: string): Promise<Chart | undefined> {
  const row = await inside<StoredChart | undefined>("charts", "readonly", (rows) => rows.get(visit) as IDBRequest<StoredChart | undefined>);
  if (!row) return undefined;
  const { user, day, keptAt } = row;
  return { visit, user, day, keptAt, ...(await unseal<Omit<Chart, "visit" | "user" | "day" | "keptAt">>(row, `chart ${visit} ${user}`, await chartKey())) };
}

/** What stands above the lock: an open visit with needles in, by initials. */
export interface Above {
  visit: string;
  user: string;
  by: string;
  path: string;
  initials: string;
  n: number;
  since: string;
  dueS: string;
}

export async function above(): Promise<Above[]> {
  return (await read<Above[]>("above")) ?? [];
}

export async function setAbove(one: Above): Promise<void> {
  const others = (await above()).filter((row) => row.visit !== one.visit);
  await write("above", one.n ? [...others, one] : others);
}

export async function keepAbove(stays: (one: Above) => boolean): Promise<void> {
  await write("above", (await above()).filter(stays));
}

export async function keptVisits(): Promise<{ visit: string; user: string; day: string; keptAt: number }[]> {
  const rows = await inside<StoredChart[]>("charts", "readonly", (all) => all.getAll() as IDBRequest<StoredChart[]>);
  return rows.map(({ visit, user, day, keptAt }) => ({ visit, user, day, keptAt }));
}

export async function forgetChart(visit: string): Promise<void> {
  await inside("charts", "readwrite", (rows) => rows.delete(visit));
}

/** Every chart that `stays` does not name goes; commands are never touched. */
export async function forgetChartsBut(stays: (chart: { visit: string; user: string; day: string; keptAt: number }) => boolean): Promise<void> {
  for (const row of await keptVisits()) if (!stays(row)) await forgetChart(row.visit);
}

/** The command on the disk; the same id again is the one that is already there. */
export async function addCommand(command: Omit<Command, "seq">): Promise<void> {
  const { id, visit, user, state, ...rest } = command;
  const sealed = await seal(rest, `command ${id} ${visit} ${user}`);
  const known = await inside<number | undefined>("commands", "readonly", (rows) => rows.index("id").getKey(id) as IDBRequest<number | undefined>);
  if (known === undefined) await inside("commands", "readwrite", (rows) => rows.add({ id, visit, user, state, ...sealed } satisfies StoredCommand));
}

export async function changeCommand(command: Command): Promise<void> {
  const { seq, id, visit, user, state, ...rest } = command;
  const sealed = await seal(rest, `command ${id} ${visit} ${user}`);
  await inside("commands", "readwrite", (rows) => rows.put({ seq, id, visit, user, state, ...sealed }));
}

export async function dropCommand(seq: number): Promise<void> {
  await inside("commands", "readwrite", (rows) => rows.delete(seq));
}

/** Every command, in the order in which it was made. */
export async function commands(): Promise<Command[]> {
  const rows = await inside<(StoredCommand & { seq: number })[]>("commands", "readonly", (all) => all.getAll() as IDBRequest<(StoredCommand & { seq: number })[]>);
  return Promise.all(
    rows.map(async ({ seq, id, visit, user, state, ...sealed }) => ({
      seq,
      id,
      visit,
      user,
      state,
      ...(await unseal<Omit<Command, "seq" | "id" | "visit" | "user" | "state">>(sealed, `command ${id} ${visit} ${user}`)),
    })),
  );
}
