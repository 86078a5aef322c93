import { connect, createServer, type Socket } from 'node:net';

/**
 * A line of some length in front of a server of this machine: `node bench/lambda/delay.ts <port> <round trip, ms>`. Each
 * piece arrives half a round trip later, a new connection a whole one, and no more than `WINDOW` is on its way at once,
 * as between two Linux machines.
 */
const [port = '0', roundTrip = '0'] = process.argv.slice(2);
const oneWay = Number(roundTrip) / 2;
/** Bytes: Linux's receive window grows to 6 MiB (tcp_rmem), of which two thirds are for data. */
const WINDOW = 4 * 1024 * 1024;

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  carry(near, far, oneWay * 2); // the handshake that the listener has answered at once
  carry(far, near, 0);
});

function carry(from: Socket, to: Socket, before: number): void {
  const opensAt = performance.now() + before;
  const queue: { due: number; piece: Buffer }[] = [];
  let underWay = 0;
  const deliver = () => {
    // Pieces that came while the timer ran late go at once: their time is over as well.
    while (queue[0] && queue[0].due <= performance.now() + 0.5) {
      const { piece } = queue.shift() as { piece: Buffer };
      underWay -= piece.length;
      to.write(piece);
    }
    if (underWay <= WINDOW) from.resume();
    if (queue[0]) setTimeout(deliver, Math.max(1, queue[0].due - performance.now()));
    else if (from.readableEnded) to.end();
  };
  from.on('data', (piece) => {
    underWay += piece.length;
    if (underWay > WINDOW) from.pause();
    queue.push({ due: Math.max(opensAt, performance.now()) + oneWay, piece });
    if (queue.length === 1) setTimeout(deliver, oneWay);
  });
  from.on('end', () => {
    if (queue.length === 0) to.end();
  });
  from.on('error', () => to.destroy());
  to.on('close', () => from.destroy());
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
