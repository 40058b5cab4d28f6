// The fingerprint of a finding, as every other format tells it (auditor/evaluate/finding_writer.py): 32 digits of the SHA-256 of rule,
// resource and element. It is not carried, for it would double the page; and the browser's own SHA-256 is not for files.

/** Roots of the first primes: what SHA-256 begins with, and what each of its rounds adds. */
const [SHA_BEGIN, SHA_ADD] = (() => {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const bits = (/** @type {number} */ root) => ((root % 1) * 2 ** 32) | 0;
  return [primes.slice(0, 8).map((prime) => bits(prime ** (1 / 2))), primes.map((prime) => bits(prime ** (1 / 3)))];
})();

/** @param {string} text @returns {string} hexadecimal digits */
function sha256(text) {
  const bytes = new TextEncoder().encode(text);
  const data = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
  new Uint8Array(data.buffer).set(bytes);
  data.setUint8(bytes.length, 0x80);
  data.setUint32(data.byteLength - 4, bytes.length * 8);
  const turned = (/** @type {number} */ word, /** @type {number} */ by) => (word >>> by) | (word << (32 - by));
  const sum = Int32Array.from(SHA_BEGIN);
  const words = new Int32Array(64);
  for (let block = 0; block < data.byteLength; block += 64) {
    let [a, b, c, d, e, f, g, h] = sum;
    for (let n = 0; n < 64; n++) {
      if (n < 16) words[n] = data.getInt32(block + 4 * n);
      else {
        const [x, y] = [words[n - 15], words[n - 2]];
        words[n] = words[n - 16] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + words[n - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
      }
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + SHA_ADD[n] + words[n]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, n) => (sum[n] += word));
  }
  return Array.from(sum, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** @param {Pack} report @param {number} i */
function fingerprintOf(report, i) {
  const { rule, resource, element } = report.findings;
  const id = resourceId(report, resource[i]).toLowerCase();
  return sha256(`${report.rules[rule[i]].id}\0${id}\0${report.texts[element[i]]}`).slice(0, 32);
}

/** The place in the rows of what the address names: the first, a fingerprint, or a number of older addresses.
 * @param {Pack} report @param {Uint32Array} rows @param {string} finding @returns {number} -1: it is not there */
function placeOf(report, rows, finding) {
  if (finding === "first") return 0;
  return finding.length < 32 ? rows.indexOf(Number(finding)) : rows.findIndex((i) => fingerprintOf(report, i) === finding);
}
