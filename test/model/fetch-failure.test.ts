import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { fetchFailure } from '../../src/model/errors.js';

it('names why of a name with two addresses, where nothing listens at either', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  other.close();
  const socket = connect({
    host: 'both-families',
    port,
    autoSelectFamily: true,
    lookup: (_name, _options, done) =>
      done(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]),
  });
  const [thrown] = (await once(socket, 'error').catch((error: unknown) => [error])) as [Error];
  expect(fetchFailure(new TypeError('fetch failed', { cause: thrown }))).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`);
});
