/** What is wrong with a field of something that was given: `tenant`, `must be 1-256 letters …`. Never its value. */
export interface FieldProblem {
  /** Empty: it is about all of them. */
  readonly field: string;
  readonly problem: string;
}
