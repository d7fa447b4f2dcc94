// Debian 12's Node 18 knows Web Crypto but not under its global name; loaded first by node_test.mjs.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
