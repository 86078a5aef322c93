import { serve, type Web } from './web-server.ts';

/** A schedule as a test says it is deployed. */
export interface ScheduleSaid {
  readonly expression: string;
  readonly timeZone?: string;
  readonly state?: 'ENABLED' | 'DISABLED';
}

/** GetSchedule of EventBridge Scheduler, over HTTP. Until `schedules` are set nobody may ask. */
export class SchedulerDouble {
  /** By `group/name`. */
  schedules: Readonly<Record<string, ScheduleSaid>> | undefined;
  #web: Web | undefined;

  static async start(): Promise<SchedulerDouble> {
    const double = new SchedulerDouble();
    double.#web = await serve(async ({ path }, reply) => {
      const refuse = (status: number, name: string) =>
        reply.writeHead(status, { 'x-amzn-errortype': name }).end(JSON.stringify({ Message: 'as the test says' }));
      if (!double.schedules) return void refuse(403, 'AccessDeniedException');
      const { pathname, searchParams } = new URL(path, 'http://scheduler');
      const found = double.schedules[`${searchParams.get('groupName')}${pathname.replace('/schedules', '')}`];
      if (!found) return void refuse(404, 'ResourceNotFoundException');
      const { expression, timeZone = 'UTC', state = 'ENABLED' } = found;
      const body = { ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone, State: state };
      reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    return double;
  }

  get url(): string {
    return this.#web?.url ?? '';
  }

  async close(): Promise<void> {
    await this.#web?.close();
  }
}
