// The lock of the device. Locking takes the key of the kept charts away; commands stay, sealed by the device's own key.
//
// With a PIN (set while online) the charts' key can be had again without network: the PIN opens a private key, the private
// key opens the charts' key. Without a PIN locking deletes the charts. Five wrong PINs delete the charts and the PIN.

import { forgetChartsBut, keyOfCharts, read, remove, write } from "./store";

const ITERATIONS = 600_000;
export const MOST_TRIES = 5;
export const SHORTEST_PIN = 6;

interface Pin {
  user: string;
  salt: Uint8Array<ArrayBuffer>;
  iterations: number;
  iv: Uint8Array<ArrayBuffer>;
  sealedPrivate: ArrayBuffer;
  open: CryptoKey;
  sealedKey: ArrayBuffer;
  tries: number;
}

async function pinKey(pin: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
  const words = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, words, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const pinOf = (): Promise<Pin | undefined> => read<Pin>("pin");

/** A fresh key for charts: at hand until the lock, and sealed for whoever knows the PIN. */
async function freshKey(pin: Omit<Pin, "sealedKey"> & { sealedKey?: ArrayBuffer }): Promise<void> {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const sealedKey = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, pin.open, raw);
  await forgetChartsBut(() => false); // sealed with the key before
  await write("pin", { ...pin, sealedKey });
  await keyOfCharts(await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]));
}

export async function setPin(user: string, pin: string): Promise<void> {
  const pair = await crypto.subtle.generateKey({ name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["encrypt", "decrypt"]);
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const key = await pinKey(pin, salt, ITERATIONS);
  const sealedPrivate = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  await freshKey({ user, salt, iv, iterations: ITERATIONS, sealedPrivate, open: pair.publicKey, tries: 0 });
}

export async function hasPin(): Promise<boolean> {
  return (await pinOf()) !== undefined;
}

/** The charts' key goes; without a PIN the charts go with it. Commands are never touched. */
export async function lock(): Promise<void> {
  await write("locked", Date.now());
  if (await pinOf()) await keyOfCharts(null);
  else await forgetChartsBut(() => false);
}

export async function isLocked(): Promise<boolean> {
  return (await read<number>("locked")) !== undefined;
}

/** True when the PIN was right; else how many tries are left, 0 when charts and PIN are gone. */
export async function openByPin(said: string): Promise<true | number> {
  const pin = await pinOf();
  if (!pin) return 0;
  // The try counts before it is looked at: a page that is closed in between gains nothing.
  await write("pin", { ...pin, tries: pin.tries + 1 });
  try {
    const key = await pinKey(said, pin.salt, pin.iterations);
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv: pin.iv }, key, pin.sealedPrivate);
    const secret = await crypto.subtle.importKey("pkcs8", bytes, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["decrypt"]);
    const raw = await crypto.subtle.decrypt({ name: "RSA-OAEP" }, secret, pin.sealedKey);
    await keyOfCharts(await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]));
    await write("pin", { ...pin, tries: 0 });
    await remove("locked");
    return true;
  } catch {
    if (pin.tries + 1 < MOST_TRIES) return MOST_TRIES - pin.tries - 1;
    await leave();
    return 0;
  }
}

/** A page that the server has just given to this user: the password opened it, so charts may be kept again. */
export async function openByServer(user: string): Promise<void> {
  const pin = await pinOf();
  if (pin && pin.user !== user) await leave();
  else if (pin && !(await keyOfCharts())) await freshKey({ ...pin, tries: 0 });
  await remove("locked");
}

/** Logged out: charts, PIN and their keys are gone; what was not sent stays. */
export async function leave(): Promise<void> {
  await forgetChartsBut(() => false);
  await remove("pin");
  await keyOfCharts(null);
}
