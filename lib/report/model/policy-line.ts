/** One protection: as it is configured, and as storage says it is. */
export interface PolicyLine {
  readonly what: string;
  /** Null: there is no configuration at hand. */
  readonly configured: string | null;
  /** Null: nobody could look. */
  readonly deployed: string | null;
  /** What is deployed is less than what is configured. */
  readonly differs: boolean;
}
