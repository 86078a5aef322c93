import { connect, isIP, type Socket } from 'node:net';
import type { EmailTarget } from '../config/notifications.ts';
import { codeOf } from '../manager/connection-errors.ts';
import { plainText } from './formats.ts';
import { lookupFor, refuseLiteral } from './hosts.ts';
import type { Message } from './message.ts';
import { Undeliverable, undeliverable } from './undeliverable.ts';

interface Sending {
  readonly target: EmailTarget;
  readonly password: string | undefined;
  readonly signal: AbortSignal;
  readonly patience: string;
}

/**
 * One mail of plain text to all recipients, over TLS only. The socket is ours, to an address that was looked up once and
 * checked; when time is up it is destroyed, and the mail with it. Throws `Undeliverable`.
 */
export async function mail(message: Message, { target, password, signal, patience }: Sending): Promise<void> {
  // Loaded here: a run without a target of mail never needs it.
  const { createTransport } = await import('nodemailer');
  let socket: Socket | undefined;
  try {
    socket = await connected(target, signal);
    const destroy = () => socket?.destroy(new Error('time is up', { cause: signal.reason }));
    signal.addEventListener('abort', destroy, { once: true });
    const transport = createTransport({
      host: target.host,
      port: target.port,
      connection: socket,
      secure: target.tls === 'implicit',
      requireTLS: true,
      tls: {
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(isIP(target.host) === 0 ? { servername: target.host } : { host: target.host }),
        ...(target.ca === undefined ? {} : { ca: target.ca }),
      },
      name: 'cloudify-offsite.invalid',
      maxResponseSize: 64 * 1024,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(target.user === undefined ? {} : { auth: { user: target.user, pass: password ?? '' } }),
    });
    await Promise.race([transport.sendMail(contentOf(message, target)), aborted(signal)]);
  } catch (error) {
    throw signal.aborted ? undeliverable(signal.reason, patience) : mailError(error, patience);
  } finally {
    socket?.destroy();
  }
}

function contentOf(message: Message, { from, to }: EmailTarget) {
  const { outcome, about } = message.occasion;
  return {
    from,
    to: [...to],
    subject: message.subject,
    text: plainText(message),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Offsite-Outcome': outcome, 'X-Offsite-About': about },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

async function connected(target: EmailTarget, signal: AbortSignal): Promise<Socket> {
  refuseLiteral(target.host, target);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port, lookup: lookupFor(target), signal });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** Codes of nodemailer; its texts quote the server, which may quote us. */
function mailError(error: unknown, patience: string): Undeliverable {
  const { responseCode, message = '' } = error as { responseCode?: number; message?: string };
  const code = codeOf(error);
  if (code === 'EAUTH') return new Undeliverable('its server refuses the user or the password');
  if (code === 'ETLS') return new Undeliverable('its server offers no TLS, or none that is trusted');
  // It puts its own code over that of TLS.
  if (code === 'ESOCKET' && /certificate|altnames/i.test(message))
    return new Undeliverable('its certificate is not trusted, or is for another name');
  if (typeof responseCode === 'number')
    return new Undeliverable(`its server answers ${responseCode}`, responseCode >= 400 && responseCode < 500);
  return undeliverable(error, patience);
}
