import type { Logger } from '#production/logging';
import type { StepLog } from '#queues/steps';

/** What the steps say, as log lines: ids and codes become fields, the rest is the auditor's to read in the evidence. */
export function stepLog(log: Logger): StepLog {
  return (event, facts) => {
    const text = (key: string): string | null => (typeof facts[key] === 'string' ? facts[key] : null);
    log.info(
      {
        event,
        cardId: text('cardId'),
        serial: text('serial'),
        seat: text('seat'),
        code: text('code') ?? text('why') ?? text('outcome'),
        spoilReason: text('reason'),
        jobId: text('job'),
        to: text('remake'),
      },
      'a step says',
    );
  };
}
