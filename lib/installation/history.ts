import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { ExecutionNotFound } from './errors.ts';
import type { HistoryPage, StepFunctions } from './step-functions.ts';

/** aws: GetExecutionHistory gives 1,000 events a page; 25,000 is all that an execution may have. */
const PAGE = 1000;
/** At one look every 3 s there are rarely more new ones than this. */
const NEWEST = 100;

/**
 * The history of an execution, event by event, each once. At first from its beginning, page by page, so that no more than
 * a page is in memory. After that from its end back to what was seen last: a token for "what comes next" there is none, and
 * reading 25,000 events at every look would be throttled.
 */
export class History {
  readonly #arn: string;
  readonly #sfn: StepFunctions;
  #last = 0;

  constructor(arn: string, sfn: StepFunctions) {
    this.#arn = arn;
    this.#sfn = sfn;
  }

  /** What was not seen yet, in order. Throws `ExecutionNotFound`, `AwsRefused`, `AwsUnavailable`, `Interrupted`. */
  async *news(): AsyncGenerator<HistoryEvent> {
    const pages = this.#last === 0 ? this.#pages({ reverse: false, first: PAGE }) : this.#sinceTheLast();
    for await (const events of pages) {
      for (const event of events) {
        this.#last = event.id;
        yield event;
      }
    }
  }

  async *#sinceTheLast(): AsyncGenerator<HistoryPage['events']> {
    const fresh: HistoryPage['events'][number][] = [];
    for await (const events of this.#pages({ reverse: true, first: NEWEST })) {
      const unseen = events.filter(({ id }) => id > this.#last);
      fresh.push(...unseen);
      if (unseen.length < events.length) break;
    }
    yield fresh.reverse();
  }

  async *#pages(options: Parameters<StepFunctions['history']>[1]): AsyncGenerator<HistoryPage['events']> {
    for await (const page of this.#sfn.history(this.#arn, options)) {
      if (!page) throw new ExecutionNotFound(`There is no execution ${this.#arn}. Histories are kept for 90 days.`);
      yield page.events;
    }
  }
}
