import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Metrics of one service. Helpers get or create: asking twice for a name gives the same metric. */
export interface Metrics {
  /** `portal_<area>_<thing>_total`. Throws an Error on a name or label that breaks the naming rules. */
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** For durations, in seconds; buckets from 1 ms to 10 s unless given. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** Everything in the text format of Prometheus. */
  render(): Promise<string>;
  contentType: string;
}

const namePattern = /^portal(_[a-z0-9]+){2,}$/;
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Each distinct value is a time series kept for ever: an id or a URL as label ends in an outage of the monitoring. */
const unboundedLabel = /(^|_)(id|url|path|host|user|username|token)$|Id$/;

/** A registry of its own, so that several services can live in one process; with Node's default metrics. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });

  const getOrCreate = <M>(name: string, labels: readonly string[], create: () => M): M => {
    const existing = registry.getSingleMetric(name);
    if (existing !== undefined) return existing as M;
    if (!namePattern.test(name)) throw new Error(`metric ${name}: names are portal_<area>_<thing>_<unit>`);
    const unbounded = labels.find((label) => unboundedLabel.test(label));
    if (unbounded !== undefined) throw new Error(`metric ${name}: label ${unbounded} has no bound`);
    return create();
  };

  return {
    counter<L extends string>(name: string, help: string, labels: readonly L[] = []) {
      if (!name.endsWith('_total')) throw new Error(`metric ${name}: counters end in _total`);
      return getOrCreate(name, labels, () => new Counter<L>({ name, help, labelNames: labels, registers: [registry] }));
    },
    gauge<L extends string>(name: string, help: string, labels: readonly L[] = []) {
      return getOrCreate(name, labels, () => new Gauge<L>({ name, help, labelNames: labels, registers: [registry] }));
    },
    histogram<L extends string>(name: string, help: string, labels: readonly L[] = [], buckets = durationBuckets) {
      const init = { name, help, labelNames: labels, registers: [registry], buckets: [...buckets] };
      return getOrCreate(name, labels, () => new Histogram<L>(init));
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
