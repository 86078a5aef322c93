import type { PostedTarget } from '../config/notifications.ts';
import type { Message } from './message.ts';

/** What is posted to a target. */
export interface Posted {
  readonly contentType: string;
  readonly body: string;
}

/** Teams takes 28 KB (Microsoft: limits of incoming webhooks), other servers more; nothing of ours needs 64 KiB. */
const MOST_BYTES = 60 * 1024;

/** A message as its target reads it, and nothing in it that the target would obey. */
export function postedTo(type: PostedTarget['type'], message: Message): Posted {
  if (type === 'ping') return { contentType: 'text/plain; charset=utf-8', body: plainText(message).slice(0, 8000) };
  const json = { slack: slackOf, teams: teamsOf, webhook: webhookOf }[type](message);
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(json) };
}

/** For mail and pings: text and nothing else. */
export function plainText({ subject, text, facts, notes, at }: Message): string {
  return [
    subject,
    '',
    text,
    '',
    ...facts.map(([label, value]) => `${label}: ${value}`),
    `Time: ${at}`,
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
    '',
  ].join('\n');
}

/** For programs: the report as it is, unless it is too long for a small body. */
function webhookOf({ subject, occasion, text, at, report }: Message): object {
  const { about, outcome, manager, execution = null } = occasion;
  const frame = { schema: 'cloudify-offsite/notification/1', about, outcome, manager, execution, at, subject };
  const whole = { ...frame, message: text, report };
  return Buffer.byteLength(JSON.stringify(whole)) <= MOST_BYTES ? whole : { ...frame, message: text, report: null };
}

/** Slack obeys `&`, `<` and `>` (Slack: formatting text); blocks of plain text know neither marks nor links. */
const forSlack = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Slack takes 3,000 characters in a block, before it turns entities back. */
const MOST_IN_BLOCK = 3000;

function slackOf(message: Message): object {
  const { subject, text, facts, notes } = message;
  const block = (raw: string) => {
    let escaped = forSlack(raw);
    for (let most = MOST_IN_BLOCK; escaped.length > MOST_IN_BLOCK; most = Math.floor(most / 2))
      escaped = forSlack(`${raw.slice(0, most)}…`);
    return { type: 'section', text: { type: 'plain_text', text: escaped, emoji: false } };
  };
  const paragraphs = [
    subject,
    text,
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    notes.map((note) => `• ${note}`).join('\n'),
  ];
  return {
    text: forSlack(subject),
    mrkdwn: false,
    blocks: paragraphs.filter((paragraph) => paragraph.trim() !== '').map(block),
  };
}

/** Cards put in the date and time for `{{DATE(…)}}`; runs of text know nothing else: no Markdown, no links. */
const forTeams = (text: string) => text.replaceAll('{{', '{ {');

function teamsOf({ subject, occasion, text, facts, notes }: Message): object {
  const run = (raw: string, more: object = {}) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text: forTeams(raw), ...more }],
  });
  const color = { failure: 'attention', attention: 'warning', success: 'good', recovery: 'good' }[occasion.outcome];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            run(subject, { weight: 'bolder', size: 'medium', color }),
            ...(text === '' ? [] : [run(text)]),
            ...facts.map(([label, value]) => run(`${label}: ${value}`)),
            ...notes.map((note) => run(`• ${note}`)),
          ],
        },
      },
    ],
  };
}
