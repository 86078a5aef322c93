import { ArchiveTooLarge } from '../base/errors.ts';
import type { Member } from './member.ts';
import { whereIs } from './member.ts';

/**
 * A run of members that one call verifies. `firstMember` counts from 0 in the order of the archive; `start` is the first
 * byte and `end` the one after the last. At most 85 bytes of JSON (numbers of 12 digits): 500 spans are 43 KB, to be kept
 * beside the archive; a state carries their numbers.
 */
export interface VerifySpan {
  readonly firstMember: number;
  readonly members: number;
  readonly start: number;
  readonly end: number;
}

const MiB = 1024 * 1024;

/**
 * What one function call may take: 900 s is Lambda's limit; 100 s are left for its start, for reading the directory and
 * for a slow first byte.
 */
const SECONDS = 800;

// The slowest we plan for. One GET stream from S3 gives 50-90 MB/s; one core inflates 200-400 MB/s of output.
const STORED_FLOOR_BYTES_PER_SECOND = 20 * MiB;
const INFLATED_FLOOR_BYTES_PER_SECOND = 60 * MiB;

/** A deflate stream cannot be entered midway, so one call must manage a whole member: 800 s × 20 MiB/s = 16,000 MiB. */
export const MAX_MEMBER_COMPRESSED_BYTES = SECONDS * STORED_FLOOR_BYTES_PER_SECOND;

/** The same for what comes out: 800 s × 60 MiB/s = 48,000 MiB. A span has no more than these two either. */
export const MAX_MEMBER_INFLATED_BYTES = SECONDS * INFLATED_FLOOR_BYTES_PER_SECOND;

/** 2 GiB at the floor of 20 MiB/s is 103 s: long against the start of a function, short against its limit. */
export const DEFAULT_TARGET_BYTES = 2048 * MiB;

/** A Map of 500 short tasks is some 5,000 of the 25,000 events that an execution may have. */
export const MAX_SPANS = 500;

/** Cuts members, given in the order of the archive, into spans. `dataBytes` is where the directory begins. */
export class SpanPlanner {
  readonly #label: string;
  readonly #targetBytes: number;
  readonly #spans: VerifySpan[] = [];
  readonly #cuts: ReadonlySet<number> | undefined;
  #open: VerifySpan | undefined;
  #inflated = 0;

  /** `cuts`: where spans end, as they once were cut; whatever the sizes. */
  constructor(
    label: string,
    dataBytes: number,
    targetBytes: number = DEFAULT_TARGET_BYTES,
    cuts?: readonly number[] | undefined,
  ) {
    this.#label = label;
    this.#cuts = cuts && new Set(cuts);
    // A large member closes the span before it early, so there can be two spans per target: half of MAX_SPANS, rounded down.
    this.#targetBytes = Math.max(targetBytes, Math.ceil(dataBytes / (MAX_SPANS / 2 - 1)));
  }

  /** Throws `ArchiveTooLarge` when one call cannot verify this member. */
  add(member: Member): void {
    this.#assertManageable(member);
    const open = this.#open;
    const joins = open && (this.#cuts ? !this.#cuts.has(open.end) : this.#hasRoomFor(member, open));
    if (!joins) {
      this.#close();
      this.#inflated = 0;
    }
    const { firstMember, members, start } = joins ? open : { ...this.#next(), start: member.offset };
    this.#open = { firstMember, members: members + 1, start, end: member.end };
    this.#inflated += member.size;
    if (!this.#cuts && member.end - start >= this.#targetBytes) this.#close();
  }

  #hasRoomFor(member: Member, open: VerifySpan): boolean {
    return (
      member.end - member.offset < this.#targetBytes &&
      member.end - open.start <= MAX_MEMBER_COMPRESSED_BYTES &&
      this.#inflated + member.size <= MAX_MEMBER_INFLATED_BYTES
    );
  }

  /** All spans. Throws `ArchiveTooLarge` when they are more than `MAX_SPANS`. */
  finish(): VerifySpan[] {
    this.#close();
    if (this.#spans.length > MAX_SPANS) {
      const needed = `${this.#spans.length} ranges to be verified in`;
      throw new ArchiveTooLarge(`${this.#label} needs ${needed}; ${MAX_SPANS} is the most that one run carries.`);
    }
    return this.#spans;
  }

  #next(): { firstMember: number; members: number } {
    const last = this.#spans.at(-1);
    return { firstMember: last ? last.firstMember + last.members : 0, members: 0 };
  }

  #close(): void {
    if (this.#open) this.#spans.push(this.#open);
    this.#open = undefined;
  }

  #assertManageable(member: Member): void {
    const { size } = member;
    // With its header and whatever lies before the next member: all of that is read.
    const stored = member.end - member.offset;
    if (stored <= MAX_MEMBER_COMPRESSED_BYTES && size <= MAX_MEMBER_INFLATED_BYTES) return;
    const limits = `${MAX_MEMBER_COMPRESSED_BYTES} (${MAX_MEMBER_INFLATED_BYTES} inflated)`;
    throw new ArchiveTooLarge(
      `${whereIs(member, this.#label)} takes ${stored} bytes (${size} inflated); one call verifies ${limits} at most.`,
    );
  }
}
