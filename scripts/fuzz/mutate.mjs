/** Seeded damage: the same seed gives the same bytes on every machine. */

/** Mulberry32: small, and good enough to choose with. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** What stands in for a value of JSON; the text may be no JSON at all. */
const HOSTILE = [
  'null', 'true', '0', '-1', '-0', '1.5', '1e308', '-1e308', '1e999', '9007199254740993', '18446744073709551616', 'NaN', 'Infinity', '""', '"x"', '"-1"', '"1e400"', '"\\u0000\\u001b[31m"', '"__proto__"',
  '[]', '{}', '[[]]', '[null]', '{"low":-1,"high":1e308}', '{"__proto__":1}', `"${'9'.repeat(400)}"`, `"${'x'.repeat(5000)}"`, `${'['.repeat(3000)}${']'.repeat(3000)}`, `[${'1,'.repeat(3000)}1]`, '🙂', '\u0000',
];

/** Where scalars and strings are in a text of JSON. */
const VALUES = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\btrue\b|\bfalse\b|\bnull\b/g;

function mutateJson(text, rng) {
  const places = [...text.matchAll(VALUES)];
  const place = rng.pick(places);
  if (place === undefined) return text;
  const put = (value) => text.slice(0, place.index) + value + text.slice(place.index + place[0].length);
  switch (rng.below(4)) {
    case 0: return put(rng.pick(HOSTILE));
    case 1: return put(rng.pick(places)[0]);
    case 2: {
      // A whole object or list goes, or comes twice.
      const from = text.lastIndexOf('{', place.index);
      const to = text.indexOf('}', place.index);
      if (from < 0 || to < 0) return put('');
      const part = text.slice(from, to + 1);
      return text.slice(0, from) + (rng.below(2) === 0 ? `${part},${part}` : rng.pick(HOSTILE)) + text.slice(to + 1);
    }
    default: return text.replaceAll(place[0], () => rng.pick(HOSTILE));
  }
}

function mutateBytes(bytes, rng, other) {
  const at = rng.below(bytes.length + 1);
  const length = rng.below(rng.pick([2, 9, 65, 1025]));
  const cut = (middle, skip) => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(Math.min(bytes.length, at + skip))]);
  switch (rng.below(6)) {
    case 0: return bytes.subarray(0, at);
    case 1: return cut(Buffer.alloc(0), length);
    case 2: return cut(bytes.subarray(at, at + length), 0);
    case 3: return cut(Buffer.from(Array.from({ length }, () => rng.below(256))), length);
    case 4: return cut(other.subarray(rng.below(other.length + 1)).subarray(0, length * 8), 0);
    default: return cut(Buffer.from([rng.pick([0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5b, 0x7b])]), 1);
  }
}

/** One to four kinds of damage, one after the other. */
export function mutate(bytes, others, seed) {
  const rng = random(seed);
  let damaged = Buffer.from(bytes);
  for (let count = 1 + rng.below(4); count > 0 && damaged.length > 0; count--) {
    const isText = damaged[0] === 0x7b || damaged[0] === 0x5b;
    damaged = isText && rng.below(4) > 0 ? Buffer.from(mutateJson(damaged.toString('latin1'), rng), 'latin1') : mutateBytes(damaged, rng, rng.pick(others));
    if (damaged.length > 200_000) damaged = damaged.subarray(0, 200_000);
  }
  return damaged;
}
