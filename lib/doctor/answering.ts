import type { ManagerHttp } from '../manager/http.ts';

/** A node that answers, if only to refuse. */
export interface Answering {
  readonly http: ManagerHttp;
  /** What time it was there. */
  readonly date: Date | undefined;
}

/** Also one that rejects the credentials, or has no licence. */
export async function firstThatAnswers(nodes: readonly ManagerHttp[]): Promise<Answering | undefined> {
  for (const http of nodes) {
    const reply = await http.call({ path: '/version' }).catch(() => undefined);
    if (reply) return { http, date: reply.date };
  }
  return undefined;
}
