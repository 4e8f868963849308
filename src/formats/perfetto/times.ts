import type { Clock, Packet } from './packets.js';

/** The clock that times are of where nothing else is said. */
const BOOT_TIME = 6;
/** Clocks from here on are of one sequence of packets each. */
const FIRST_OWN = 64;

interface OwnClock {
  readonly isIncremental: boolean;
  readonly unitNanos: bigint;
  /** The last time that was told by it. */
  lastNanos: bigint;
}

/** What packets of one writer say once for those that follow. */
export class Sequence {
  readonly #names = new Map<string, string>();
  readonly #categories = new Map<string, string>();
  readonly #clocks = new Map<number, OwnClock>();
  #clockId: number | undefined;
  track: string | undefined;

  /** Takes what the packet says of itself and of those after it. */
  take(packet: Packet): void {
    if (packet.cleared === true || ((packet.flags ?? 0) & 1) !== 0) {
      this.#names.clear();
      this.#categories.clear();
    }
    for (const { id = '', name = '' } of packet.interned?.names ?? []) this.#names.set(id, name);
    for (const { id = '', name = '' } of packet.interned?.categories ?? []) this.#categories.set(id, name);
    this.track = packet.defaults?.event?.track ?? this.track;
    this.#clockId = packet.defaults?.clockId ?? this.#clockId;
  }

  name(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#names.get(id);
  }

  category(id: string): string | undefined {
    return this.#categories.get(id);
  }

  /** A clock as a snapshot shows it, in nanoseconds. */
  set({ id = 0, timestamp = '0', isIncremental = false, unitNanos = '1' }: Clock): bigint {
    const unit = BigInt(unitNanos);
    const lastNanos = BigInt(timestamp) * unit;
    if (id >= FIRST_OWN) this.#clocks.set(id, { isIncremental, unitNanos: unit, lastNanos });
    return lastNanos;
  }

  /** When a packet was written: the clock, and nanoseconds of it. */
  timeOf({ timestamp, clockId }: Packet): { readonly clock: number; readonly nanos: bigint } | undefined {
    if (timestamp === undefined) return undefined;
    const clock = clockId ?? this.#clockId ?? BOOT_TIME;
    const own = this.#clocks.get(clock);
    if (own === undefined) return { clock, nanos: BigInt(timestamp) };
    const told = BigInt(timestamp) * own.unitNanos;
    const nanos = own.isIncremental ? own.lastNanos + told : told;
    own.lastNanos = nanos;
    return { clock, nanos };
  }
}

/** Brings all clocks of a trace to one. */
export class Clocks {
  /** What is added to a clock's time to make it boot time. */
  readonly #offsets = new Map<string, bigint>();

  /** Takes the clocks of one snapshot, which all show the same moment. */
  take(sequence: Sequence, id: number, clocks: readonly Clock[]): void {
    const shown = clocks.map((clock) => ({ clock: clock.id ?? 0, nanos: sequence.set(clock) }));
    const boot = shown.find(({ clock }) => clock === BOOT_TIME);
    if (boot === undefined) return;
    for (const { clock, nanos } of shown) {
      const key = keyOf(clock, id);
      if (!this.#offsets.has(key)) this.#offsets.set(key, boot.nanos - nanos);
    }
  }

  /** A packet's time in nanoseconds since boot; undefined where it has none. */
  nanosOf(sequence: Sequence, id: number, packet: Packet): bigint | undefined {
    const time = sequence.timeOf(packet);
    return time === undefined ? undefined : time.nanos + (this.#offsets.get(keyOf(time.clock, id)) ?? 0n);
  }
}

const keyOf = (clock: number, sequence: number): string => (clock < FIRST_OWN ? `${clock}` : `${clock}/${sequence}`);
