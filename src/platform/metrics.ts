import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Prometheus metrics of this process. Names start with `tend_`; labels hold no contact and no address. */
export type Metrics = {
  registry: Registry
  counter<L extends string>(name: string, help: string, labels?: L[]): Counter<L>
  gauge<L extends string>(name: string, help: string, labels?: L[]): Gauge<L>
  histogram<L extends string>(name: string, help: string, buckets: number[], labels?: L[]): Histogram<L>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'tend_' })
  return {
    registry,
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers: [registry] }),
    gauge: (name, help, labelNames = []) => new Gauge({ name, help, labelNames, registers: [registry] }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets, labelNames, registers: [registry] }),
  }
}
