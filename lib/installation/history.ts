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
    const pages = this.#last === 0 ? this.#fromTheBeginning() : this.#sinceTheLast();
    for await (const events of pages) {
      for (const event of events) {
        this.#last = event.id ?? this.#last;
        yield event;
      }
    }
  }

  async *#fromTheBeginning(): AsyncGenerator<HistoryEvent[]> {
    let token: string | undefined;
    do {
      const page = await this.#page({ reverse: false, most: PAGE, token });
      yield page.events ?? [];
      token = page.nextToken;
    } while (token !== undefined);
  }

  async *#sinceTheLast(): AsyncGenerator<HistoryEvent[]> {
    const fresh: HistoryEvent[] = [];
    let token: string | undefined;
    let most = NEWEST;
    do {
      const page = await this.#page({ reverse: true, most, token });
      const events = (page.events ?? []).filter(({ id = 0 }) => id > this.#last);
      fresh.push(...events);
      token = events.length === (page.events ?? []).length ? page.nextToken : undefined;
      most = PAGE;
    } while (token !== undefined);
    yield fresh.reverse();
  }

  async #page(options: Parameters<StepFunctions['history']>[1]): Promise<HistoryPage> {
    const page = await this.#sfn.history(this.#arn, options);
    if (page) return page;
    throw new ExecutionNotFound(`There is no execution ${this.#arn}. Histories are kept for 90 days.`);
  }
}
