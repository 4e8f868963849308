import { EXIT, UserError } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import type { SpanStore } from '../stores/store.js';
import { tracePages } from './pages.js';
import { jaegerQuery } from './query.js';

/** A Jaeger by its query API. @throws UserError when `queryUrl` is no HTTP address */
export function jaegerStore(queryUrl: string): SpanStore {
  const jaeger = jaegerQuery(queryUrl);
  const address = shownAddress(queryUrl).replace(/\/+$/, '');
  return {
    kind: 'jaeger',
    address,
    async check({ service }) {
      const services = await jaeger.services();
      if (services.includes(service)) return;
      throw new UserError(`Jaeger knows no service "${service}": use one of ${services.join(', ') || '(none yet)'}.`, EXIT.notFound);
    },
    pages: (query, window) => tracePages(jaeger, query, window),
    nothingFound: ({ service }, spans) =>
      new UserError(
        spans === 0
          ? `Jaeger has no traces of "${service}" that match: widen --since, or leave out --operation and --tag.`
          : `None of the ${spans} spans of "${service}" is an inference call of Inferscope's: run the service with ` +
              '`inferscope run` or `--import inferscope/register`. ' +
              `Any single trace is shown by \`inferscope view ${address}/trace/ID\`.`,
        EXIT.notFound,
      ),
  };
}
