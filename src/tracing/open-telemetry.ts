import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { Span, Tracer, TraceSettings } from './tracer.ts';

/** Spans that wait for the collector; more are dropped, so that a collector that is down costs no memory. */
const MOST_WAITING = 4_096;
const BATCH = 512;
const BATCH_DELAY_MS = 2_000;
const EXPORT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 3_000;
/** A collector that is down is news once, not with every batch. */
const TELL_INTERVAL_MS = 60_000;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A tracer that sends its spans to an OTLP collector. It registers nothing globally, so that two in one process stay apart. */
export function openTelemetryTracer(settings: TraceSettings, onFailure: () => void): Tracer {
  const url = `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({
    url,
    headers: settings.headers,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor(watched(exporter, onFailure), {
    maxQueueSize: MOST_WAITING,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: BATCH_DELAY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: settings.serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('tertulia');
  const contexts = new AsyncLocalStorage<Context>();

  const begin: Tracer['begin'] = (name, { kind = 'internal', attributes = {}, traceparent } = {}) => {
    // A request belongs to its caller's trace, whatever the code runs in that took it from the socket.
    const parent = (kind === 'server' ? undefined : contexts.getStore()) ?? contextOf(traceparent);
    const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, parent);
    const context = trace.setSpan(parent, span);
    const open: Span = {
      enter: (work) => contexts.run(context, work),
      set: (more) => {
        for (const [key, value] of Object.entries(more))
          if (value !== undefined) span.setAttribute(key, value);
      },
      name: (later) => {
        span.updateName(later);
      },
      end: (failure) => {
        if (failure !== undefined) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.setAttribute('error.type', failure);
        }
        span.end();
      },
    };
    return open;
  };

  async function close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), CLOSE_TIMEOUT_MS);
    const sent = provider.shutdown().then(
      () => true,
      () => false,
    );
    if (!(await Promise.race([sent, late]))) onFailure();
    clearTimeout(timer);
  }

  return { begin, close };
}

/** The same exporter, which tells when spans could not be sent. Its own errors hold the collector's words, so they go no further. */
function watched(exporter: OTLPTraceExporter, onFailure: () => void): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = () => {
    if (performance.now() - toldAt < TELL_INTERVAL_MS) return;
    toldAt = performance.now();
    onFailure();
  };
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error) tell();
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  const remote: SpanContext = {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}
